"""Programme: many needs against the whole register at once, as a run that survives whoever runs it."""

from matcher.programme.job import CHUNK, Job, Jobs
from matcher.programme.manifest import Manifest
from matcher.programme.progress import Progress, State, Wish
from matcher.programme.run import Order, Runs
from matcher.programme.schedule import Cluster, Here, Processes, Scheduler

__all__ = [
    "CHUNK",
    "Cluster",
    "Here",
    "Job",
    "Jobs",
    "Manifest",
    "Order",
    "Processes",
    "Progress",
    "Runs",
    "Scheduler",
    "State",
    "Wish",
]
