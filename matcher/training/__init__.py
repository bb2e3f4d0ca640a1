"""Training: builds an encoder and a scoring model from past awards, using only what was known at the time."""
