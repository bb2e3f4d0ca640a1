"""The engine, its explanations, and opportunities: the one way in to a search."""
