"""Replay: run a saved search again on the data it originally used, and compare the results.

The ledger provides the need's vectors and the search terms, so a new encoder or a longer table of terms does not
change the result. A replay recomputes everything else from the stored revisions, model and vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from matcher.foundations.errors import InvalidInput, MatcherError, NotFound
from matcher.foundations.reference_tables import digests
from matcher.index import Query, facts_of, terms_for
from matcher.ledger.chain import Chain
from matcher.ledger.decision import Decision
from matcher.ledger.difference import Difference, differences
from matcher.ledger.entry import RecordedNeed, RecordedSearch
from matcher.ledger.historical_index import HistoricalIndexes, MissingVectors
from matcher.ledger.recorded_result import RecordedResult
from matcher.ledger.versions import versions
from matcher.records import Need
from matcher.records.places import CURRENT_RULE
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.search.ranking import Ranking, eligible_in, ranking_of
from matcher.store import Store
from matcher.store.revisions import canonical

_COUNTS: Final = ("considered", "eligible", "candidates", "excluded")


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay.

    `notes` lists what has changed since the search, even if the result is the same. `redacted` lists what the search
    read and has lost words since, which may explain differences.
    """

    decision: str
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether candidates, scores, contributions, order and exclusions are identical bit for bit."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as a JSON value."""
        return {
            "decision": self.decision,
            "identical": self.identical,
            "differences": [difference.to_json() for difference in self.differences],
            "notes": list(self.notes),
            "redacted": list(self.redacted),
        }


class _MissingIngredient(MatcherError):
    """Something that the search used is missing or unusable."""

    def __init__(self, what: str, recorded: str, problem: str) -> None:
        super().__init__(what, recorded, problem)
        self.difference = Difference(what, recorded, problem)


class Replayer:
    """Replays decisions one after another. Each replay leaves its index for the next replay to update."""

    def __init__(self, engine: Engine, chain: Chain) -> None:
        self._store = engine.store
        self._chain = chain
        self._indexes = HistoricalIndexes(engine.store, engine.encoder)

    def replay(self, decision: Decision) -> Replay:
        """Run the search of `decision` again, and compare the result with the recorded one."""
        search = decision.search
        recorded = RecordedResult.from_bytes(self._chain.payload(decision.opening))
        notes = list(_changed_since(search))
        redacted = (
            *(["the words of the search"] if decision.opening.redacted else []),
            *self._store.redacted_at(search.sequence),
        )
        try:
            ranking = self._rank(search, recorded, notes)
        except _MissingIngredient as missing:
            return Replay(decision.id, (missing.difference,), tuple(notes), redacted)
        replayed = RecordedResult.of(ranking)
        all_differences = (*_summary_differences(search, ranking, replayed), *differences(recorded, replayed))
        return Replay(decision.id, all_differences, tuple(notes), redacted)

    def _rank(self, search: RecordedSearch, recorded: RecordedResult, notes: list[str]) -> Ranking:
        if self._store.origin(search.sequence) != search.origin:
            raise _MissingIngredient("store", search.origin, "the revisions come from another store or an older backup")
        need = need_of(search.need, self._store)
        model = self._model(search)
        encoder = self._indexes.encoder(search.encoder, recorded.vectors.shape[1])
        try:
            index = self._indexes.at(search.sequence, encoder, search.rule)
        except MissingVectors as missing:
            problem = f"another encoder is in use, and {missing.texts} vectors from the recorded encoder are missing"
            raise _MissingIngredient("encoder", search.encoder, problem) from missing
        except InvalidInput as error:
            raise _MissingIngredient("register", f"read at sequence {search.sequence}", str(error)) from error
        if encoder.reencoded:
            notes.append(f"missing vectors, encoded again by the same encoder: {encoder.reencoded}")
        if terms_for(need) != search.terms:
            notes.append("a new search for this need would use different words; the replay used the recorded words")
        if search.rule != CURRENT_RULE:
            notes.append("the rule for reading places and kinds has changed; the replay used the recorded rule")
        query = Query(recorded.vectors, search.terms, facts_of(need, search.on, search.rule))
        eligible = eligible_in(index, need, search.filters, search.apply_requirements, search.on)
        return _read_again(ranking_of(index, query, eligible, model, depth=search.depth), recorded)

    def _model(self, search: RecordedSearch) -> AdditiveModel:
        try:
            return self._chain.model(search.model.digest)
        except ValueError as error:
            recorded = f"{search.model.name}-{search.model.version} {search.model.digest}"
            raise _MissingIngredient("model", recorded, f"cannot be used: {error}") from error


def _read_again(ranking: Ranking, recorded: RecordedResult) -> Ranking:
    """Return `ranking` with the recorded second readings, so that a replay does not depend on the reader."""
    if np.isnan(recorded.readings).all():
        return ranking
    readings = dict(zip(recorded.profiles, recorded.readings.tolist(), strict=True))
    ids = ranking.index.profiles.id[ranking.candidates.profiles].tolist()
    return ranking.read(np.array([readings.get(id, np.nan) for id in ids]))


def need_of(recorded: RecordedNeed, store: Store) -> Need:
    """Return the need of a saved search, from the entry if it holds the need, otherwise from the stored revision."""
    try:
        need = recorded.record or store.need(recorded.id, at=recorded.sequence).record
    except (NotFound, InvalidInput) as error:
        raise _MissingIngredient("need", f"{recorded.id} at {recorded.sequence}", str(error)) from error
    if canonical(need)[1] != recorded.digest and recorded.sequence not in store.redacted():
        raise _MissingIngredient("need", recorded.digest, f"the stored need has digest {canonical(need)[1]}")
    return need


def _summary_differences(search: RecordedSearch, ranking: Ranking, replayed: RecordedResult) -> Iterator[Difference]:
    eligible = ranking.eligible
    counts = (eligible.considered, eligible.count, len(ranking.order), eligible.excluded)
    for what, count in zip(_COUNTS, counts, strict=True):
        if getattr(search, what) != count:
            yield Difference(what, getattr(search, what), count)
    shown = replayed.profiles[: search.top]
    if search.shown != shown:
        yield Difference("shown", list(search.shown), list(shown))


def _changed_since(search: RecordedSearch) -> Iterator[str]:
    """Yield a note for each changed reference table or software version. These are likely causes of any differences."""
    for what, recorded, current in (
        ("table", search.reference, digests()),
        ("version", search.versions, versions()),
    ):
        for name in dict.fromkeys((*recorded, *current)):
            if recorded.get(name) != current.get(name):
                yield f"{what} {name}: recorded {recorded.get(name)}, now {current.get(name)}"
