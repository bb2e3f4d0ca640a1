"""Several processes keep decisions in one ledger, some of them killed: an entry is there wholly or not at all."""

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
KEEPERS = 4
ROUNDS = 5
KILLS = 10

KEEP = """
import sys
from matcher.ledger import Event, Ledger
from matcher.store import Store
from tests.support.ledgers import engine_on, keep

url, worker, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store.open(url, wait_seconds=120) as store:
    ledger, engine = Ledger(store), engine_on(store)
    engine.index()
    print("ready", flush=True)
    for _ in range(rounds):
        entry = keep(store, engine)
        print(entry.hash, flush=True)
        done = ledger.note(entry.statement.decision, Event.AWARD, entry.statement.search.shown[0], by=worker)
        print(done.hash, flush=True)
"""


def keeper(url: str, worker: str, rounds: int) -> subprocess.Popen[str]:
    """Start a process that keeps decisions and tells the hash of each entry once it is committed."""
    command = [sys.executable, "-c", KEEP, url, worker, str(rounds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_keep_one_chain(server_url: str) -> None:
    with Store.open(server_url, wait_seconds=120) as store:
        engine = filled(store)
        engine.index()
        processes = [keeper(server_url, f"w{n}", ROUNDS) for n in range(KEEPERS)]
        ledger, read = Ledger(store), set()
        while any(process.poll() is None for process in processes):
            found = ledger.verify()
            assert found.whole, found.faults
            read.add(found.entries)
        assert len(read) > 3, "it was read while others appended"
        told = [process.communicate(timeout=240) for process in processes]
        assert [error for _, error in told] == [""] * KEEPERS
        assert (ledger.verify().whole, ledger.head()[0]) == (True, KEEPERS * ROUNDS * 2)
        hashes = [line for out, _ in told for line in out.splitlines()[1:]]
        assert Counter(hashes) == Counter(entry.hash for entry in ledger.entries())
        assert all(len(decision.notes) == 1 for decision in ledger.decisions())
        assert all(replay.identical for replay in ledger.replays(engine))


def test_a_killed_keeper_leaves_whole_entries_and_all_that_it_told_of(server_url: str) -> None:
    deal, told = random.Random(7), 0
    with Store.open(server_url, wait_seconds=120) as store:
        engine = filled(store)
        engine.index()
        ledger = Ledger(store)
        for _ in range(KILLS):
            process = keeper(server_url, "w", 10_000)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(deal.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            hashes = [line for line in process.communicate()[0].splitlines() if len(line) == 64]
            assert process.returncode == -signal.SIGKILL
            found = ledger.verify(hashes[-1] if hashes else None)
            assert found.whole, found.faults
            kept = {entry.hash for entry in ledger.entries()}
            assert kept >= set(hashes)
            told += len(hashes)
            assert told <= len(kept) <= told + KILLS, "of each process at most one entry it had no time to tell of"
        assert told > KILLS
        assert all(ledger.answer(decision).profiles for decision in ledger.decisions())
        assert ledger.replay(engine, list(ledger.decisions())[-1].id).identical
