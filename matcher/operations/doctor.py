"""Doctor: looks at every part of an installation and says what is wrong with it and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matcher.bootstrap import encoder_of
from matcher.errors import MatcherError, Unavailable, UserError
from matcher.index import Snapshots
from matcher.ledger import Ledger
from matcher.reference import terms
from matcher.scoring import AdditiveModel
from matcher.settings import Settings
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
    parts: dict[str, Callable[[], str]] = {
        "home": lambda: _home(settings.home),
        "database": lambda: _database(settings),
        "ledger": lambda: _ledger(settings),
        "index": lambda: _index(settings),
        "encoder": lambda: _encoder(settings),
        "ranking model": lambda: _ranking(settings),
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


def _database(settings: Settings) -> str:
    with Store.open(settings.store_url) as store:
        if faults := store.faults(most=_MOST_FAULTS):
            raise Unavailable("; ".join(faults), remedy="Restore the latest backup with: matcher restore FILE")
        held = store.counts()
        return f"{held['profiles']:,} profiles, {held['needs']:,} needs, {store.sequence():,} revisions, all sound"


def _ledger(settings: Settings) -> str:
    with Store.open(settings.store_url) as store:
        found = Ledger(store).verify()
    if not found.whole:
        faults = "; ".join(str(fault) for fault in found.faults[:_MOST_FAULTS])
        raise Unavailable(faults, remedy="Compare with a backup; see all with: matcher ledger verify")
    return f"{found.entries:,} entries, all whole, last hash {found.hash}"


def _index(settings: Settings) -> str:
    if not settings.index_folder.exists():
        return "none written yet; it is built at the first search"
    found = Snapshots(settings.index_folder).load(encoder_of(settings).fingerprint)
    if found is None:
        return "the one on disk is of another encoder or version, or damaged; it is built anew at the next search"
    with Store.open(settings.store_url) as store:
        behind = store.sequence() - found.sequence
    return f"{len(found):,} profiles, {len(found.passages):,} passages, {behind:,} revisions to catch up"


def _encoder(settings: Settings) -> str:
    encoder = encoder_of(settings)
    [vector] = encoder.encode(["falls prevention for older people"])
    return f"{encoder.fingerprint}, {len(vector)} dimensions"


def _ranking(settings: Settings) -> str:
    model = AdditiveModel.load(settings.ranking_model)
    return f"{model.name}-{model.version}"
