"""Training: an encoder tuned on past awards, and a scoring model taught by judgements of who suits."""
