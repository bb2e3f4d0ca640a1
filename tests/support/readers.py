"""The processes that read a file of needs for this one."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil


def readers() -> list[psutil.Process]:
    """Return the processes that are reading a file. Other tests may have left children of other kinds."""
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            while not (words := process.cmdline()):  # it has only just started
                time.sleep(0.001)
            if "matcher.programme.needs.reading.process" in words:
                found.append(process)
    return found
