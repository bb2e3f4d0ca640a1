"""Processes are killed at any point while importing, indexing, saving or updating.

No accepted record is lost, no write is partial, and the remaining index gives the same results as a new one.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from matcher.embedding import CachedEncoder
from matcher.index import Snapshots
from matcher.records import Need, Profile
from matcher.register.importing import import_files
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.fakes import WordEncoder, engine_over, shipped_model
from tests.support.strategies import WORDS

KILLS: Final = 50
FILES: Final = 3
RECORDS: Final = 25
# The process is killed within this many seconds of the start of a phase. The time is about as long as the phase, so
# that some processes die after the phase.
PHASES: Final = {"import": 0.012, "index": 0.03, "save": 0.025, "update": 0.008}
NEEDS: Final = tuple(
    Need(id=f"n{i}", title=title) for i, title in enumerate(["falls clinic", "dementia meals", "café"])
)

# The records in a transaction, by id: the text of each record, or None if the record is withdrawn.
State = dict[str, str | None]


def live(home: Path, seed: int, parent: Connection) -> None:
    """Import, index, save and update forever. Report to `parent` before each phase and around each transaction."""
    deal = random.Random(seed)
    with Store.open(f"sqlite:///{home / 'register.sqlite'}") as store:
        encoder = CachedEncoder(WordEncoder(pause=0.0002), store.vectors)
        engine = Engine(store, encoder, shipped_model(), snapshots=Snapshots(home / "index"))
        while True:
            for number in range(FILES):
                state: State = {f"f{number}-{i}": _text(deal) for i in range(RECORDS)}
                file = home / f"{number}.jsonl"
                file.write_text(
                    "\n".join(json.dumps({"id": id, "name": "N", "summary": text}) for id, text in state.items())
                )
                parent.send(("import", state))
                import_files(store, "profiles", [file])
                parent.send(("committed", None))
            _index(engine, parent)
            for _ in range(3):
                ids = deal.sample([f"f{number}-{i}" for number in range(FILES) for i in range(RECORDS)], 4)
                present = store.profiles(ids)
                state = {id: None if id in present and deal.random() < 0.4 else _text(deal) for id in ids}
                parent.send(("update", state))
                with store.writing() as writer:
                    for id, text in state.items():
                        if text is None:
                            writer.withdraw(RecordKind.PROFILE, id)
                        else:
                            writer.put(Profile(id=id, name="N", summary=text))
                parent.send(("committed", None))
                _index(engine, parent)


def _index(engine: Engine, parent: Connection) -> None:
    parent.send(("index", None))
    sequence = engine.index().sequence
    parent.send(("save", None))
    engine.save()
    parent.send(("saved", sequence))


def _text(deal: random.Random) -> str:
    return " ".join(deal.choices(WORDS, k=40))


class Watched:
    """What a killed process has done, according to its reports."""

    def __init__(self) -> None:
        self.accepted: dict[str, str] = {}
        self.pending: State = {}
        self.saved = 0
        self.phase = ""

    def hear(self, told: tuple[str, Any]) -> None:
        """Apply one report."""
        kind, value = told
        if kind in ("import", "update"):
            self.pending = value
        elif kind == "committed":
            self.accepted, self.pending = self.with_pending(), {}
        elif kind == "saved":
            self.saved = value
        self.phase = kind

    def with_pending(self) -> dict[str, str]:
        """Return the records as they would be if the open transaction were committed."""
        merged = {**self.accepted, **self.pending}
        return {id: text for id, text in merged.items() if text is not None}


def test_fifty_kills(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(
        ["matcher.search.engine", "matcher.register.importing", "tests.integration.test_kills"]
    )
    deal = random.Random(20_120_401)
    watched = Watched()
    hit: Counter[str] = Counter()
    for kill in range(KILLS):
        ear, mouth = processes.Pipe(duplex=False)
        process = processes.Process(target=live, args=(tmp_path, kill, mouth))
        process.start()
        mouth.close()
        phase, repeat = deal.choice(list(PHASES)), deal.randint(1, 3)
        while repeat:
            watched.hear(ear.recv())
            repeat -= watched.phase == phase
        delay = deal.uniform(0, PHASES[phase])
        time.sleep(delay)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        hear_the_rest(ear, watched)
        print(f"kill {kill}: {delay * 1000:.1f} ms into {phase}, found in or after {watched.phase}")
        hit[watched.phase] += 1
        process.close()
        with Store.open(f"sqlite:///{tmp_path / 'register.sqlite'}") as store:
            check(store, watched, Snapshots(tmp_path / "index"))
    print(dict(hit))
    assert hit.total() == KILLS


def hear_the_rest(ear: Connection, watched: Watched) -> None:
    """Apply the reports that a process sent before it died."""
    try:
        while True:
            watched.hear(ear.recv())
    except EOFError:
        ear.close()


def check(store: Store, watched: Watched, snapshots: Snapshots) -> None:
    """Compare the store with the reports."""
    changes = list(store.profile_changes(0))
    found = {change.id: change.profile.summary for change in changes if change.profile is not None}
    assert found in (watched.accepted, watched.with_pending()), "a transaction is complete or absent"
    watched.accepted, watched.pending = found, {}
    assert store.counts()["profiles"] == len(found)

    loaded = snapshots.load(WordEncoder().fingerprint)
    assert watched.saved <= (loaded.sequence if loaded is not None else 0) <= store.sequence()

    restarted = Engine(store, CachedEncoder(WordEncoder(), store.vectors), shipped_model(), snapshots=snapshots)
    rebuilt = engine_over(store)
    for need in NEEDS:
        answer = restarted.search(need, top=100)
        assert answer == rebuilt.search(need, top=100)
        assert len(answer.results) == len(found)
    assert len(restarted.index()) == len(found)
    restarted.save()
    loaded = snapshots.load(WordEncoder().fingerprint)
    assert loaded is not None, "the files of the killed process can be loaded"
    watched.saved = loaded.sequence
    assert watched.saved == store.sequence()
