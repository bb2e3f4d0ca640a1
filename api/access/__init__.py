"""Authentication, permissions and sign-in."""
