"""Programme: many needs against the whole register at once, as a run that survives whoever runs it."""

from matcher.programme.programme import Programme
from matcher.programme.runs.job import CHUNK, Job
from matcher.programme.runs.jobs import Jobs
from matcher.programme.runs.manifest import RunManifest
from matcher.programme.runs.progress import Progress, State, Wish
from matcher.programme.runs.runs import Order, Runs
from matcher.programme.runs.schedulers import Cluster, Here, Processes, Scheduler

__all__ = [
    "CHUNK",
    "Cluster",
    "Here",
    "Job",
    "Jobs",
    "RunManifest",
    "Order",
    "Processes",
    "Programme",
    "Progress",
    "Runs",
    "Scheduler",
    "State",
    "Wish",
]
