"""One module a schema version; a published one is never edited."""
