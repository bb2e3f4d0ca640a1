"""Test ledgers: a generated register, an engine whose vectors are stored, and saved searches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcher.embedding import CachedEncoder, Encoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.ledger import Entry, Ledger
from matcher.records import Filters, Need, Profile, Region, Sector
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import Store
from matcher.store.database import Database
from tests.support.fakes import WordEncoder, shipped_model
from tests.support.registers import made_register
from tests.support.strategies import TODAY

FALLS = Need(id="free-text", title="falls prevention for older people", region="North West")
ACTOR = "icb-qwo"


class OtherWordEncoder(WordEncoder):
    """Another encoder without weights, which gives words different vectors."""

    def __init__(self) -> None:
        super().__init__(fingerprint="other words")

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the vectors of the reversed texts."""
        return np.ascontiguousarray(super().encode([text[::-1] for text in texts], progress))


def put(store: Store, *records: Profile | Need) -> None:
    """Write `records` in one transaction."""
    with store.writing() as writer:
        writer.put_many([(record, None) for record in records])


def engine_on(store: Store, encoder: Encoder | None = None, model: AdditiveModel | None = None) -> Engine:
    """Return an engine that stores its vectors in `store`, as the product does."""
    return Engine(store, CachedEncoder(encoder or WordEncoder(), store.vectors), model or shipped_model())


def filled(store: Store, profiles: int = 30) -> Engine:
    """Fill `store` with a generated register and return an engine over it."""
    put(store, *made_register(profiles, seed=3))
    return engine_on(store)


def save(store: Store, engine: Engine, *, text: str = FALLS.title) -> Entry:
    """Save a search with filters and return its entry."""
    need = FALLS.model_copy(update={"title": text})
    filters = Filters(sectors=tuple(Sector)[:-1], regions=(Region.NORTH_WEST, Region.LONDON))
    return Ledger(store).save(engine, need, filters, by=ACTOR, top=3, on=TODAY).entry


def without_triggers(database: Database) -> None:
    """Remove the triggers that keep the tables append-only, as a database superuser can."""
    with database.writing() as connection:
        for table in ("revision", "ledger_entry", "ledger_head", "ledger_model"):
            if not database.is_sqlite:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
                continue
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            )
            for (name,) in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
