"""The entry point to the decision record: save, note, read, verify and replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.reference_tables import digests
from matcher.ledger.chain import Chain
from matcher.ledger.decision import Decision, no_decision, not_a_candidate
from matcher.ledger.entry import (
    RECORDS,
    Entry,
    Event,
    RecordedModel,
    RecordedNeed,
    RecordedSearch,
    attribution,
)
from matcher.ledger.recorded_result import RecordedResult
from matcher.ledger.redaction import redact_decision, redact_history
from matcher.ledger.replay import Replay, Replayer
from matcher.ledger.verification import Verification, verify
from matcher.ledger.versions import versions
from matcher.records import Filters, Need, SearchResult
from matcher.records.redaction import check_impersonal
from matcher.search.engine import Engine
from matcher.store import RecordKind, Revision, Store
from matcher.store.revisions import canonical
from matcher.store.rows import chunks

# The number of decisions to read at a time, which is the usual length of a page in a list.
_PAGE: Final = 50


class SavedDecision(NamedTuple):
    """The entry of a saved search, and the result that the user sees."""

    entry: Entry
    result: SearchResult


class Ledger:
    """The decisions of a store. Safe to share between threads and processes.

    Every method raises `Unavailable` if the database cannot be used, or if an entry that it reads has been altered.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database
        self._chain = Chain(store.database)

    def save(
        self,
        engine: Engine,
        need: Need | Revision[Need],
        filters: Filters | None = None,
        *,
        by: str,
        top: int = 10,
        apply_requirements: bool = True,
        on: date | None = None,
    ) -> SavedDecision:
        """Search as `Engine.search` does, and save the query and the complete result as a new decision.

        If `need` is a revision of a stored need, the entry holds the sequence number of the revision.
        Otherwise the entry holds the need itself.

        Raises:
            InvalidInput: `by` is not a valid actor, or a filter or a need that is not stored contains contact details.

        """
        actor = attribution(by).by
        recorded_need, record = _recorded(need)
        filters, on = filters or Filters(), on or date.today()
        _check_impersonal(filters)
        ranking = engine.ranking(record, filters, apply_requirements=apply_requirements, on=on)
        result = engine.explain(record, ranking, top)
        payload = RecordedResult.of(ranking).to_bytes()
        with self._chain.appending() as appender:
            model = ranking.model
            search = RecordedSearch(
                need=recorded_need,
                filters=filters,
                apply_requirements=apply_requirements,
                on=on,
                top=top,
                depth=engine.depth,
                sequence=ranking.index.sequence,
                origin=ranking.index.origin,
                model=RecordedModel(name=model.name, version=model.version, digest=appender.store_model(model)),
                encoder=ranking.index.encoder,
                terms=ranking.query.terms,
                reference=digests(),
                versions=versions(),
                considered=result.considered,
                eligible=result.eligible,
                excluded=result.excluded,
                candidates=len(ranking.order),
                shown=tuple(match.profile_id for match in result.results),
                place_rule=ranking.index.rule,
                reader=engine.reader_of(ranking),
            )
            entry = appender.append(Event.SEARCH, actor, payload=payload, search=search)
        return SavedDecision(entry, result)

    def note(
        self, decision: str, event: Event, profile: str | None = None, *, by: str, reason: str | None = None
    ) -> Entry:
        """Record an event for a candidate, or close the decision with `Event.CLOSE`. Return the new entry.

        Raises:
            NotFound: no decision has this id.
            Conflict: the decision is closed, `profile` is not a candidate, or `event` cannot come next.
            InvalidInput: a profile or reason is missing, or `by` or `reason` identifies a person.

        """
        checked = attribution(by, reason)
        with self._chain.appending() as appender:
            if not (entries := appender.entries(decision)):
                raise no_decision(decision)
            current = Decision.of(entries)
            current.check(event, profile, checked.reason)
            if profile is not None and profile not in self.result(current).profiles:
                raise not_a_candidate(decision, profile)
            return appender.append(event, checked.by, decision=decision, profile=profile, reason=checked.reason)

    def redact_decision(self, id: str, passage: str, *, by: str, reason: str | None = None) -> Entry:
        """Erase `passage` from the words of a decision. See `matcher.ledger.redaction`."""
        return redact_decision(self._store, id, passage, by=by, reason=reason)

    def redact_history(self, kind: RecordKind, id: str, passage: str, *, by: str, reason: str | None = None) -> Entry:
        """Erase `passage` from the history of a record. See `matcher.ledger.redaction`."""
        return redact_history(self._store, kind, id, passage, by=by, reason=reason)

    def decision(self, id: str) -> Decision:
        """Return the decision with this id.

        Raises:
            NotFound: no decision has this id.

        """
        if id == RECORDS or not (entries := self._chain.decisions([id]).get(id)):
            raise no_decision(id)
        return Decision.of(entries)

    def decisions(self, *, after: int = 0, organisation: str | None = None) -> Iterator[Decision]:
        """Yield the decisions whose first entry has a number above `after`, oldest first.

        If `organisation` is given, yield only decisions opened by the organisation or one of its members.
        """
        openings = self._chain.openings(after=after, organisation=organisation, page=_PAGE)
        for page in chunks((opening.content.decision for opening in openings), _PAGE):
            entries = self._chain.decisions(page)
            yield from (Decision.of(entries[id]) for id in page)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield all entries with a number above `after`, in order."""
        return self._chain.entries(after=after)

    def result(self, decision: Decision) -> RecordedResult:
        """Return the complete result of the decision's search."""
        return self.result_of(decision.opening)

    def result_of(self, entry: Entry) -> RecordedResult:
        """Return the complete result of the saved search `entry`."""
        return RecordedResult.from_bytes(self._chain.payload(entry))

    def head(self) -> tuple[int, str]:
        """Return the number of entries and the last hash. An auditor can note this hash to verify the ledger later."""
        return self._chain.head()

    def verify(self, expect: str | None = None) -> Verification:
        """Read and hash every entry again. `expect` is an earlier hash that the chain must still contain.

        Raises:
            InvalidInput: `expect` is not a hash.

        """
        if expect is not None and (len(expect) != 64 or set(expect) - set("0123456789abcdef")):
            raise InvalidInput(
                "this is not a hash", remedy="Enter 64 lower-case hexadecimal digits", place=Place(field="expect")
            )
        return verify(self._database, expect)

    def replay(self, engine: Engine, id: str) -> Replay:
        """Run the search of a decision again with the revisions and model that it used, and compare the results.

        Raises:
            NotFound: no decision has this id.

        """
        return next(self.replays(engine, [id]))

    def replays(self, engine: Engine, ids: Iterable[str] | None = None) -> Iterator[Replay]:
        """Replay several decisions in turn (by default, all). Each replay reuses the previous index if possible.

        Raises:
            NotFound: no decision has one of these ids.

        """
        decisions = self.decisions() if ids is None else map(self.decision, ids)
        replayer = Replayer(engine, self._chain)
        return (replayer.replay(decision) for decision in decisions)


def _recorded(need: Need | Revision[Need]) -> tuple[RecordedNeed, Need]:
    if isinstance(need, Revision):
        return RecordedNeed(id=need.id, digest=canonical(need.record)[1], sequence=need.sequence), need.record
    _check_impersonal(need)
    return RecordedNeed(id=need.id, digest=canonical(need)[1], record=need), need


def _check_impersonal(record: Need | Filters) -> None:
    try:
        check_impersonal(record)
    except InvalidInput as error:
        remedy = "Remove the contact details, or do not save the search"
        raise InvalidInput(error.problem, remedy=remedy, place=error.place) from error
