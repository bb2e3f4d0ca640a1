"""Modules that every layer uses: errors, settings, files, reference tables and personal data."""
