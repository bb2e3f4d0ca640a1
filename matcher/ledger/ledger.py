"""Ledger: the decision record. The one way in: keep, note, read, verify, replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain as joined
from typing import Final, NamedTuple

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.reference_tables import digests
from matcher.ledger.answer import Answer
from matcher.ledger.chain import Chain
from matcher.ledger.decision import Decision, no_candidate, no_decision
from matcher.ledger.entry import Entry, Event, ModelSeen, NeedSeen, RecordedSearch, given, impersonal
from matcher.ledger.replay import Replay, Replayer
from matcher.ledger.verification import Verification, verify
from matcher.ledger.versions import versions
from matcher.records import Filters, Need, SearchResult
from matcher.search.engine import Engine
from matcher.store import Revision, Store
from matcher.store.revisions import canonical
from matcher.store.rows import chunks

# Decisions read at a time: as many as a page of a list usually shows.
_PAGE: Final = 50


class Kept(NamedTuple):
    """A search that was kept: its entry, and the result as a user sees it."""

    entry: Entry
    result: SearchResult


class Ledger:
    """The decisions of a store. Threads and processes may share it.

    Every method raises `Unavailable` where the database cannot be used, or what it reads is not what was recorded.
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database
        self._chain = Chain(store.database)

    def keep(
        self,
        engine: Engine,
        need: Need | Revision[Need],
        filters: Filters | None = None,
        *,
        by: str,
        top: int = 10,
        apply_requirements: bool = True,
        on: date | None = None,
    ) -> Kept:
        """Search as `Engine.search` does, and keep all of it as a new decision.

        Of a stored need, given as its revision, the revision is kept; any other is kept itself.

        Raises:
            InvalidInput: `by` is no opaque name, or the need points at a person.

        """
        actor = given(by).by
        seen, record = _seen(need)
        filters, on = filters or Filters(), on or date.today()
        ranking = engine.ranking(record, filters, apply_requirements=apply_requirements, on=on)
        result = engine.told(record, ranking, top)
        payload = Answer.of(ranking).to_bytes()
        with self._chain.appending() as appender:
            model = ranking.model
            search = RecordedSearch(
                need=seen,
                filters=filters,
                apply_requirements=apply_requirements,
                on=on,
                top=top,
                depth=engine.depth,
                sequence=ranking.index.sequence,
                origin=ranking.index.origin,
                model=ModelSeen(name=model.name, version=model.version, digest=appender.keep_model(model)),
                encoder=ranking.index.encoder,
                terms=ranking.query.terms,
                reference=digests(),
                versions=versions(),
                considered=result.considered,
                eligible=result.eligible,
                excluded=result.excluded,
                candidates=len(ranking.order),
                shown=tuple(match.profile_id for match in result.results),
            )
            entry = appender.append(Event.SEARCH, actor, payload=payload, search=search)
        return Kept(entry, result)

    def note(
        self, decision: str, event: Event, profile: str | None = None, *, by: str, reason: str | None = None
    ) -> Entry:
        """Record what was decided on a candidate, or with `Event.CLOSE` that nothing more will be.

        Raises:
            NotFound: there is no such decision.
            Conflict: it is closed, the profile was not among its candidates, or the event cannot come next.
            InvalidInput: a profile or reason is missing, or what is given points at a person.

        """
        checked = given(by, reason)
        with self._chain.appending() as appender:
            if not (entries := appender.entries(decision)):
                raise no_decision(decision)
            so_far = Decision.of(entries)
            so_far.check(event, profile, checked.reason)
            if profile is not None and profile not in self.answer(so_far).profiles:
                raise no_candidate(decision, profile)
            return appender.append(event, checked.by, decision=decision, profile=profile, reason=checked.reason)

    def decision(self, id: str) -> Decision:
        """Return a decision.

        Raises:
            NotFound: there is none with this id.

        """
        if not (entries := self._chain.decisions([id]).get(id)):
            raise no_decision(id)
        return Decision.of(entries)

    def decisions(self, *, after: int = 0, organisation: str | None = None) -> Iterator[Decision]:
        """Yield the decisions whose first entry is numbered above `after`, the oldest first; where `organisation` is
        given, only those that it or a member of it opened.
        """
        openings = self._chain.openings(after=after, organisation=organisation, page=_PAGE)
        for page in chunks((opening.statement.decision for opening in openings), _PAGE):
            found = self._chain.decisions(page)
            yield from (Decision.of(found[id]) for id in page)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield all entries numbered above `after`, in their order."""
        return self._chain.entries(after=after)

    def answer(self, decision: Decision) -> Answer:
        """Return all that the search of a decision came to."""
        return self.answer_of(decision.opening)

    def answer_of(self, entry: Entry) -> Answer:
        """Return all that the kept search `entry` came to."""
        return Answer.from_bytes(self._chain.payload(entry))

    def head(self) -> tuple[int, str]:
        """Return how many entries there are, and the hash of the last: what an auditor notes elsewhere."""
        return self._chain.head()

    def verify(self, expect: str | None = None) -> Verification:
        """Read and hash everything again; `expect` is a hash noted earlier, to be found still.

        Raises:
            InvalidInput: `expect` is no hash.

        """
        if expect is not None and (len(expect) != 64 or set(expect) - set("0123456789abcdef")):
            raise InvalidInput("this is not a hash", remedy="Give 64 hexadecimal digits", place=Place(field="expect"))
        return verify(self._database, expect)

    def replay(self, engine: Engine, id: str) -> Replay:
        """Compute a kept search again from the revisions and with the model it saw, and compare.

        Raises:
            NotFound: there is no such decision.

        """
        return next(self.replays(engine, [id]))

    def replays(self, engine: Engine, ids: Iterable[str] | None = None) -> Iterator[Replay]:
        """Replay several decisions, by default all, in turn; the index is brought from one to the next.

        Raises:
            NotFound: there is no such decision.

        """
        decisions = self.decisions() if ids is None else map(self.decision, ids)
        replayer = Replayer(engine, self._chain)
        return (replayer.replay(decision) for decision in decisions)


def _seen(need: Need | Revision[Need]) -> tuple[NeedSeen, Need]:
    if isinstance(need, Revision):
        return NeedSeen(id=need.id, digest=canonical(need.record)[1], sequence=need.sequence), need.record
    for field in joined([need.title, need.description], need.outcomes):
        try:
            impersonal(field)
        except ValueError as error:
            raise InvalidInput(f"the need {error}", remedy="Leave it out, or do not keep the search") from error
    return NeedSeen(id=need.id, digest=canonical(need)[1], record=need), need
