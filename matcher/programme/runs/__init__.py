"""Runs: the matching of many needs as jobs that survive a restart and can be resumed."""
