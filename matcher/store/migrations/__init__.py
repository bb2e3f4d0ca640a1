"""The history of the schema. If a database has an older schema, Alembic runs the missing migrations."""
