"""Doctor: looks at every part of an installation and says what is wrong with it and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from matcher.bootstrap import encoder_of
from matcher.embedding import Encoder
from matcher.foundations.errors import MatcherError, Unavailable, UserError
from matcher.foundations.reference_tables import terms
from matcher.foundations.settings import Settings
from matcher.index import Snapshots
from matcher.ledger import Ledger
from matcher.scoring.model import AdditiveModel
from matcher.store import Store

# A SQLite register of a hundred thousand profiles takes about two gigabytes, and a snapshot of its index one.
LEAST_FREE_BYTES: Final = 1_000_000_000
# Faults beyond these say nothing new.
_MOST_FAULTS: Final = 5


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is well, and what was seen or what to do."""

    name: str
    well: bool
    said: str


def examine(settings: Settings) -> list[Check]:
    """Look at every part of the installation that `settings` describe. Changes nothing but the schema's version."""
    with ExitStack() as opened:
        # Each part that cannot do without one of these asks for it, and says by itself that it cannot be had.
        store = cache(lambda: opened.enter_context(Store.open(settings.store_url)))
        encoder = cache(lambda: encoder_of(settings))
        parts: dict[str, Callable[[], str]] = {
            "home": lambda: _home(settings.home),
            "database": lambda: _database(store()),
            "ledger": lambda: _ledger(store()),
            "index": lambda: _index(settings.index_folder, store, encoder),
            "encoder": lambda: _encoder(encoder()),
            "ranking model": lambda: _ranking(settings.ranking_model),
            "reference tables": lambda: f"{len(terms()):,} terms",
        }
        return [_checked(name, look) for name, look in parts.items()]


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except UserError as error:
        return Check(name, False, str(error))
    except (MatcherError, OSError, ValueError) as error:
        return Check(name, False, f"{error}")


def _home(home: Path) -> str:
    there = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    if not os.access(there, os.W_OK):
        raise Unavailable(f"{there} cannot be written", remedy="Give this user the right to, or choose another home")
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        raise Unavailable(f"only {free / 1e6:,.0f} MB are free at {there}", remedy="Make room on the disk")
    return f"{home}, {free / 1e9:,.1f} GB free"


def _database(store: Store) -> str:
    if faults := store.faults(most=_MOST_FAULTS):
        raise Unavailable("; ".join(faults), remedy="Restore the latest backup with: matcher restore FILE")
    held = store.counts()
    return f"{held['profiles']:,} profiles, {held['needs']:,} needs, {store.sequence():,} revisions, all sound"


def _ledger(store: Store) -> str:
    found = Ledger(store).verify()
    if not found.intact:
        faults = "; ".join(str(fault) for fault in found.problems[:_MOST_FAULTS])
        raise Unavailable(faults, remedy="Compare with a backup; see all with: matcher ledger verify")
    return f"{found.entries:,} entries, all whole, last hash {found.hash}"


def _index(folder: Path, store: Callable[[], Store], encoder: Callable[[], Encoder]) -> str:
    if not folder.exists():
        return "none written yet; it is built at the first search"
    found = Snapshots(folder).load(encoder().fingerprint)
    if found is None:
        return "the one on disk is of another encoder or version, or damaged; it is built anew at the next search"
    behind = store().sequence() - found.sequence
    return f"{len(found):,} profiles, {len(found.passages):,} passages, {behind:,} revisions to catch up"


def _encoder(encoder: Encoder) -> str:
    [vector] = encoder.encode(["falls prevention for older people"])
    return f"{encoder.fingerprint}, {len(vector)} dimensions"


def _ranking(folder: Path) -> str:
    model = AdditiveModel.load(folder)
    return f"{model.name}-{model.version}"
