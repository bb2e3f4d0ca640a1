"""Runs: jobs that match many needs, survive a restart and can be resumed."""
