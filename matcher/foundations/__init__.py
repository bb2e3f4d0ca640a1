"""What every layer builds on: errors, settings, files, reference tables and personal data."""
