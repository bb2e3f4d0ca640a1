"""Programme: many needs against the whole register at once."""

from matcher.programme.bulk import BulkReport, run_bulk

__all__ = ["BulkReport", "run_bulk"]
