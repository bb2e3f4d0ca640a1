"""Schedulers: who searches the chunks of a run. In which order they come back does not matter."""

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
from matcher.search.explanations import Findings

ChunkResult = tuple[int, list[Findings]]

# How often in a row all workers, or those that had a chunk, may be lost without one chunk done in between.
LOSSES: Final = 5
# Chunks that wait at a worker beside the one it searches, so that it never waits itself.
_AHEAD: Final = 2
# How Dask says why a result will never come.
_SCHEDULER_LOST: Final = "scheduler-connection-lost"
# From this many pairs of a need and a passage on, starting processes and loading the index in each costs less than
# it saves: about five seconds of one.
_WORTH_PROCESSES: Final = 100_000_000


class Scheduler(Protocol):
    """Searches chunks."""

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the number and the findings of each of `chunks`, in any order.

        `chunks` is asked for the next one only when there is room for it, so memory stays bounded, and whoever
        stops asking for results stops the run.

        Raises:
            Unavailable: nobody is left to search.

        """
        ...


class InProcess:
    """Searches in this process, one chunk after the other, with as many threads as its libraries take."""

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of each of `chunks` in their order."""
        for chunk in chunks:
            yield chunk.number, task.findings(chunk)


class ProcessPool:
    """Searches in processes of this machine, one thread in each. A process that dies is replaced."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or len(os.sched_getaffinity(0))

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of `chunks` as they are done."""
        left: dict[int, Chunk] = {}
        losses = 0
        while losses < LOSSES:
            try:
                with self._pool() as pool:
                    for number, findings in self._through(pool, task, chunks, left):
                        losses = 0
                        yield number, findings
                return
            except BrokenProcessPool:
                losses += 1
        raise _lost()

    def _through(
        self, pool: ProcessPoolExecutor, task: SearchTask, chunks: Iterator[Chunk], left: dict[int, Chunk]
    ) -> Iterator[ChunkResult]:
        """Search what is `left` and then the rest of `chunks`; `left` holds what is under way."""
        running = {pool.submit(task.findings, chunk): chunk.number for chunk in left.values()}
        while True:
            for chunk in islice(chunks, max(0, self.count * _AHEAD - len(running))):
                left[chunk.number] = chunk
                running[pool.submit(task.findings, chunk)] = chunk.number
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                findings = done.result()
                number = running.pop(done)
                del left[number]
                yield number, findings

    @contextmanager
    def _pool(self) -> Iterator[ProcessPoolExecutor]:
        pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), initializer=_settle)
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class DaskCluster:
    """Searches on the workers of a Dask cluster, which must reach the folder of the snapshot by the same path."""

    def __init__(self, address: str, *, wait_seconds: float = 30.0) -> None:
        self.address = address
        self._wait_seconds = wait_seconds

    def search(self, task: SearchTask, chunks: Iterator[Chunk]) -> Generator[ChunkResult, None, None]:
        """Yield the findings of `chunks` as they are done. Dask gives the chunks of a lost worker to another; one that
        loses its scheduler ends.
        """
        distributed = _dask()
        lost = (distributed.comm.CommClosedError, distributed.client.ClosedClientError, TimeoutError)
        try:
            yield from self._searched(distributed, task, chunks)
        except lost as error:
            raise self._scheduler_lost() from error

    def _searched(self, distributed: Any, task: SearchTask, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
        with self._client(distributed) as client:
            finished = distributed.as_completed(loop=client.loop)
            left: dict[Any, tuple[Chunk, int]] = {}

            def submit(chunk: Chunk, losses: int) -> None:
                # Impure: a result that Dask remembered of an earlier run is not asked for.
                future = client.submit(task.findings, chunk, pure=False, retries=LOSSES)
                left[future] = chunk, losses
                finished.add(future)

            def fill() -> None:
                room = _AHEAD * max(1, sum(client.nthreads().values())) - len(left)
                for chunk in islice(chunks, max(0, room)):
                    submit(chunk, 0)

            fill()
            while left:
                future = next(finished)
                chunk, losses = left.pop(future)
                try:
                    findings = future.result()
                except (distributed.scheduler.KilledWorker, distributed.client.FutureCancelledError) as error:
                    if getattr(error, "reason", "") == _SCHEDULER_LOST:
                        raise self._scheduler_lost() from error
                    if losses >= LOSSES:
                        raise _lost() from error
                    submit(chunk, losses + 1)
                    continue
                future.release()
                yield chunk.number, findings
                fill()

    def _scheduler_lost(self) -> Unavailable:
        return Unavailable(
            f"the Dask scheduler at {self.address} was lost",
            remedy="Start it again and resume the run: what is done is kept",
        )

    def _client(self, distributed: Any) -> Any:
        try:
            client = distributed.Client(self.address, timeout=self._wait_seconds, set_as_default=False)
            client.wait_for_workers(1, timeout=self._wait_seconds)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable(
                f"no Dask scheduler with workers answers at {self.address}",
                remedy="Start one with `dask scheduler` and `dask worker`, or leave out --scheduler",
            ) from error
        return client


def choose_scheduler(address: str | None, needs: int, passages: int) -> Scheduler:
    """Return the scheduler at `address`; by default all cores of this machine, if there is enough for them to do."""
    if address is not None:
        return DaskCluster(address)
    return ProcessPool() if needs * passages >= _WORTH_PROCESSES else InProcess()


def _lost() -> Unavailable:
    return Unavailable(
        f"the workers were lost {LOSSES} times in a row",
        remedy="See whether they run out of memory, and resume the run: what is done is kept",
    )


def _dask() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise Unavailable(
            "a scheduler is named, but Dask is not installed", remedy="pip install 'partnership-matcher[cluster]'"
        ) from error
    return distributed


def _settle() -> None:
    """Make this process a worker: one thread for each library, an end with its parent, and memory that it keeps."""
    import faiss
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)
    faiss.omp_set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(OSError, AttributeError):  # where the C library is another, memory is given back and asked for anew
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_MMAP_THRESHOLD, 1 << 25)
        allocator.mallopt(_TRIM_THRESHOLD, 1 << 30)


# Arrays of a few megabytes that come and go cost more in fresh pages than in arithmetic (mallopt(3)).
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
