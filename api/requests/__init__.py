"""How the service reads and validates paths, headers, bodies and uploads."""
