"""Installation checks, restoring a backup, retention, and the configuration of the service logs."""

from matcher.operations.doctor import Check, run_checks
from matcher.operations.restoring import Restored, restore
from matcher.operations.retention import delete_old_copies, delete_old_letters

__all__ = ["Check", "Restored", "delete_old_copies", "delete_old_letters", "restore", "run_checks"]
