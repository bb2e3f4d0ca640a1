"""Training: from award history to a scoring model and an encoder, with time respected."""
