"""The queue of uploaded files: how many are received and read at the same time, in all and for each caller."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeVar

from fastapi import Request

from api.problems.catalogue import MALFORMED, TOO_OFTEN, UNAVAILABLE
from api.problems.responses import RETRY_AFTER, RequestRefused
from matcher.foundations.errors import Unavailable
from matcher.programme.needs.reading.reading import Reading

T = TypeVar("T")

# How many files are read at the same time, each in a process of its own.
_SLOTS: Final = 2
# How many uploads one caller may have in progress, whether they are arriving, waiting or being read. Each may take as
# much disk space as the upload limit. Of these, one is read at a time.
_PER_CALLER: Final = 2
# How many seconds a file waits for its turn.
_MAX_WAIT: Final = 10.0
# How often a reading and its client are looked at, in seconds.
_POLL: Final = 0.05
_LATER: Final = {"Retry-After": str(RETRY_AFTER)}


class UploadQueue:
    """Decides which uploads may be received and read. Waiting uploads hold no thread."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_SLOTS)
        self.in_progress = Counter[str]()
        self._turns: dict[str, asyncio.Lock] = {}

    @contextmanager
    def admitted(self, caller: str) -> Iterator[None]:
        """Count an upload of `caller` while it is in progress.

        Raises:
            RequestRefused: the caller has too many uploads in progress.

        """
        if self.in_progress[caller] >= _PER_CALLER:
            problem = f"{_PER_CALLER} of your files are already being received or read"
            raise RequestRefused(TOO_OFTEN, problem, remedy="Send this file when they are done", headers=_LATER)
        self.in_progress[caller] += 1
        try:
            yield
        finally:
            self.in_progress[caller] -= 1
            if not self.in_progress[caller]:
                del self.in_progress[caller]
                self._turns.pop(caller, None)

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn to read a file of `caller`, and hold it.

        Raises:
            RequestRefused: other files take too long.

        """
        own = self._turns.setdefault(caller, asyncio.Lock())
        try:
            async with asyncio.timeout(_MAX_WAIT):
                await own.acquire()
                try:
                    await self._slots.acquire()
                except BaseException:
                    own.release()
                    raise
        except TimeoutError as error:
            problem = "Too many files are being read"
            raise RequestRefused(UNAVAILABLE, problem, remedy="Send it again in a few minutes") from error
        try:
            yield
        finally:
            self._slots.release()
            own.release()


async def result_of(reading: Reading[T], request: Request) -> T:
    """Return the result of `reading`. If the client of `request` has gone, the reading ends.

    Raises:
        InvalidInput: the file cannot be used, or exceeds a limit.
        RequestRefused: the client has gone, or the process was ended from outside.

    """
    with reading:
        while not reading.is_finished():
            if await request.is_disconnected():
                raise RequestRefused(MALFORMED, "The client has closed the connection", remedy="Send the file again")
            await asyncio.sleep(_POLL)
        try:
            return reading.result()
        except Unavailable as error:
            problem = f"The file was not read: {error.problem}"
            raise RequestRefused(UNAVAILABLE, problem, remedy=error.remedy) from error
