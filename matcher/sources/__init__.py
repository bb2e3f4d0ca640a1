"""Sources: where records come from, one module a kind of file or public source."""
