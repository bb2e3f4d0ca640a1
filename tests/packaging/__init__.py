"""Tests of what is installed: the wheel, the dependencies and the lock files."""
