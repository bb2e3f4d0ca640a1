"""Signals and the additive model: from a need and a candidate to a score and its parts."""
