"""Sources: readers for files and public sources, with one module per source. The catalogue lists all sources."""
