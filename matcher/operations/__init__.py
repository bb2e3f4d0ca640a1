"""Checks that an installation works."""

from matcher.operations.doctor import Check, run_checks

__all__ = ["Check", "run_checks"]
