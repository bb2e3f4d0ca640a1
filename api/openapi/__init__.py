"""The OpenAPI document: shared responses, examples, security, and the page that shows it."""
