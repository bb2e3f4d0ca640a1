"""The OpenAPI document: examples, shared responses, security, and its reference page."""
