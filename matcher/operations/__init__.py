"""The checks of an installation, and the logs of the service."""

from matcher.operations.doctor import Check, run_checks

__all__ = ["Check", "run_checks"]
