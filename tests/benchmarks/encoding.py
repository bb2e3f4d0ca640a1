"""Encoding the two texts of a need: apart and in one pass; and beside a busy process, by how threads wait.

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
from tests.benchmarks.made import demo_needs
from tests.benchmarks.timing import in_turn, median_ms, ratio

ROUNDS = 30
_POLICY = "OMP_WAIT_POLICY"


def passes() -> None:
    """Print what the title costs besides the whole text, by itself and in the same pass."""
    encoder, needs = encoder_of(Settings()), demo_needs()
    texts = [(query_of(need), title_of(need)) for need in needs]
    seconds = in_turn(
        {
            "whole": lambda n: encoder.encode([texts[n % len(texts)][0]]),
            "title": lambda n: encoder.encode([texts[n % len(texts)][1]]),
            "together": lambda n: encoder.encode_query(texts[n % len(texts)]),
        },
        ROUNDS,
    )
    print(
        f"whole text {median_ms(seconds['whole']):.1f} ms; its title by itself / whole = "
        f"{ratio(seconds['title'], seconds['whole']):.2f}; both in one pass / whole = "
        f"{ratio(seconds['together'], seconds['whole']):.2f}"
    )


def one() -> None:
    """Print the median time of encoding one text, in milliseconds."""
    encoder, needs = encoder_of(Settings()), demo_needs()
    seconds = in_turn({"encode": lambda n: encoder.encode([query_of(needs[n % len(needs)])])}, ROUNDS)
    print(f"{median_ms(seconds['encode']):.1f}")


def waiting() -> None:
    """Print what encoding takes with threads that spin and with threads that sleep, alone and beside busy processes."""
    for busy in (0, os.cpu_count() or 1):
        beside = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(busy)]
        for process in beside:
            process.start()
        told = {policy: _of(policy) for policy in ("ACTIVE", "PASSIVE")}
        for process in beside:
            process.kill()
        print(
            f"beside {busy} busy processes: spinning {told['ACTIVE']:.1f} ms, sleeping {told['PASSIVE']:.1f} ms; "
            f"spinning / sleeping = {told['ACTIVE'] / told['PASSIVE']:.1f}"
        )


def _of(policy: str) -> float:
    command = [sys.executable, "-c", "from tests.benchmarks.encoding import one; one()"]
    done = subprocess.run(command, env={**os.environ, _POLICY: policy}, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _spin() -> None:
    until = time.monotonic() + 600
    while time.monotonic() < until:
        pass


if __name__ == "__main__":
    passes()
    waiting()
