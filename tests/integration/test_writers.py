"""Several processes on one database: one sequence without gaps, no lost records and no partial writes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from matcher.records import Profile
from matcher.register.importing import import_files
from matcher.store import RecordKind, Store

WRITERS = 8
PUTS = 15

WRITE = """
import sys
from matcher.records import Profile
from matcher.store import Store

url, worker, puts = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store.open(url, wait_seconds=120) as store:
    for number in range(puts):
        with store.writing() as writer:
            own = writer.put(Profile(id=f"{worker}-{number}", name="Own"), source=worker)
            shared = writer.put(Profile(id="shared", name=f"By {worker}, {number}"), source=worker)
            assert shared.sequence == own.sequence + 1
"""

IMPORT = """
import sys
from pathlib import Path
from matcher.register.importing import import_files
from matcher.store import Store

with Store.open(sys.argv[1]) as store:
    print("ready", flush=True)
    import_files(store, "profiles", [Path(sys.argv[2])])
print("done", flush=True)
"""


def test_processes_write_one_sequence_without_gaps_and_a_follower_misses_nothing(server_url: str) -> None:
    with Store.open(server_url, wait_seconds=120) as store:
        commands = [[sys.executable, "-c", WRITE, server_url, f"w{worker}", str(PUTS)] for worker in range(WRITERS)]
        processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
        follower = Follower(store)
        steps = 0
        while any(process.poll() is None for process in processes):
            steps += follower.catch_up()
            time.sleep(0.005)
        assert [process.communicate()[1] for process in processes] == [""] * WRITERS
        follower.catch_up()

        total = WRITERS * PUTS * 2
        assert store.sequence() == total
        assert steps > 1, "the follower saw the writes in steps"
        whole = Follower(store)
        whole.catch_up()
        assert follower.profiles == whole.profiles
        assert len(whole.profiles) == WRITERS * PUTS + 1
        shared = store.history(RecordKind.PROFILE, "shared")
        assert [revision.number for revision in shared] == list(range(1, WRITERS * PUTS + 1))
        own = [change.sequence for change in store.profile_changes(0) if change.id != "shared"]
        assert sorted([*own, *(revision.sequence for revision in shared)]) == list(range(1, total + 1))


class Follower:
    """A copy of the profiles, brought up to date by applying the changes since the last one seen."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.seen = 0
        self.profiles: dict[str, Profile | None] = {}

    def catch_up(self) -> bool:
        """Apply the changes. Return whether there were any."""
        before = self.seen
        for change in self.store.profile_changes(self.seen):
            self.profiles[change.id] = change.profile
            self.seen = change.sequence
        return self.seen > before


def test_a_killed_import_leaves_whole_files_only(server_url: str, tmp_path: Path) -> None:
    sizes = {"1.jsonl": 900, "2.jsonl": 1700, "3.jsonl": 600}
    folder = tmp_path / "files"
    folder.mkdir()
    for name, size in sizes.items():
        lines = (json.dumps({"id": f"{name}-{number}", "name": "N", "summary": "s" * 200}) for number in range(size))
        (folder / name).write_text("\n".join(lines))
    whole = [0, 900, 2600, 3200]
    generator = random.Random(7)
    killed: list[int] = []
    with Store.open(server_url, wait_seconds=120) as store:
        for _ in range(6):
            before = store.sequence()
            if before == whole[-1]:
                break
            process = subprocess.Popen(
                [sys.executable, "-c", IMPORT, server_url, str(folder)], stdout=subprocess.PIPE, text=True
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(generator.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed.append(process.returncode)
            assert store.counts()["profiles"] in whole
            assert store.sequence() == store.counts()["profiles"] >= before
        assert -signal.SIGKILL in killed
        report = import_files(store, "profiles", [folder])
        assert report.added + report.unchanged == 3200
        assert store.counts()["profiles"] == store.sequence() == 3200
