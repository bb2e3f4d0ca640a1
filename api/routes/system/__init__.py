"""Routes for callers, sign-in, documentation, health and metrics."""
