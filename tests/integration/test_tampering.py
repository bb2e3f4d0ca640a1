"""Whoever gets round the triggers is found out: a byte changed, an entry removed, entries in another order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from matcher.ledger import GENESIS, Entry, Event, Ledger
from matcher.ledger.entry import EntryContent
from matcher.store import Store
from tests.support.ledgers import ACTOR, filled, keep, without_triggers

TRIES = 100
COLUMNS = ("number", "decision", "event", "content", "payload", "hash")
TEXTS = ("decision", "event", "content", "hash")

Row = dict[str, Any]


@pytest.fixture
def store(server_url: str) -> Iterator[Store]:
    """A store with a ledger of a few decisions, with nothing that protects its tables."""
    with Store.open(server_url) as opened:
        ledger, engine = Ledger(opened), filled(opened, profiles=12)
        for title in ("falls", "café meals", "memory clinic"):
            search = keep(opened, engine, text=title).statement.search
            assert search is not None
            first, second = search.shown[:2]
            id = f"d{ledger.head()[0]}"
            ledger.note(id, Event.SHORTLIST, first, by=ACTOR)
            ledger.note(id, Event.REJECT, second, by=ACTOR, reason="Zu klein: 質")
            ledger.note(id, Event.AWARD, first, by=ACTOR)
        without_triggers(opened.database)
        yield opened


def rows(connection: Connection) -> list[Row]:
    """Return the ledger as it stands, by number."""
    found = connection.execute(text("SELECT * FROM ledger_entry ORDER BY number")).mappings().all()
    return [{name: row[name] for name in COLUMNS} for row in found]


def put_back(connection: Connection, kept: list[Row]) -> None:
    """Write the ledger as it was."""
    connection.execute(text("DELETE FROM ledger_entry"))
    values = ", ".join(f":{name}" for name in COLUMNS)
    connection.execute(text(f"INSERT INTO ledger_entry ({', '.join(COLUMNS)}) VALUES ({values})"), kept)


def tried(store: Store, tamper: Callable[[Connection, list[Row], random.Random], object]) -> None:
    """Tamper with the ledger so many times, each time found, and each time put back."""
    deal, ledger = random.Random(20_120_401), Ledger(store)
    noted = ledger.head()[1]
    with store.database.reading() as connection:
        kept = rows(connection)
    for n in range(TRIES):
        with store.database.writing() as connection:
            done = tamper(connection, kept, deal)
        found = ledger.verify()
        assert not found.whole, (n, done)
        assert all(str(fault) for fault in found.faults)
        with store.database.writing() as connection:
            put_back(connection, kept)
        assert ledger.verify(noted).whole, "put back, it is whole again"


def test_a_changed_byte_is_found(store: Store) -> None:
    sqlite = store.database.sqlite

    def tamper(connection: Connection, kept: list[Row], deal: random.Random) -> object:
        row = deal.choice(kept)
        column = deal.choice([*TEXTS, "number", *(["payload"] * 2 if row["payload"] is not None else [])])
        value: Any
        if column == "number":
            value = row["number"] + 100
        elif column == "payload":
            value = flipped(row["payload"], deal, bits=8)
        elif sqlite:  # any byte at all, also such as make no text
            value = flipped(row[column].encode(), deal, bits=8)
        else:  # the server keeps nothing that is no text
            place = deal.choice([i for i, sign in enumerate(row[column]) if sign.isascii() and ord(sign) > 31])
            byte = flipped(row[column][place].encode(), deal, bits=5).decode()
            value = row[column][:place] + byte + row[column][place + 1 :]
        cast = "CAST(:value AS TEXT)" if sqlite and column in TEXTS else ":value"
        where = {"value": value, "number": row["number"]}
        connection.execute(text(f"UPDATE ledger_entry SET {column} = {cast} WHERE number = :number"), where)
        return row["number"], column, value

    tried(store, tamper)


def flipped(content: bytes, deal: random.Random, bits: int) -> bytes:
    """Return `content` with one bit of one byte flipped, one of the lowest `bits`."""
    place = deal.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << deal.randrange(bits))]) + content[place + 1 :]


def test_a_removed_entry_is_found(store: Store) -> None:
    def tamper(connection: Connection, kept: list[Row], deal: random.Random) -> object:
        number = deal.choice(kept)["number"]
        connection.execute(text("DELETE FROM ledger_entry WHERE number = :number"), {"number": number})
        if deal.random() < 0.5:  # and those after it moved up
            for row in kept[number:]:
                step = {"to": row["number"] - 1, "from": row["number"]}
                connection.execute(text("UPDATE ledger_entry SET number = :to WHERE number = :from"), step)
        return number

    tried(store, tamper)


def test_entries_in_another_order_are_found(store: Store) -> None:
    def tamper(connection: Connection, kept: list[Row], deal: random.Random) -> object:
        first, second = sorted(deal.sample(range(1, len(kept) + 1), 2))
        for old, new in ((first, 1_000), (second, first), (1_000, second)):
            step = {"to": new, "from": old}
            connection.execute(text("UPDATE ledger_entry SET number = :to WHERE number = :from"), step)
        return first, second

    tried(store, tamper)


def test_a_gap_is_told_once_and_where_it_is(store: Store) -> None:
    for number, told in (
        (5, "entry 6: follows on entry 4: what stood between them is missing"),
        (1, "entry 2: is not the first"),
    ):
        with store.database.writing() as connection:
            kept = rows(connection)
            connection.execute(text("DELETE FROM ledger_entry WHERE number = :number"), {"number": number})
        assert [str(fault) for fault in Ledger(store).verify().faults] == [
            told,
            f"entry {number + 1}: does not follow on the entry before it",
            "the last entries are missing or added: there should be 12, there are 11",
        ]
        with store.database.writing() as connection:
            put_back(connection, kept)


def test_a_swapped_payload_is_found(store: Store) -> None:
    with store.database.writing() as connection:
        searches = [row for row in rows(connection) if row["payload"] is not None]
        swap = {"payload": searches[1]["payload"], "number": searches[0]["number"]}
        connection.execute(text("UPDATE ledger_entry SET payload = :payload WHERE number = :number"), swap)
    [fault] = Ledger(store).verify().faults
    assert str(fault) == "entry 1: its scores are not those that were hashed"


def test_the_last_entries_removed_with_the_head_are_found_by_who_noted_the_hash(store: Store) -> None:
    ledger = Ledger(store)
    entries, noted = ledger.head()
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_entry WHERE number > 10"))
    assert [str(fault) for fault in ledger.verify().faults] == [
        f"the last entries are missing or added: there should be {entries}, there are 10"
    ]
    with store.database.writing() as connection:
        last = rows(connection)[-1]["hash"]
        connection.execute(text("UPDATE ledger_head SET entries = 10, hash = :hash"), {"hash": last})
    assert ledger.verify().whole, "who can write everything can make a shorter ledger that is whole"
    [fault] = ledger.verify(noted).faults
    assert "is not in the ledger" in str(fault)


def test_a_ledger_written_anew_is_found_by_who_noted_a_hash(store: Store) -> None:
    """Every hash computed again after a change: whole in itself, and another chain than the one noted."""
    ledger = Ledger(store)
    noted = [entry.hash for entry in ledger.entries()]
    previous, anew = GENESIS, []
    for entry in ledger.entries():
        said = entry.statement.model_copy(update={"previous": previous, "by": "somebody-else"})
        anew.append(Entry.sealed(EntryContent.model_validate(said.model_dump())))
        previous = anew[-1].hash
    with store.database.writing() as connection:
        for entry in anew:
            row = {"content": entry.text, "hash": entry.hash, "number": entry.statement.number}
            connection.execute(
                text("UPDATE ledger_entry SET content = :content, hash = :hash WHERE number = :number"), row
            )
        connection.execute(text("UPDATE ledger_head SET hash = :hash"), {"hash": previous})
    assert ledger.verify().whole
    assert all(not ledger.verify(hash).whole for hash in noted)


def test_no_head_and_another_head_are_found(store: Store) -> None:
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_head"))
    assert [str(fault) for fault in Ledger(store).verify().faults] == ["the ledger has 0 heads"]
    with store.database.writing() as connection:
        connection.execute(text("INSERT INTO ledger_head VALUES (1, 12, 'x')"))
    assert [str(fault) for fault in Ledger(store).verify().faults] == ["the last entry is not the one recorded"]
