"""The queue of uploads: turns, refusals, and what waiting costs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from api.problems.responses import RequestRefused
from api.requests import upload_queue
from api.requests.upload_queue import UploadQueue


def test_waiting_uploads_hold_no_thread_and_are_read_in_turn() -> None:
    async def run() -> tuple[list[str], int, int]:
        queue, begun, at_once, most = UploadQueue(), list[str](), 0, 0

        async def upload(caller: str) -> None:
            nonlocal at_once, most
            with queue.admitted(caller):
                async with queue.turn(caller):
                    begun.append(caller)
                    at_once += 1
                    most = max(most, at_once)
                    await asyncio.sleep(0)
                    at_once -= 1

        before = threading.active_count()
        callers = [f"o{number}" for number in range(200)]
        await asyncio.gather(*map(upload, callers))
        assert not queue.in_progress
        return begun, most, threading.active_count() - before

    begun, most, threads = asyncio.run(run())
    assert begun == [f"o{number}" for number in range(200)]
    assert (most, threads) == (2, 0)


def test_a_file_that_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_queue, "_MAX_WAIT", 0.01)

    async def run() -> None:
        queue = UploadQueue()
        async with queue.turn("a"), queue.turn("b"):
            for caller in ("a", "c"):
                with pytest.raises(RequestRefused, match="Too many files") as caught:
                    async with queue.turn(caller):
                        pass
                assert caught.value.status_code == 503
        async with queue.turn("c"), queue.turn("a"):
            pass

    asyncio.run(run())


def test_a_caller_may_have_two_uploads_in_progress() -> None:
    queue = UploadQueue()
    with queue.admitted("a"), queue.admitted("a"), queue.admitted("b"):
        with pytest.raises(RequestRefused, match="2 of your files") as caught, queue.admitted("a"):
            pass
        assert caught.value.status_code == 429
    with queue.admitted("a"):
        assert dict(queue.in_progress) == {"a": 1}
