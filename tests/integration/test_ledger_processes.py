"""Several processes save decisions in one ledger. If a process is killed, each entry is complete or absent."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from matcher.ledger import Ledger
from matcher.store import Store
from tests.support.ledgers import filled

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 4
ROUNDS = 5
KILLS = 10

SCRIPT = """
import sys
from matcher.ledger import Event, Ledger
from matcher.store import Store
from tests.support.ledgers import engine_on, save

url, worker, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store.open(url, wait_seconds=120) as store:
    ledger, engine = Ledger(store), engine_on(store)
    engine.index()
    print("ready", flush=True)
    for _ in range(rounds):
        entry = save(store, engine)
        print(entry.hash, flush=True)
        done = ledger.note(entry.content.decision, Event.AWARD, entry.content.search.shown[0], by=worker)
        print(done.hash, flush=True)
"""


def start_process(url: str, worker: str, rounds: int) -> subprocess.Popen[str]:
    """Start a process that saves decisions and prints the hash of each entry once it is committed."""
    command = [sys.executable, "-c", SCRIPT, url, worker, str(rounds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_share_one_chain(server_url: str) -> None:
    with Store.open(server_url, wait_seconds=120) as store:
        engine = filled(store)
        engine.index()
        processes = [start_process(server_url, f"w{n}", ROUNDS) for n in range(PROCESSES)]
        ledger, read = Ledger(store), set()
        while any(process.poll() is None for process in processes):
            verification = ledger.verify()
            assert verification.intact, verification.problems
            read.add(verification.entries)
        assert len(read) > 3, "the ledger is verified while other processes append"
        outputs = [process.communicate(timeout=240) for process in processes]
        assert [error for _, error in outputs] == [""] * PROCESSES
        assert (ledger.verify().intact, ledger.head()[0]) == (True, PROCESSES * ROUNDS * 2)
        hashes = [line for out, _ in outputs for line in out.splitlines()[1:]]
        assert Counter(hashes) == Counter(entry.hash for entry in ledger.entries())
        assert all(len(decision.notes) == 1 for decision in ledger.decisions())
        assert all(replay.identical for replay in ledger.replays(engine))


def test_a_killed_process_leaves_complete_entries_and_every_printed_one(server_url: str) -> None:
    rng, printed = random.Random(7), 0
    with Store.open(server_url, wait_seconds=120) as store:
        engine = filled(store)
        engine.index()
        ledger = Ledger(store)
        for _ in range(KILLS):
            with start_process(server_url, "w", 10_000) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                seen = [process.stdout.readline() for _ in range(rng.randrange(4))]
                time.sleep(rng.uniform(0, 0.05))
                process.send_signal(signal.SIGKILL)
                # Not with communicate(), which passes over what readline() has read ahead.
                lines = "".join(seen) + process.stdout.read()
            hashes = [line for line in lines.splitlines() if len(line) == 64]
            assert process.returncode == -signal.SIGKILL
            verification = ledger.verify(hashes[-1] if hashes else None)
            assert verification.intact, verification.problems
            stored = {entry.hash for entry in ledger.entries()}
            assert stored >= set(hashes)
            printed += len(hashes)
            assert printed <= len(stored) <= printed + KILLS, "each process leaves at most one entry unprinted"
        assert printed > KILLS
        assert all(ledger.result(decision).profiles for decision in ledger.decisions())
        assert ledger.replay(engine, list(ledger.decisions())[-1].id).identical
