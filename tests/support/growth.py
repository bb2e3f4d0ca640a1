"""How the time of each consumer of a text grows with the length of a hostile text.

Run as a program, so that it can be stopped. Its argument is the file for the results.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import sys
import time
from itertools import product
from pathlib import Path
from typing import Final

from matcher.records.fields import MAX_TEXT
from tests.support.text_consumers import Consumer, consumers

# Length of the texts of which the worst for a consumer is chosen.
_SAMPLE: Final = 150
# The growth is measured over these lengths.
LENGTHS: Final = (1_000, 10_000, 100_000, 1_000_000)
# Over one power of ten, linear time grows by 10, and quadratic time by 100.
STEEPEST: Final = 50
# Shorter times are noise. In quadratic time, 10,000 characters take longer.
_FLOOR_SECONDS: Final = 0.000_5
# A consumer that takes longer for a text gets no longer text. The longest field of a record has 100,000 characters.
_SLOW_SECONDS: Final = 0.03
_CPU_SECONDS: Final = 600

# One character of each class that the patterns distinguish. Texts repeat one or two of them.
_CHARACTERS: Final = ("a", "A", "1", " ", "\n", ".", "-", "@", "(")
_PHRASES: Final = (
    "@b.cc", "tel us ", "tel 2024-25 ", "a@b.cc0113496000", "(at)b.", "001 ", "&#0", "&amp;", "&#38", "&#38;#38;",
    "<a <", "rnrn", ".rn", "rnA", "t/a ", "trading as ", "c.i.c. ", "mr a ", "this contract award predates the launch ",
    "LS1 1", "£1m ", "1,000 ", "a. ", "A.\n",
    "\r\n", "e\u0301", "\u0301\u0316", "\u200b", '="', 'a="', "20-", "1/1/", "0.1 ",
    "https://a.", "a at b ", " dot ", "＠", "０", "0", "<", "&",
)  # fmt: skip
SEEDS: Final = (*_PHRASES, *_CHARACTERS, *map("".join, product(_CHARACTERS, repeat=2)))
# Follows the repeated characters, so that a pattern that needs an end does not find it.
_TAIL: Final = "\n!"


def seconds(consumer: Consumer, seed: str, length: int, *, tries: int = 1) -> float:
    """Return the shortest time of `tries` calls with a text of `length` characters made from `seed`."""
    shortest = float("inf")
    for number in range(tries):
        text = (seed * length)[:length] + _TAIL + str(number)  # a new text each time, so that no cache helps
        start = time.thread_time()
        with contextlib.suppress(Exception):  # most consumers refuse a hostile text
            consumer(text)
        shortest = min(shortest, time.thread_time() - start)
    return shortest


def growth(consumer: Consumer) -> tuple[str, list[float]]:
    """Return the text that takes `consumer` longest, and its growth from each of `LENGTHS` to the next.

    The measurement ends at the first growth above `STEEPEST`.
    """
    worst = max(SEEDS, key=lambda seed: seconds(consumer, seed, _SAMPLE, tries=3))
    times = [seconds(consumer, worst, LENGTHS[0], tries=2)]
    factors: list[float] = []
    for length in LENGTHS[1:]:
        times.append(seconds(consumer, worst, length, tries=2 if length < MAX_TEXT else 1))
        factors.append(times[-1] / max(times[-2], _FLOOR_SECONDS))
        if factors[-1] > STEEPEST or (length == MAX_TEXT and times[-1] > _SLOW_SECONDS):
            break
    return worst, factors


def main(results: Path) -> None:
    """Write the name of each consumer to `results`, then its growth, each as a line of JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    gc.disable()
    with results.open("w") as file, Path(os.devnull).open("w") as devnull, contextlib.redirect_stdout(devnull):
        for name, consumer in consumers().items():
            file.write(json.dumps(name) + "\n")
            file.flush()
            file.write(json.dumps(growth(consumer)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
