"""Routes for profiles, needs and registrations."""
