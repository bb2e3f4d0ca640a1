"""Runs: a programme's work as durable, resumable jobs."""
