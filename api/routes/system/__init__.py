"""Routes for sign-in, documentation, health and metrics."""
