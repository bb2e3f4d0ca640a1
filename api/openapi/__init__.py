"""The OpenAPI document: its shared responses, examples and security, and the page that shows the document."""
