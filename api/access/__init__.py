"""Access: authentication, permissions and sign-in."""
