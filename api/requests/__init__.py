"""Requests: how bodies, uploads and headers are read and validated."""
