"""Routes for searches, decisions, the ledger and programmes."""
