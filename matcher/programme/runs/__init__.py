"""Runs: jobs that match many needs, survive a restart and can be resumed."""

from matcher.programme.runs.job import CHUNK, Job
from matcher.programme.runs.jobs import Jobs
from matcher.programme.runs.manifest import RunManifest
from matcher.programme.runs.progress import Progress, State, StopRequest
from matcher.programme.runs.runs import RunOptions, Runs
from matcher.programme.runs.schedulers import DaskCluster, InProcess, ProcessPool, Scheduler

__all__ = [
    "CHUNK",
    "DaskCluster",
    "InProcess",
    "Job",
    "Jobs",
    "RunManifest",
    "RunOptions",
    "ProcessPool",
    "Progress",
    "Runs",
    "Scheduler",
    "State",
    "StopRequest",
]
