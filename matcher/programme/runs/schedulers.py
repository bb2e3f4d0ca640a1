"""Schedulers: search the chunks of a run in this process, in several processes, or on a Dask cluster."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, Final, Protocol

from matcher.foundations.errors import Unavailable
from matcher.programme.runs.chunks import Chunk, SearchTask
from matcher.search import ExplainedSearch

ChunkResult = tuple[int, list[ExplainedSearch]]

# How many times in a row the workers may be lost without completing a chunk. On a cluster, how many times workers may
# be lost while they search the same chunk.
MAX_LOSSES: Final = 5
# Chunks submitted per worker: one being searched and one queued, so that no worker is idle.
_CHUNKS_PER_WORKER: Final = 2
# The reason that Dask gives for a result that will never arrive.
_SCHEDULER_LOST: Final = "scheduler-connection-lost"
# The smallest number of need-passage pairs for which several processes save more time than they cost. Starting a
# process and loading the index takes about five seconds.
_MIN_PAIRS_FOR_POOL: Final = 100_000_000


class Scheduler(Protocol):
    """A way to search chunks."""

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the number and the findings of each chunk in `chunks`, in any order.

        A chunk is drawn from `chunks` only when a worker has room for it, so memory use stays bounded. Closing the
        generator stops the search.

        Raises:
            Unavailable: the workers or the Dask scheduler were lost.

        """
        ...


class InProcess:
    """Searches in this process, one chunk at a time, with as many threads as its libraries use by default."""

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of each chunk, in the order of `chunks`."""
        for chunk in chunks:
            yield chunk.number, task.findings(chunk)


class ProcessPool:
    """Searches in `count` processes on this machine, by default one per core, with one thread each.

    Processes that die are replaced.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or len(os.sched_getaffinity(0))

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of each chunk as it completes."""
        pending: dict[int, Chunk] = {}
        losses = 0
        while losses < MAX_LOSSES:
            try:
                with self._pool() as pool:
                    for number, findings in self._search_with(pool, task, chunks, pending):
                        losses = 0
                        yield number, findings
                return
            except BrokenProcessPool:
                losses += 1
        raise _lost()

    def _search_with(
        self, pool: ProcessPoolExecutor, task: SearchTask, chunks: Iterator[Chunk], pending: dict[int, Chunk]
    ) -> Iterator[ChunkResult]:
        """Search the `pending` chunks, then the rest of `chunks`. `pending` always holds the chunks in progress."""
        running = {pool.submit(task.findings, chunk): chunk.number for chunk in pending.values()}
        while True:
            for chunk in islice(chunks, max(0, self.count * _CHUNKS_PER_WORKER - len(running))):
                pending[chunk.number] = chunk
                running[pool.submit(task.findings, chunk)] = chunk.number
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                findings = done.result()
                number = running.pop(done)
                del pending[number]
                yield number, findings

    @contextmanager
    def _pool(self) -> Iterator[ProcessPoolExecutor]:
        pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), initializer=_initialise_worker)
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class DaskCluster:
    """Searches on the workers of a Dask cluster. The snapshot folder must have the same path on every worker."""

    def __init__(self, address: str, *, wait_seconds: float = 30.0) -> None:
        self.address = address
        self._wait_seconds = wait_seconds

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of each chunk as it completes. Dask reassigns the chunks of a lost worker."""
        distributed = _dask()
        lost = (distributed.comm.CommClosedError, distributed.client.ClosedClientError, TimeoutError)
        try:
            yield from self._searched(distributed, task, chunks)
        except lost as error:
            raise self._scheduler_lost() from error

    def _searched(self, distributed: Any, task: SearchTask, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
        with self._client(distributed) as client:
            finished = distributed.as_completed(loop=client.loop)
            pending: dict[Any, tuple[Chunk, int]] = {}

            def submit(chunk: Chunk, losses: int) -> None:
                # Not declared pure, so that Dask does not reuse the result of an earlier run.
                future = client.submit(task.findings, chunk, pure=False, retries=MAX_LOSSES)
                pending[future] = chunk, losses
                finished.add(future)

            def fill() -> None:
                room = _CHUNKS_PER_WORKER * max(1, sum(client.nthreads().values())) - len(pending)
                for chunk in islice(chunks, max(0, room)):
                    submit(chunk, 0)

            fill()
            while pending:
                future = next(finished)
                chunk, losses = pending.pop(future)
                try:
                    findings = future.result()
                except (distributed.scheduler.KilledWorker, distributed.client.FutureCancelledError) as error:
                    if getattr(error, "reason", "") == _SCHEDULER_LOST:
                        raise self._scheduler_lost() from error
                    if losses >= MAX_LOSSES:
                        raise _lost() from error
                    submit(chunk, losses + 1)
                    continue
                future.release()
                yield chunk.number, findings
                fill()

    def _scheduler_lost(self) -> Unavailable:
        return Unavailable(
            f"the Dask scheduler at {self.address} was lost",
            remedy="Restart the scheduler and resume the run. Completed chunks are saved",
        )

    def _client(self, distributed: Any) -> Any:
        try:
            client = distributed.Client(self.address, timeout=self._wait_seconds, set_as_default=False)
            client.wait_for_workers(1, timeout=self._wait_seconds)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable(
                f"no Dask scheduler with workers responds at {self.address}",
                remedy="Start both with `dask scheduler` and `dask worker`, or leave out --scheduler",
            ) from error
        return client


def choose_scheduler(address: str | None, needs: int, passages: int) -> Scheduler:
    """Return the Dask scheduler at `address`. If `address` is None, return a pool of processes on all cores of this
    machine or, if the work is too small to gain from a pool, a scheduler that searches in this process.
    """
    if address is not None:
        return DaskCluster(address)
    return ProcessPool() if needs * passages >= _MIN_PAIRS_FOR_POOL else InProcess()


def _lost() -> Unavailable:
    return Unavailable(
        f"the workers were lost {MAX_LOSSES} times in a row",
        remedy="Check whether the workers run out of memory, then resume the run. Completed chunks are saved",
    )


def _dask() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise Unavailable(
            "--scheduler needs Dask, which is not installed", remedy="Run pip install 'partnership-matcher[cluster]'"
        ) from error
    return distributed


def _initialise_worker() -> None:
    """Set up a worker process to use one thread per library, exit when its parent exits, and keep freed memory."""
    import faiss
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)
    faiss.omp_set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(OSError, AttributeError):  # other C libraries cannot keep freed memory in this way
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_MMAP_THRESHOLD, 1 << 25)
        allocator.mallopt(_TRIM_THRESHOLD, 1 << 30)


# Parameters of mallopt(3) that keep freed memory. For short-lived arrays of a few megabytes, getting fresh pages takes
# longer than the arithmetic.
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
