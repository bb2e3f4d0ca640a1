"""Replay: a kept search computed again, from the revisions and with the model and vectors it saw, and compared.

From the record come the vectors of the need and the words searched for, so that a new encoder or a longer table
of terms changes nothing. Everything else is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, MatcherError, NotFound
from matcher.foundations.reference_tables import digests
from matcher.index import Query, facts_of, terms_for
from matcher.ledger.answer import Answer
from matcher.ledger.chain import Chain
from matcher.ledger.decision import Decision
from matcher.ledger.difference import Difference, differences
from matcher.ledger.entry import NeedSeen, RecordedSearch
from matcher.ledger.historical_index import Past, VectorsGone
from matcher.ledger.versions import versions
from matcher.records import Need
from matcher.scoring.model import AdditiveModel
from matcher.search.engine import Engine, Ranking, eligible_in, ranking_of
from matcher.store import Store
from matcher.store.revisions import canonical

_COUNTS: Final = ("considered", "eligible", "candidates", "excluded")


@dataclass(frozen=True)
class Replay:
    """What became of a replay. `notes` say what else is not as it was then; that alone changes no answer."""

    decision: str
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether candidates, scores, contributions, order and exclusions are the same bit for bit."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        found = [{k: v for k, v in vars(one).items() if v is not None} for one in self.differences]
        return {
            "decision": self.decision,
            "identical": self.identical,
            "differences": found,
            "notes": list(self.notes),
        }


class _Missing(MatcherError):
    """An ingredient of the search is not there any more."""

    def __init__(self, what: str, then: str, now: str) -> None:
        super().__init__(what, then, now)
        self.difference = Difference(what, then, now)


class Replayer:
    """Replays decisions one after the other, bringing one index from moment to moment."""

    def __init__(self, engine: Engine, chain: Chain) -> None:
        self._store = engine.store
        self._chain = chain
        self._past = Past(engine.store, engine.encoder)

    def replay(self, decision: Decision) -> Replay:
        """Compute the search of `decision` again and compare."""
        search = decision.search
        then = Answer.from_bytes(self._chain.payload(decision.opening))
        notes = list(_changed_since(search))
        try:
            ranking = self._again(search, then, notes)
        except _Missing as missing:
            return Replay(decision.id, (missing.difference,), tuple(notes))
        now = Answer.of(ranking)
        found = (*_of_search(search, ranking, now), *differences(then, now))
        return Replay(decision.id, found, tuple(notes))

    def _again(self, search: RecordedSearch, then: Answer, notes: list[str]) -> Ranking:
        if self._store.origin(search.sequence) != search.origin:
            raise _Missing("store", search.origin, "revisions of another store, or of an older state of this one")
        need = need_of(search.need, self._store)
        model = self._model(search)
        encoder = self._past.recalled(search.encoder, then.vectors.shape[1])
        try:
            index = self._past.at(search.sequence, encoder)
        except VectorsGone as gone:
            now = f"another encoder is in use, and vectors of that one are gone: {gone.texts}"
            raise _Missing("encoder", search.encoder, now) from gone
        except InvalidInput as refused:
            raise _Missing("register", f"read at sequence {search.sequence}", str(refused)) from refused
        if encoder.again:
            notes.append(f"vectors gone and made again by the same encoder: {encoder.again}")
        if terms_for(need) != search.terms:
            notes.append("the need would be searched by other words today; those of then were used")
        query = Query(then.vectors, search.terms, facts_of(need, search.on), need.requirements.accreditations)
        eligible = eligible_in(index, need, search.filters, search.apply_requirements, search.on)
        return ranking_of(index, query, eligible, model, depth=search.depth, on=search.on)

    def _model(self, search: RecordedSearch) -> AdditiveModel:
        try:
            return self._chain.model(search.model.digest)
        except ValueError as error:
            then = f"{search.model.name}-{search.model.version} {search.model.digest}"
            raise _Missing("model", then, f"cannot be used: {error}") from error


def need_of(seen: NeedSeen, store: Store) -> Need:
    """Return the need of a kept search, from the revision of then or from the record."""
    try:
        need = seen.record or store.need(seen.id, at=seen.sequence).record
    except (NotFound, InvalidInput) as error:
        raise _Missing("need", f"{seen.id} at {seen.sequence}", str(error)) from error
    if canonical(need)[1] != seen.digest:
        raise _Missing("need", seen.digest, f"reads {canonical(need)[1]}")
    return need


def _of_search(search: RecordedSearch, ranking: Ranking, now: Answer) -> Iterator[Difference]:
    eligible = ranking.eligible
    counted = (eligible.considered, eligible.count, len(ranking.order), eligible.excluded)
    for what, count in zip(_COUNTS, counted, strict=True):
        if getattr(search, what) != count:
            yield Difference(what, getattr(search, what), count)
    shown = now.profiles[: search.top]
    if search.shown != shown:
        yield Difference("shown", list(search.shown), list(shown))


def _changed_since(search: RecordedSearch) -> Iterator[str]:
    """Say which tables and programs are not those of then: where numbers differ, one of these is why."""
    for what, then, now in (("table", search.reference, digests()), ("version", search.versions, versions())):
        for name in dict.fromkeys((*then, *now)):
            if then.get(name) != now.get(name):
                yield f"{what} {name}: then {then.get(name)}, now {now.get(name)}"
