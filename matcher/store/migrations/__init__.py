"""The history of the schema. Alembic runs the missing migrations on a database with an older schema."""
