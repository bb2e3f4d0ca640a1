"""Encoding the two texts of a need: separately or in one pass, and with threads that spin or sleep while waiting.

python -m tests.benchmarks.encoding
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

from matcher.bootstrap import encoder_of
from matcher.foundations.settings import Settings
from matcher.texts.passages import query_of, title_of
from tests.benchmarks.generated import demo_needs
from tests.benchmarks.timing import median_ms, ratio, take_turns

ROUNDS = 30
_POLICY = "OMP_WAIT_POLICY"


def passes() -> None:
    """Print how long the title takes to encode compared with the whole text, alone and in the same pass."""
    encoder, needs = encoder_of(Settings()), demo_needs()
    texts = [(query_of(need), title_of(need)) for need in needs]
    seconds = take_turns(
        {
            "whole": lambda n: encoder.encode([texts[n % len(texts)][0]]),
            "title": lambda n: encoder.encode([texts[n % len(texts)][1]]),
            "together": lambda n: encoder.encode_query(texts[n % len(texts)]),
        },
        ROUNDS,
    )
    print(
        f"whole text {median_ms(seconds['whole']):.1f} ms; title alone / whole = "
        f"{ratio(seconds['title'], seconds['whole']):.2f}; both in one pass / whole = "
        f"{ratio(seconds['together'], seconds['whole']):.2f}"
    )


def print_median() -> None:
    """Print the median time taken to encode one text, in milliseconds."""
    encoder, needs = encoder_of(Settings()), demo_needs()
    seconds = take_turns({"encode": lambda n: encoder.encode([query_of(needs[n % len(needs)])])}, ROUNDS)
    print(f"{median_ms(seconds['encode']):.1f}")


def waiting() -> None:
    """Print how long encoding takes with threads that spin or sleep while waiting, alone and next to busy processes."""
    for busy in (0, os.cpu_count() or 1):
        others = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(busy)]
        for process in others:
            process.start()
        median = {policy: _median_with(policy) for policy in ("ACTIVE", "PASSIVE")}
        for process in others:
            process.kill()
        print(
            f"next to {busy} busy processes: spinning {median['ACTIVE']:.1f} ms, sleeping {median['PASSIVE']:.1f} ms; "
            f"spinning / sleeping = {median['ACTIVE'] / median['PASSIVE']:.1f}"
        )


def _median_with(policy: str) -> float:
    command = [sys.executable, "-c", "from tests.benchmarks.encoding import print_median; print_median()"]
    done = subprocess.run(command, env={**os.environ, _POLICY: policy}, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _spin() -> None:
    until = time.monotonic() + 600
    while time.monotonic() < until:
        pass


if __name__ == "__main__":
    passes()
    waiting()
