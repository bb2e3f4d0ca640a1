"""File formats: containers, lines, JSON Lines and tables, with limits on size and depth."""
