"""Needs: the needs of a programme, read from tables, workbooks, JSON Lines, notices or the store."""
