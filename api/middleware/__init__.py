"""ASGI middleware that sees every request and response."""
