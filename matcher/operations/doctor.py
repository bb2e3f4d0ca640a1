"""The checks behind `matcher doctor`: each examines one part of an installation."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from matcher.bootstrap import encoder_of, second_reading_of
from matcher.embedding import Encoder
from matcher.foundations import owner_only
from matcher.foundations.errors import MatcherError, Unavailable
from matcher.foundations.paths import display_path
from matcher.foundations.reference_tables import terms
from matcher.foundations.settings import Settings
from matcher.index import Snapshots
from matcher.ledger import Ledger
from matcher.scoring import AdditiveModel
from matcher.store import Store
from matcher.store.database_file import paths_of

# A SQLite register with 100,000 profiles takes about 2 GB, and an index snapshot about 1 GB.
LEAST_FREE_BYTES: Final = 1_000_000_000
# The maximum number of problems to report for the database, and for the ledger.
_MAX_PROBLEMS: Final = 5


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Attributes:
        name: the part that was checked.
        ok: whether the part works.
        message: a description of the part, or the problem and its remedy.

    """

    name: str
    ok: bool
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the check as a JSON value."""
        return {"name": self.name, "well": self.ok, "said": self.message}


def run_checks(settings: Settings) -> list[Check]:
    """Check every part of the installation that `settings` describes.

    This creates or upgrades the database if necessary, but changes nothing else.
    """
    with ExitStack() as stack:
        # The first check that needs the store or the encoder opens it. If opening fails, every check that needs it
        # reports the problem.
        store = cache(lambda: stack.enter_context(Store.open(settings.store_url)))
        encoder = cache(lambda: encoder_of(settings))
        parts: dict[str, Callable[[], str]] = {
            "home": lambda: _home(settings.home),
            "permissions": lambda: _permissions(settings),
            "database": lambda: _database(store()),
            "ledger": lambda: _ledger(store()),
            "index": lambda: _index(settings.index_folder, store, encoder),
            "encoder": lambda: _encoder(encoder()),
            "ranking model": lambda: _ranking(settings.ranking_model),
            "second reading": lambda: _second_reading(settings),
            "reference tables": lambda: f"{len(terms()):,} terms",
        }
        return [_run(name, check) for name, check in parts.items()]


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except (MatcherError, OSError, ValueError) as error:
        return Check(name, False, str(error))


def _home(home: Path) -> str:
    existing = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        raise Unavailable(
            f"you do not have permission to write to {existing}", remedy="Get permission, or choose another home folder"
        )
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE_BYTES:
        raise Unavailable(
            f"only {free / 1e6:,.0f} MB are free at {existing}",
            remedy=f"Free at least {LEAST_FREE_BYTES / 1e9:,.0f} GB on this disk",
        )
    return f"{home}, {free / 1e9:,.1f} GB free"


def _permissions(settings: Settings) -> str:
    kept = (settings.home, *paths_of(settings.store_url))
    if open_to_others := sorted(set(owner_only.exposed(kept))):
        first = display_path(open_to_others[0])
        raise Unavailable(
            f"other users of this machine have access to {len(open_to_others):,} files and folders, such as {first}",
            remedy=f"Run: chmod -R go= {' '.join(shlex.quote(display_path(path)) for path in kept if path.exists())}",
        )
    return "only the owner has access"


def _database(store: Store) -> str:
    if problems := store.problems(most=_MAX_PROBLEMS):
        raise Unavailable("; ".join(problems), remedy="Restore the latest backup with: matcher restore FILE --replace")
    counts = store.counts()
    return f"{counts['profiles']:,} profiles, {counts['needs']:,} needs, {store.sequence():,} revisions, all intact"


def _ledger(store: Store) -> str:
    verification = Ledger(store).verify()
    if not verification.intact:
        problems = "; ".join(map(str, verification.problems[:_MAX_PROBLEMS]))
        raise Unavailable(problems, remedy="Compare the ledger with a backup. To see more, run: matcher ledger verify")
    return f"{verification.entries:,} entries, all intact, last hash {verification.hash}"


def _index(folder: Path, store: Callable[[], Store], encoder: Callable[[], Encoder]) -> str:
    if not folder.exists():
        return "not built yet: the first search will build it"
    index = Snapshots(folder).load(encoder().fingerprint)
    if index is None:
        return "damaged, or made by another encoder or version: the next search will rebuild it"
    behind = store().sequence() - index.sequence
    return f"{len(index):,} profiles, {len(index.passages):,} passages, {behind:,} revisions behind the database"


def _encoder(encoder: Encoder) -> str:
    [vector] = encoder.encode(["falls prevention for older people"])
    return f"{encoder.fingerprint}, {len(vector)} dimensions"


def _ranking(folder: Path) -> str:
    model = AdditiveModel.load(folder)
    return f"{model.name}-{model.version}"


def _second_reading(settings: Settings) -> str:
    second_reading = second_reading_of(settings)
    if second_reading is None:
        return "off"
    second_reading.reader.read("falls prevention", ["classes for older people"])
    return f"{second_reading.reader.fingerprint}, reads the first {second_reading.count} candidates"
