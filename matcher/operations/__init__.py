"""Installation checks, and the configuration of the service logs."""

from matcher.operations.doctor import Check, run_checks

__all__ = ["Check", "run_checks"]
