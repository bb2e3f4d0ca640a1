"""Sources: readers of files and public sources, one module per source, listed in the catalogue."""
