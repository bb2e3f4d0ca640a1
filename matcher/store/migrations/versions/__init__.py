"""The migrations, one module per schema version. A published migration is never edited."""
