"""Programme: many needs against the whole register at once, as a run that survives whoever runs it."""

from matcher.programme.job import CHUNK, Job
from matcher.programme.jobs import Jobs
from matcher.programme.manifest import Manifest
from matcher.programme.programme import Programme
from matcher.programme.progress import Progress, State, Wish
from matcher.programme.runs import Order, Runs
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
    "Programme",
    "Progress",
    "Runs",
    "Scheduler",
    "State",
    "Wish",
]
