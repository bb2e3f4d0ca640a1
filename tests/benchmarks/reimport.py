"""Importing an unchanged file again, compared with its first import, each in a process of its own.

    python -m tests.benchmarks.reimport [PROFILES]

The first import encodes every passage. The second should only notice that nothing has changed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.generated import generated_profiles

ROUNDS = 3
TARGET = 0.05


def run(profiles: int) -> None:
    """Print the figures for a file with this number of profiles."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profiles.jsonl"
        records = generated_profiles(profiles, distinct=True)
        lines = (profile.model_dump_json(exclude_none=True, exclude_defaults=True) for profile in records)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        first = _import(Path(folder) / "home", file, f"{profiles:,} added")
        again = [_import(Path(folder) / "home", file, f"{profiles:,} unchanged") for _ in range(ROUNDS)]
    print(
        f"{profiles:,} profiles: first {first:.1f} s, again {statistics.median(again):.2f} s; "
        f"again / first = {statistics.median(again) / first:.1%} (target below {TARGET:.0%})"
    )


def _import(home: Path, file: Path, expected: str) -> float:
    command = [sys.executable, "-m", "matcher", "--home", str(home), "import", "profiles", str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHER_")}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    assert expected in done.stdout, done.stdout
    return seconds


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
