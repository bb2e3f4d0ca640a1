"""With the triggers removed, verification detects every change: altered bytes, missing entries and reordering."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from matcher.ledger import GENESIS, Entry, Event, Ledger
from matcher.ledger.entry import EntryContent
from matcher.store import Store
from tests.support.ledgers import ACTOR, filled, save, without_triggers

TRIES = 100
COLUMNS = ("number", "decision", "event", "content", "payload", "hash")
TEXTS = ("decision", "event", "content", "hash")

Row = dict[str, Any]


@pytest.fixture
def store(server_url: str) -> Iterator[Store]:
    """A store with a ledger of three decisions, and no triggers on its tables."""
    with Store.open(server_url) as opened:
        ledger, engine = Ledger(opened), filled(opened, profiles=12)
        for title in ("falls", "café meals", "memory clinic"):
            search = save(opened, engine, text=title).content.search
            assert search is not None
            first, second = search.shown[:2]
            id = f"d{ledger.head()[0]}"
            ledger.note(id, Event.SHORTLIST, first, by=ACTOR)
            ledger.note(id, Event.REJECT, second, by=ACTOR, reason="Zu klein: 質")
            ledger.note(id, Event.AWARD, first, by=ACTOR)
        without_triggers(opened.database)
        yield opened


def rows(connection: Connection) -> list[Row]:
    """Return all entries in number order."""
    entries = connection.execute(text("SELECT * FROM ledger_entry ORDER BY number")).mappings().all()
    return [{name: row[name] for name in COLUMNS} for row in entries]


def put_back(connection: Connection, original: list[Row]) -> None:
    """Restore the original entries."""
    connection.execute(text("DELETE FROM ledger_entry"))
    values = ", ".join(f":{name}" for name in COLUMNS)
    connection.execute(text(f"INSERT INTO ledger_entry ({', '.join(COLUMNS)}) VALUES ({values})"), original)


def check_detected(store: Store, tamper: Callable[[Connection, list[Row], random.Random], object]) -> None:
    """Tamper with the ledger `TRIES` times. Check that each change is detected, then undo it."""
    rng, ledger = random.Random(20_120_401), Ledger(store)
    noted = ledger.head()[1]
    with store.database.reading() as connection:
        original = rows(connection)
    for n in range(TRIES):
        with store.database.writing() as connection:
            change = tamper(connection, original, rng)
        verification = ledger.verify()
        assert not verification.intact, (n, change)
        assert all(str(problem) for problem in verification.problems)
        with store.database.writing() as connection:
            put_back(connection, original)
        assert ledger.verify(noted).intact, "restored, the ledger is intact again"


def test_a_changed_byte_is_detected(store: Store) -> None:
    sqlite = store.database.is_sqlite

    def tamper(connection: Connection, original: list[Row], rng: random.Random) -> object:
        row = rng.choice(original)
        column = rng.choice([*TEXTS, "number", *(["payload"] * 2 if row["payload"] is not None else [])])
        value: Any
        if column == "number":
            value = row["number"] + 100
        elif column == "payload":
            value = flipped(row["payload"], rng, bits=8)
        elif sqlite:  # any byte, including invalid UTF-8
            value = flipped(row[column].encode(), rng, bits=8)
        else:  # PostgreSQL refuses invalid text
            place = rng.choice([i for i, sign in enumerate(row[column]) if sign.isascii() and ord(sign) > 31])
            byte = flipped(row[column][place].encode(), rng, bits=5).decode()
            value = row[column][:place] + byte + row[column][place + 1 :]
        cast = "CAST(:value AS TEXT)" if sqlite and column in TEXTS else ":value"
        where = {"value": value, "number": row["number"]}
        connection.execute(text(f"UPDATE ledger_entry SET {column} = {cast} WHERE number = :number"), where)
        return row["number"], column, value

    check_detected(store, tamper)


def flipped(content: bytes, rng: random.Random, bits: int) -> bytes:
    """Return `content` with one of the lowest `bits` bits of one byte flipped."""
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << rng.randrange(bits))]) + content[place + 1 :]


def test_a_removed_entry_is_detected(store: Store) -> None:
    def tamper(connection: Connection, original: list[Row], rng: random.Random) -> object:
        number = rng.choice(original)["number"]
        connection.execute(text("DELETE FROM ledger_entry WHERE number = :number"), {"number": number})
        if rng.random() < 0.5:  # renumber the later entries
            for row in original[number:]:
                step = {"to": row["number"] - 1, "from": row["number"]}
                connection.execute(text("UPDATE ledger_entry SET number = :to WHERE number = :from"), step)
        return number

    check_detected(store, tamper)


def test_entries_in_another_order_are_detected(store: Store) -> None:
    def tamper(connection: Connection, original: list[Row], rng: random.Random) -> object:
        first, second = sorted(rng.sample(range(1, len(original) + 1), 2))
        for old, new in ((first, 1_000), (second, first), (1_000, second)):
            step = {"to": new, "from": old}
            connection.execute(text("UPDATE ledger_entry SET number = :to WHERE number = :from"), step)
        return first, second

    check_detected(store, tamper)


def test_a_gap_is_reported_once_and_in_place(store: Store) -> None:
    for number, gap in (
        (5, "entry 6: comes after entry 4: entries between them are missing"),
        (1, "entry 2: is not the first entry: earlier entries are missing"),
    ):
        with store.database.writing() as connection:
            original = rows(connection)
            connection.execute(text("DELETE FROM ledger_entry WHERE number = :number"), {"number": number})
        assert [str(problem) for problem in Ledger(store).verify().problems] == [
            gap,
            f"entry {number + 1}: it does not contain the hash of the entry before it",
            "entries at the end are missing or added: expected 12 entries, but there are 11",
        ]
        with store.database.writing() as connection:
            put_back(connection, original)


def test_a_swapped_payload_is_detected(store: Store) -> None:
    with store.database.writing() as connection:
        searches = [row for row in rows(connection) if row["payload"] is not None]
        swap = {"payload": searches[1]["payload"], "number": searches[0]["number"]}
        connection.execute(text("UPDATE ledger_entry SET payload = :payload WHERE number = :number"), swap)
    [problem] = Ledger(store).verify().problems
    assert str(problem) == "entry 1: its scores do not match their hash"


def test_a_noted_hash_detects_the_removal_of_the_last_entries_and_the_head(store: Store) -> None:
    ledger = Ledger(store)
    entries, noted = ledger.head()
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_entry WHERE number > 10"))
    assert [str(problem) for problem in ledger.verify().problems] == [
        f"entries at the end are missing or added: expected {entries} entries, but there are 10"
    ]
    with store.database.writing() as connection:
        last = rows(connection)[-1]["hash"]
        connection.execute(text("UPDATE ledger_head SET entries = 10, hash = :hash"), {"hash": last})
    assert ledger.verify().intact, "a superuser can write a shorter ledger that is intact"
    [problem] = ledger.verify(noted).problems
    assert "is not in the ledger" in str(problem)


def test_a_noted_hash_detects_a_rewritten_ledger(store: Store) -> None:
    """A ledger with every hash recomputed after a change is intact, but does not contain the noted hash."""
    ledger = Ledger(store)
    noted = [entry.hash for entry in ledger.entries()]
    previous, rewritten = GENESIS, []
    for entry in ledger.entries():
        content = entry.content.model_copy(update={"previous": previous, "by": "another-actor"})
        rewritten.append(Entry.seal(EntryContent.model_validate(content.model_dump())))
        previous = rewritten[-1].hash
    with store.database.writing() as connection:
        for entry in rewritten:
            row = {"content": entry.text, "hash": entry.hash, "number": entry.content.number}
            connection.execute(
                text("UPDATE ledger_entry SET content = :content, hash = :hash WHERE number = :number"), row
            )
        connection.execute(text("UPDATE ledger_head SET hash = :hash"), {"hash": previous})
    assert ledger.verify().intact
    assert all(not ledger.verify(hash).intact for hash in noted)


def test_a_missing_head_and_another_head_are_detected(store: Store) -> None:
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_head"))
    assert [str(problem) for problem in Ledger(store).verify().problems] == ["the ledger has 0 heads"]
    with store.database.writing() as connection:
        connection.execute(text("INSERT INTO ledger_head VALUES (1, 12, 'x')"))
    assert [str(problem) for problem in Ledger(store).verify().problems] == ["the last entry is not the one recorded"]
