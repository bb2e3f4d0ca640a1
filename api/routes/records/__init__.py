"""Routes for profiles, needs, registrations, claims and opportunities."""
