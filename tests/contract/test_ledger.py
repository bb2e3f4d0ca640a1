"""What the ledger must do alike on every database."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import create_engine, exc, text

from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Unavailable
from matcher.ledger import GENESIS, Event, Format, Ledger, exported
from matcher.ledger.entry import canonical_json, digest_of
from matcher.records import Filters, Need, Sector
from matcher.store import RecordKind, Store
from tests.support.ledgers import ACTOR, FALLS, engine_on, filled, keep, put, without_triggers
from tests.support.registers import made_register
from tests.support.strategies import TODAY


def test_an_empty_ledger_is_whole(store: Store) -> None:
    ledger = Ledger(store)
    assert ledger.head() == (0, GENESIS)
    assert ledger.verify().whole
    assert ledger.verify(GENESIS).whole
    assert not [*ledger.decisions(), *ledger.entries(), *ledger.replays(filled(store))]
    with pytest.raises(NotFound, match="no decision 'd1'"):
        ledger.decision("d1")
    with pytest.raises(NotFound):
        ledger.note("d1", Event.SHORTLIST, "p", by=ACTOR)


def test_a_kept_search_has_all_that_the_search_gave(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    before = datetime.now(UTC)
    chosen = Filters(sectors=(Sector.CHARITY, Sector.SME), min_turnover=1.0)
    entry, result = ledger.keep(engine, FALLS, chosen, by=ACTOR, top=2, on=TODAY)
    assert result == engine.search(FALLS, chosen, top=2, on=TODAY)
    said = entry.statement
    assert (said.number, said.decision, said.event, said.by, said.previous) == (1, "d1", Event.SEARCH, ACTOR, GENESIS)
    assert before <= said.recorded_at <= datetime.now(UTC)
    decision = ledger.decision("d1")
    assert decision.opening == entry
    search, answer = decision.search, ledger.answer(decision)
    assert (search.filters, search.on, search.top, search.depth) == (chosen, TODAY, 2, engine.depth)
    assert (search.need.record, search.need.sequence) == (FALLS, None)
    assert search.shown == tuple(match.profile_id for match in result.results)
    assert (search.excluded, search.eligible, search.considered) == (result.excluded, result.eligible, 30)
    assert {name: len(ids) for name, ids in answer.excluded_by().items()} == result.excluded
    everyone = engine.search(FALLS, chosen, top=1_000, on=TODAY).results
    assert answer.profiles == tuple(match.profile_id for match in everyone)
    for match, candidate in zip(everyone, answer.candidates(), strict=True):
        assert candidate["score"] == match.score
        assert candidate["probability"] == match.probability
        assert candidate["contributions"] == match.contributions
        assert candidate["revision"] == store.profile(match.profile_id).sequence
    out = dict(answer.excluding())
    assert set(out) | set(answer.profiles) == {profile.id for profile in made_register(30, seed=3)}
    for id, filters in out.items():
        profile = store.profile(id).record
        assert ("sectors" in filters) == (profile.sector not in chosen.sectors)
        assert ("min_turnover" in filters) == ((profile.turnover or 0) < 1.0)


def test_of_a_stored_need_the_revision_is_kept(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    put(store, Need(id="n1", title="Falls clinic", description="Ask 0113 496 0000"))
    revision = store.need("n1")
    ledger.keep(engine, revision, by=ACTOR, on=TODAY)
    put(store, Need(id="n1", title="Something else"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "n1")
    seen = ledger.decision("d1").search.need
    assert (seen.id, seen.sequence, seen.record) == ("n1", 31, None)
    assert ledger.replay(engine, "d1").identical


def test_a_need_in_words_that_points_at_a_person_is_not_kept(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    for need in (Need.of_text("meals, call 0113 496 0000"), Need(id="n", title="x", outcomes=("a@example.org",))):
        with pytest.raises(InvalidInput, match=r"never be erased. Leave it out"):
            ledger.keep(engine, need, by=ACTOR)
    assert ledger.head() == (0, GENESIS)


def test_events_follow_on_the_search(store: Store) -> None:
    ledger = Ledger(store)
    first, second, *_ = keep(store, filled(store)).statement.search.shown  # type: ignore[union-attr]
    ledger.note("d1", Event.SHORTLIST, first, by=ACTOR)
    ledger.note("d1", Event.REJECT, second, by="key:7f3a", reason="No  cover in the <b>valley</b>")
    ledger.note("d1", Event.AWARD, first, by=ACTOR)
    decision = ledger.decision("d1")
    assert [note.statement.number for note in decision.notes] == [2, 3, 4]
    assert decision.standing() == {first: Event.AWARD, second: Event.REJECT}
    assert decision.notes[1].statement.reason == "No cover in the valley", "cleaned as every text is"
    links = [decision.opening, *decision.notes]
    assert [entry.statement.previous for entry in links] == [GENESIS, *(entry.hash for entry in links[:-1])]
    assert ledger.head() == (4, links[-1].hash)
    ledger.note("d1", Event.CLOSE, by=ACTOR)
    with pytest.raises(Conflict, match="closed"):
        ledger.note("d1", Event.SHORTLIST, first, by=ACTOR)
    assert ledger.verify(links[1].hash).whole
    assert ledger.verify().entries == 5


def test_what_is_refused_leaves_no_trace(store: Store) -> None:
    ledger, entry = Ledger(store), keep(store, filled(store))
    excluded = ledger.answer_of(entry).excluded[0]
    for event, profile, reason, error in (
        (Event.SHORTLIST, excluded, None, Conflict),
        (Event.SHORTLIST, "nobody", None, Conflict),
        (Event.REJECT, entry.statement.search.shown[0], None, InvalidInput),  # type: ignore[union-attr]
        (Event.REJECT, entry.statement.search.shown[0], "call 0113 496 0000", InvalidInput),  # type: ignore[union-attr]
    ):
        with pytest.raises(error):
            ledger.note("d1", event, profile, by=ACTOR, reason=reason)
    with pytest.raises(InvalidInput):
        ledger.note("d1", Event.CLOSE, by="Anna Field")
    assert ledger.head() == (1, entry.hash)
    assert ledger.verify().whole


def test_decisions_are_listed_in_their_order(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    for title in ("falls", "meals", "dementia"):
        entry = keep(store, engine, text=title)
        ledger.note(entry.statement.decision, Event.CLOSE, by=ACTOR)
    assert [decision.id for decision in ledger.decisions()] == ["d1", "d3", "d5"]
    assert [decision.id for decision in ledger.decisions(after=3)] == ["d5"]
    assert [entry.statement.number for entry in ledger.entries(after=4)] == [5, 6]
    assert all(decision.closed for decision in ledger.decisions())


def test_decisions_are_listed_by_organisation(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    kept: dict[str, list[str]] = {}
    actors = "icb-qwo/member-1 icb-qwo icb-qwo-2/m ICB-QWO/m icb_qwo/m icb-qwo/icb-qoc key:7f/icb-qwo"
    for by in actors.split():
        entry = ledger.keep(engine, FALLS, by=by, top=1, on=TODAY).entry
        kept.setdefault(by.partition("/")[0], []).append(entry.statement.decision)
        ledger.note(entry.statement.decision, Event.CLOSE, by="icb-qoc/m")
    for organisation in (*kept, "icb-qoc", "icb", "icb%", "", 'icb-qwo"'):
        found = [*ledger.decisions(organisation=organisation)]
        whole = [decision for decision in ledger.decisions() if decision.id in kept.get(organisation, [])]
        assert found == whole, organisation
        assert all(decision.closed for decision in found)
    assert kept["icb-qwo"] == ["d1", "d3", "d11"]
    assert [decision.id for decision in ledger.decisions(organisation="icb-qwo", after=1)] == ["d3", "d11"]


def test_a_long_list_of_decisions_is_read_in_pages(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store, profiles=3)
    numbers = [
        ledger.keep(engine, FALLS, by="icb-b" if n % 3 else ACTOR, top=1, on=TODAY).entry.statement.number
        for n in range(160)
    ]
    assert [decision.id for decision in ledger.decisions()] == [f"d{number}" for number in numbers]
    others = [f"d{number}" for n, number in enumerate(numbers) if n % 3]
    assert [decision.id for decision in ledger.decisions(organisation="icb-b")] == others


def test_a_model_is_kept_once(store: Store) -> None:
    engine = filled(store)
    keep(store, engine)
    keep(store, engine)
    with store.database.reading() as connection:
        rows = connection.execute(text("SELECT digest, content FROM ledger_model")).all()
    assert [row.digest for row in rows] == [digest_of(rows[0].content.encode())]
    assert engine.model.of_content(json.loads(rows[0].content)) == engine.model


def test_a_search_that_finds_nobody_is_kept_too(store: Store) -> None:
    ledger = Ledger(store)
    ledger.keep(engine_on(store), FALLS, by=ACTOR)
    engine = filled(store)
    ledger.keep(engine, FALLS, Filters(identifiers=("cqc",)), by=ACTOR)
    assert [ledger.answer(decision).profiles for decision in ledger.decisions()] == [(), ()]
    assert [replay.identical for replay in ledger.replays(engine)] == [True, True]
    assert len(ledger.answer(ledger.decision("d2")).excluded) == 30


def test_an_export_can_be_checked_by_anybody(store: Store) -> None:
    ledger, entry = Ledger(store), keep(store, filled(store))
    [first, *_] = ledger.answer_of(entry).profiles
    ledger.note("d1", Event.REJECT, first, by=ACTOR, reason="=HYPERLINK(1)")
    lines = [json.loads(line) for line in exported(ledger, Format.JSONL)]
    assert [digest_of(canonical_json(line["entry"]).encode()) for line in lines] == [line["hash"] for line in lines]
    answer = ledger.answer_of(entry)
    assert lines[0]["candidates"] == list(answer.candidates())
    assert lines[0]["excluded"] == answer.excluded_by()
    assert np.array_equal(np.array(lines[0]["vectors"], dtype=np.float32), answer.vectors)
    rows = list(csv.DictReader(io.StringIO("".join(exported(ledger, Format.CSV)), newline="")))
    assert [row["row"] for row in rows].count("candidate") == len(answer.profiles)
    assert [row["profile_id"] for row in rows if row["row"] == "excluded"] == list(answer.excluded)
    assert [float(row["score"]) for row in rows if row["row"] == "candidate"] == answer.scores.tolist()
    assert [row["shown"] for row in rows if row["row"] == "candidate"][:4] == ["yes", "yes", "yes", "no"]
    assert (rows[-1]["event"], rows[-1]["reason"], rows[-1]["hash"]) == ("reject", "'=HYPERLINK(1)", ledger.head()[1])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET content = '{}'",
        "UPDATE ledger_entry SET payload = NULL",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_model SET content = '{}'",
        "DELETE FROM ledger_model",
        "DELETE FROM ledger_head",
        "UPDATE ledger_head SET hash = 'x'",
        "UPDATE ledger_head SET entries = 0",
        "TRUNCATE ledger_entry",
        "TRUNCATE ledger_model",
        "TRUNCATE ledger_head",
        "INSERT OR REPLACE INTO ledger_entry VALUES (1, 'd1', 'search', '{}', NULL, 'x')",
        "INSERT OR REPLACE INTO ledger_model SELECT digest, '{}' FROM ledger_model",
        "INSERT OR REPLACE INTO ledger_head VALUES (1, 9, 'x')",
    ],
)
def test_the_database_refuses_to_change_the_ledger(server_url: str, statement: str) -> None:
    sqlite = server_url.startswith("sqlite")
    if ("TRUNCATE" in statement and sqlite) or ("REPLACE" in statement and not sqlite):
        pytest.skip("no statement of this database")
    with Store.open(server_url) as store:
        keep(store, filled(store))
    engine = create_engine(server_url)
    with pytest.raises(exc.DBAPIError, match=r"ledger is never|head of the ledger"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    with Store.open(server_url) as store:
        assert Ledger(store).verify().whole


def test_what_was_changed_is_not_shown_as_if_it_were_true(server_url: str) -> None:
    with Store.open(server_url) as store:
        ledger, engine = Ledger(store), filled(store)
        keep(store, engine)
        without_triggers(store.database)
        with store.database.writing() as connection:
            changed = 'replace(content, \'"by":"icb-qwo"\', \'"by":"icb-qwx"\')'
            connection.execute(text(f"UPDATE ledger_entry SET content = {changed}"))
        for read in (
            lambda: ledger.decision("d1"),
            lambda: list(ledger.decisions()),
            lambda: ledger.replay(engine, "d1"),
            lambda: ledger.note("d1", Event.CLOSE, by=ACTOR),
            lambda: list(exported(ledger, Format.JSONL)),
        ):
            with pytest.raises(Unavailable, match="entry 1 is not what was recorded"):
                read()
        [fault] = ledger.verify().faults
        assert str(fault) == "entry 1: its text is not the one that was hashed"


def test_threads_keep_one_chain(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    engine.index()

    def work(worker: int) -> None:
        for _ in range(4):
            entry = keep(store, engine)
            ledger.note(entry.statement.decision, Event.CLOSE, by=f"w{worker}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    found = ledger.verify()
    assert (found.whole, found.entries) == (True, 48)
    assert all(decision.closed and len(decision.notes) == 1 for decision in ledger.decisions())


def test_an_expected_hash_is_a_hash(store: Store) -> None:
    for expect in ("", "d1", "g" * 64, "A" * 64):
        with pytest.raises(InvalidInput, match="64 hexadecimal digits"):
            Ledger(store).verify(expect)
