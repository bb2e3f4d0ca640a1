"""A passage can be erased from a decision and from the history of a record. Chain and replay stay, and say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from matcher.foundations.errors import InvalidInput, NotFound
from matcher.ledger import Event, Ledger
from matcher.ledger.entry import digest_of
from matcher.records import Capability, Need, Profile
from matcher.store import RecordKind, Store
from matcher.store.erasures import read_file
from tests.support.ledgers import ACTOR, TODAY, engine_on, filled, put, save, without_triggers

NAME = "Anna Field"


@pytest.fixture
def store(server_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store that lists erasures in a file."""
    with Store.open(server_url, erasures_file=tmp_path / "erasures.jsonl") as opened:
        yield opened


def everything_in(store: Store) -> str:
    """Return all text in the tables that hold words."""
    with store.reading() as connection:
        tables = ("ledger_entry", "revision", "statement", "release", "erasure")
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]
    return str(rows)


def test_a_passage_is_erased_from_a_reason(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    first = save(store, engine).content.search.shown[0]  # type: ignore[union-attr]
    noted = ledger.note("d1", Event.REJECT, first, by=ACTOR, reason=f"{NAME} knows them")
    entry = ledger.redact_decision("d1", NAME, by=ACTOR, reason="Names a person")
    assert NAME not in everything_in(store)
    [redacted] = [note for note in ledger.decision("d1").notes if note.content.number == 2]
    assert (redacted.content.reason, redacted.hash, redacted.redacted) == ("[redacted] knows them", noted.hash, True)
    assert redacted.content.nonce is None, "without the nonce, nobody can test guesses against the hash"
    verification = ledger.verify(noted.hash)
    assert verification.intact
    assert [(each.kind, each.number, each.entry, each.by) for each in verification.redactions] == [
        ("entry", 2, entry.content.number, ACTOR)
    ]
    assert ledger.replay(engine, "d1").identical
    assert ledger.decision("d1").status_by_profile() == {first: Event.REJECT}


def test_a_passage_is_erased_from_an_unsaved_need(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    need = Need(id="n", title="Falls clinics", description=f"Asked for by {NAME}")
    ledger.save(engine, need, by=ACTOR, on=TODAY)
    ledger.redact_decision("d1", NAME, by=ACTOR)
    assert "Anna" not in everything_in(store)
    search = ledger.decision("d1").search
    assert search.need.record is not None
    assert search.need.record.description == "Asked for by [redacted]"
    assert not {"anna", "field"} & set(search.terms[0])
    assert "clinic" in search.terms[0]
    replay = ledger.replay(engine, "d1")
    assert replay.redacted == ("the words of the search",)
    assert "need" not in {difference.what for difference in replay.differences}
    assert ledger.verify().intact


def test_a_passage_is_erased_from_the_history_of_a_profile(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    parts = (Capability(title="Falls clinics", outcomes=(f"Praised by {NAME}",)),)
    put(store, Profile(id="p", name="Steps", summary=f"Ask {NAME}", capabilities=parts))
    put(store, Profile(id="p", name="Steps", summary=f"Ask {NAME} first", capabilities=parts))
    save(store, engine)
    entry = ledger.redact_history(RecordKind.PROFILE, "p", NAME, by=ACTOR)
    assert NAME not in everything_in(store)
    assert [redaction.number for redaction in entry.content.redactions or ()] == [31, 32]
    assert store.profile("p").record.summary == "Ask [redacted] first"
    assert store.profile("p").record.capabilities[0].outcomes == ("Praised by [redacted]",)
    assert store.problems() == []
    assert ledger.verify().intact
    replay = ledger.replay(engine_on(store), "d1")
    assert replay.redacted == ("profile p",)
    assert not any(difference.what in ("store", "register") for difference in replay.differences)


def test_a_redacted_need_still_replays(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    put(store, Need(id="n", title="Falls clinics", description=f"Asked for by {NAME}"))
    ledger.save(engine, store.need("n"), by=ACTOR, on=TODAY)
    ledger.redact_history(RecordKind.NEED, "n", NAME, by=ACTOR)
    assert store.need("n").record.description == "Asked for by [redacted]"
    replay = ledger.replay(engine, "d1")
    assert replay.identical, "the ledger holds the vectors and terms of the need"
    assert replay.redacted == ("need n",)


def test_what_remains_cannot_be_changed_unnoticed(store: Store) -> None:
    ledger, engine = Ledger(store), filled(store)
    first = save(store, engine).content.search.shown[0]  # type: ignore[union-attr]
    put(store, Profile(id="p", name="Steps", summary=f"Ask {NAME}"))
    ledger.note("d1", Event.REJECT, first, by=ACTOR, reason=f"{NAME} knows them")
    with pytest.raises(Exception, match="never changed"), store.database.writing() as connection:
        connection.execute(text("UPDATE ledger_entry SET content = 'x' WHERE number = 2"))
    ledger.redact_decision("d1", NAME, by=ACTOR)
    ledger.redact_history(RecordKind.PROFILE, "p", NAME, by=ACTOR)
    without_triggers(store.database)
    with store.database.writing() as connection:
        change = "SET content = replace(content, '[redacted]', 'nobody')"
        connection.execute(text(f"UPDATE ledger_entry {change} WHERE number = 2"))
        connection.execute(text(f"UPDATE revision {change} WHERE sequence = 31"))
    assert [str(problem) for problem in ledger.verify().problems] == [
        "entry 2: what remained of its text was changed",
        "revision 31: what remained of its redacted text was changed",
    ]
    assert store.problems() == ["revision 31 (profile p) was changed"]


def test_a_passage_that_is_not_there_changes_nothing(store: Store) -> None:
    ledger = Ledger(store)
    save(store, filled(store))
    before = ledger.head()
    with pytest.raises(NotFound, match="does not contain these 10 characters"):
        ledger.redact_decision("d1", NAME, by=ACTOR)
    with pytest.raises(NotFound, match="no decision"):
        ledger.redact_decision("d9", NAME, by=ACTOR)
    with pytest.raises(InvalidInput, match="passage: is shorter than 3"):
        ledger.redact_decision("d1", " a ", by=ACTOR)
    assert ledger.head() == before


def test_the_file_of_erasures_holds_what_remained(store: Store, tmp_path: Path) -> None:
    put(store, Need(id="n", title="Falls clinics", description=f"Asked for by {NAME}"))
    Ledger(store).redact_history(RecordKind.NEED, "n", NAME, by=ACTOR)
    [erased] = read_file(tmp_path / "erasures.jsonl")
    assert erased.content is not None
    assert json.loads(erased.content)["description"] == "Asked for by [redacted]"
    assert erased.digest == digest_of(erased.content.encode())
    assert NAME not in (tmp_path / "erasures.jsonl").read_text(encoding="utf-8")
