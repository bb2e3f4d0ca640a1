"""The cost of saving a search in the ledger: `python -m tests.benchmarks.ledger [PROFILES]`.

The encoder is a fast stand-in without weights, so that encoding the need does not hide the cost.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from matcher.embedding import CachedEncoder
from matcher.foundations.settings import Settings
from matcher.ledger import Ledger
from matcher.ledger.tables import ledger_entry
from matcher.records.need import FREE_TEXT
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import Store
from tests.benchmarks.generated import demo_needs, generated_profiles
from tests.benchmarks.timing import median_ms, take_turns
from tests.support.fakes import WordEncoder

ROUNDS = 40


def run(profiles: int) -> None:
    """Print the figures for a register of `profiles` profiles on disk."""
    needs = [need.model_copy(update={"id": FREE_TEXT}) for need in demo_needs()]
    day = date(2026, 10, 1)
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{Path(folder) / 'register.sqlite'}") as store:
        with store.writing() as writer:
            writer.put_many((profile, None) for profile in generated_profiles(profiles))
        model = AdditiveModel.load(Settings().ranking_model)
        engine, ledger = Engine(store, CachedEncoder(WordEncoder(), store.vectors), model), Ledger(store)
        seconds = take_turns(
            {
                "search": lambda n: engine.search(needs[n % len(needs)], apply_requirements=False, on=day),
                "save": lambda n: ledger.save(
                    engine, needs[n % len(needs)], by="icb-1", apply_requirements=False, on=day
                ),
            },
            ROUNDS,
        )
        candidate_counts = [decision.search.candidates for decision in ledger.decisions()]
        with store.database.reading() as connection:
            query = select(func.avg(func.length(ledger_entry.c.content) + func.length(ledger_entry.c.payload)))
            size = float(connection.scalar(query) or 0)
    search, candidates = median_ms(seconds["search"]), sum(candidate_counts) / len(candidate_counts)
    print(
        f"{profiles:,} profiles, {candidates:,.0f} candidates: search {search:.0f} ms, "
        f"search and save {median_ms(seconds['save']):.0f} ms, {size / 1e3:.0f} kB an entry"
    )


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 6_000)
