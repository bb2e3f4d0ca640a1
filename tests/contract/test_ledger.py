"""The ledger contract, the same on every database."""

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
from matcher.ledger import GENESIS, Event, Format, Ledger, export_lines
from matcher.ledger.entry import canonical_json, digest_of
from matcher.records import Filters, Need, Sector
from matcher.store import RecordKind, Store
from tests.support.ledgers import ACTOR, FALLS, engine_on, filled, put, save, without_triggers
from tests.support.registers import made_register
from tests.support.strategies import TODAY


def test_an_empty_ledger_is_intact(store: Store) -> None:
    ledger = Ledger(store)
    assert ledger.head() == (0, GENESIS)
    assert ledger.verify().intact
    assert ledger.verify(GENESIS).intact
    assert not [*ledger.decisions(), *ledger.entries(), *ledger.replays(filled(store))]
    with pytest.raises(NotFound, match="no decision has id 'd1'"):
        ledger.decision("d1")
    with pytest.raises(NotFound):
        ledger.note("d1", Event.SHORTLIST, "p", by=ACTOR)


def test_a_saved_search_holds_the_complete_result(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    before = datetime.now(UTC)
    chosen = Filters(sectors=(Sector.CHARITY, Sector.CIC), min_turnover=1.0)
    entry, result = ledger.save(engine, FALLS, chosen, by=ACTOR, top=2, on=TODAY)
    assert result == engine.search(FALLS, chosen, top=2, on=TODAY)
    content = entry.content
    assert (content.number, content.decision, content.event) == (1, "d1", Event.SEARCH)
    assert (content.by, content.previous) == (ACTOR, GENESIS)
    assert before <= content.recorded_at <= datetime.now(UTC)
    decision = ledger.decision("d1")
    assert decision.opening == entry
    search, recorded = decision.search, ledger.result(decision)
    assert (search.filters, search.on, search.top, search.depth) == (chosen, TODAY, 2, engine.depth)
    assert (search.need.record, search.need.sequence) == (FALLS, None)
    assert search.shown == tuple(match.profile_id for match in result.results)
    assert (search.excluded, search.eligible, search.considered) == (result.excluded, result.eligible, 30)
    assert {name: len(ids) for name, ids in recorded.excluded_by().items()} == result.excluded
    candidates = engine.search(FALLS, chosen, top=1_000, on=TODAY).results
    assert recorded.profiles == tuple(match.profile_id for match in candidates)
    for match, candidate in zip(candidates, recorded.candidates(), strict=True):
        assert candidate["score"] == match.score
        assert candidate["probability"] == match.probability
        assert candidate["contributions"] == match.contributions
        assert candidate["revision"] == store.profile(match.profile_id).sequence
    excluded = dict(recorded.filters_by_profile())
    assert set(excluded) | set(recorded.profiles) == {profile.id for profile in made_register(30, seed=3)}
    for id, filters in excluded.items():
        profile = store.profile(id).record
        assert ("sectors" in filters) == (profile.sector not in chosen.sectors)
        assert ("min_turnover" in filters) == ((profile.turnover or 0) < 1.0)


def test_a_stored_need_is_recorded_by_its_revision(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    put(store, Need(id="n1", title="Falls clinic", description="Ask 0113 496 0000"))
    revision = store.need("n1")
    ledger.save(engine, revision, by=ACTOR, on=TODAY)
    put(store, Need(id="n1", title="Something else"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "n1")
    need = ledger.decision("d1").search.need
    assert (need.id, need.sequence, need.record) == ("n1", 31, None)
    assert ledger.replay(engine, "d1").identical


def test_a_need_that_identifies_a_person_is_not_saved(store: Store) -> None:
    engine, ledger = filled(store), Ledger(store)
    for need in (Need.from_text("meals, call 0113 496 0000"), Need(id="n", title="x", outcomes=("a@example.org",))):
        with pytest.raises(InvalidInput, match=r"or a telephone number\. Remove the contact details"):
            ledger.save(engine, need, by=ACTOR)
    assert ledger.head() == (0, GENESIS)


def test_events_follow_the_search_in_the_chain(store: Store) -> None:
    ledger = Ledger(store)
    first, second, *_ = save(store, filled(store)).content.search.shown  # type: ignore[union-attr]
    ledger.note("d1", Event.SHORTLIST, first, by=ACTOR)
    ledger.note("d1", Event.REJECT, second, by="key:7f3a", reason="No  cover in the <b>valley</b>")
    ledger.note("d1", Event.AWARD, first, by=ACTOR)
    decision = ledger.decision("d1")
    assert [note.content.number for note in decision.notes] == [2, 3, 4]
    assert decision.status_by_profile() == {first: Event.AWARD, second: Event.REJECT}
    assert decision.notes[1].content.reason == "No cover in the valley", "a reason is cleaned like any other text"
    links = [decision.opening, *decision.notes]
    assert [entry.content.previous for entry in links] == [GENESIS, *(entry.hash for entry in links[:-1])]
    assert ledger.head() == (4, links[-1].hash)
    ledger.note("d1", Event.CLOSE, by=ACTOR)
    with pytest.raises(Conflict, match="closed"):
        ledger.note("d1", Event.SHORTLIST, first, by=ACTOR)
    assert ledger.verify(links[1].hash).intact
    assert ledger.verify().entries == 5


def test_a_refused_event_adds_no_entry(store: Store) -> None:
    ledger, entry = Ledger(store), save(store, filled(store))
    excluded = ledger.result_of(entry).excluded[0]
    for event, profile, reason, error in (
        (Event.SHORTLIST, excluded, None, Conflict),
        (Event.SHORTLIST, "nobody", None, Conflict),
        (Event.REJECT, entry.content.search.shown[0], None, InvalidInput),  # type: ignore[union-attr]
        (Event.REJECT, entry.content.search.shown[0], "call 0113 496 0000", InvalidInput),  # type: ignore[union-attr]
    ):
        with pytest.raises(error):
            ledger.note("d1", event, profile, by=ACTOR, reason=reason)
    with pytest.raises(InvalidInput):
        ledger.note("d1", Event.CLOSE, by="Anna Field")
    assert ledger.head() == (1, entry.hash)
    assert ledger.verify().intact


def test_decisions_are_listed_in_order(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    for title in ("falls", "meals", "dementia"):
        entry = save(store, engine, text=title)
        ledger.note(entry.content.decision, Event.CLOSE, by=ACTOR)
    assert [decision.id for decision in ledger.decisions()] == ["d1", "d3", "d5"]
    assert [decision.id for decision in ledger.decisions(after=3)] == ["d5"]
    assert [entry.content.number for entry in ledger.entries(after=4)] == [5, 6]
    assert all(decision.closed for decision in ledger.decisions())


def test_decisions_are_listed_by_organisation(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    ids_by_organisation: dict[str, list[str]] = {}
    actors = "icb-qwo/member-1 icb-qwo icb-qwo-2/m ICB-QWO/m icb_qwo/m icb-qwo/icb-qoc key:7f/icb-qwo"
    for by in actors.split():
        entry = ledger.save(engine, FALLS, by=by, top=1, on=TODAY).entry
        ids_by_organisation.setdefault(by.partition("/")[0], []).append(entry.content.decision)
        ledger.note(entry.content.decision, Event.CLOSE, by="icb-qoc/m")
    for organisation in (*ids_by_organisation, "icb-qoc", "icb", "icb%", "", 'icb-qwo"'):
        listed = [*ledger.decisions(organisation=organisation)]
        ids = ids_by_organisation.get(organisation, [])
        assert listed == [decision for decision in ledger.decisions() if decision.id in ids], organisation
        assert all(decision.closed for decision in listed)
    assert ids_by_organisation["icb-qwo"] == ["d1", "d3", "d11"]
    assert [decision.id for decision in ledger.decisions(organisation="icb-qwo", after=1)] == ["d3", "d11"]


def test_a_long_list_of_decisions_is_read_in_pages(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store, profiles=3)
    numbers = [
        ledger.save(engine, FALLS, by="icb-b" if n % 3 else ACTOR, top=1, on=TODAY).entry.content.number
        for n in range(160)
    ]
    assert [decision.id for decision in ledger.decisions()] == [f"d{number}" for number in numbers]
    others = [f"d{number}" for n, number in enumerate(numbers) if n % 3]
    assert [decision.id for decision in ledger.decisions(organisation="icb-b")] == others


def test_a_model_is_stored_once(store: Store) -> None:
    engine = filled(store)
    save(store, engine)
    save(store, engine)
    with store.database.reading() as connection:
        rows = connection.execute(text("SELECT digest, content FROM ledger_model")).all()
    assert [row.digest for row in rows] == [digest_of(rows[0].content.encode())]
    assert engine.model.of_content(json.loads(rows[0].content)) == engine.model


def test_a_search_without_candidates_is_saved_too(store: Store) -> None:
    ledger = Ledger(store)
    ledger.save(engine_on(store), FALLS, by=ACTOR)
    engine = filled(store)
    ledger.save(engine, FALLS, Filters(identifiers=("cqc",)), by=ACTOR)
    assert [ledger.result(decision).profiles for decision in ledger.decisions()] == [(), ()]
    assert [replay.identical for replay in ledger.replays(engine)] == [True, True]
    assert len(ledger.result(ledger.decision("d2")).excluded) == 30


def test_the_hashes_of_an_export_can_be_checked(store: Store) -> None:
    ledger, entry = Ledger(store), save(store, filled(store))
    [first, *_] = ledger.result_of(entry).profiles
    ledger.note("d1", Event.REJECT, first, by=ACTOR, reason="=HYPERLINK(1)")
    lines = [json.loads(line) for line in export_lines(ledger, Format.JSONL)]
    assert [digest_of(canonical_json(line["entry"]).encode()) for line in lines] == [line["hash"] for line in lines]
    result = ledger.result_of(entry)
    assert lines[0]["candidates"] == list(result.candidates())
    assert lines[0]["excluded"] == result.excluded_by()
    assert np.array_equal(np.array(lines[0]["vectors"], dtype=np.float32), result.vectors)
    rows = list(csv.DictReader(io.StringIO("".join(export_lines(ledger, Format.CSV)), newline="")))
    assert [row["row"] for row in rows].count("candidate") == len(result.profiles)
    assert [row["profile_id"] for row in rows if row["row"] == "excluded"] == list(result.excluded)
    assert [float(row["score"]) for row in rows if row["row"] == "candidate"] == result.scores.tolist()
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
        pytest.skip("this database has no such statement")
    with Store.open(server_url) as store:
        save(store, filled(store))
    engine = create_engine(server_url)
    with pytest.raises(exc.DBAPIError, match=r"ledger is never|head of the ledger"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    with Store.open(server_url) as store:
        assert Ledger(store).verify().intact


def test_an_altered_entry_is_never_shown(server_url: str) -> None:
    with Store.open(server_url) as store:
        ledger, engine = Ledger(store), filled(store)
        save(store, engine)
        without_triggers(store.database)
        with store.database.writing() as connection:
            changed = 'replace(content, \'"by":"icb-qwo"\', \'"by":"icb-qwx"\')'
            connection.execute(text(f"UPDATE ledger_entry SET content = {changed}"))
        for read in (
            lambda: ledger.decision("d1"),
            lambda: list(ledger.decisions()),
            lambda: ledger.replay(engine, "d1"),
            lambda: ledger.note("d1", Event.CLOSE, by=ACTOR),
            lambda: list(export_lines(ledger, Format.JSONL)),
        ):
            with pytest.raises(Unavailable, match="entry 1 has been altered"):
                read()
        [problem] = ledger.verify().problems
        assert str(problem) == "entry 1: its text does not match its hash"


def test_an_altered_or_missing_payload_is_never_shown(server_url: str) -> None:
    with Store.open(server_url) as store:
        ledger, engine = Ledger(store), filled(store)
        first, second = save(store, engine), save(store, engine, text="meals")
        candidate = ledger.result_of(first).profiles[0]
        without_triggers(store.database)
        for payload in ("(SELECT payload FROM ledger_entry WHERE number = 2)", "NULL"):
            with store.database.writing() as connection:
                connection.execute(text(f"UPDATE ledger_entry SET payload = {payload} WHERE number = 1"))
            for read in (
                lambda: ledger.result_of(first),
                lambda: ledger.replay(engine, "d1"),
                lambda: ledger.note("d1", Event.SHORTLIST, candidate, by=ACTOR),
                lambda: list(export_lines(ledger, Format.CSV)),
            ):
                with pytest.raises(Unavailable, match="entry 1 has been altered"):
                    read()
        assert ledger.result_of(second).profiles
        assert ledger.head()[0] == 2


def test_threads_share_one_chain(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    engine.index()

    def work(worker: int) -> None:
        for _ in range(4):
            entry = save(store, engine)
            ledger.note(entry.content.decision, Event.CLOSE, by=f"w{worker}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    verification = ledger.verify()
    assert (verification.intact, verification.entries) == (True, 48)
    assert all(decision.closed and len(decision.notes) == 1 for decision in ledger.decisions())


def test_an_expected_hash_must_be_a_hash(store: Store) -> None:
    for expect in ("", "d1", "g" * 64, "A" * 64):
        with pytest.raises(InvalidInput, match="64 lower-case hexadecimal digits"):
            Ledger(store).verify(expect)
