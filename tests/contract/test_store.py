"""The contract of a store, on a SQLite file, SQLite in memory and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, exc, text

from matcher.foundations.errors import InvalidInput, MatcherError, NotFound
from matcher.records import Contact, Profile
from matcher.store import Put, RecordKind, Store
from tests.support.records import need, profile, put

ANNA = Contact(name="Anna Field", email="anna.field@example.org", telephone="0113 496 0000")


def test_an_empty_store_has_no_records(store: Store) -> None:
    assert store.sequence() == 0
    assert store.counts() == {"profiles": 0, "needs": 0}
    assert list(store.needs()) == []
    assert list(store.profile_changes(0)) == []
    assert store.profiles(["p1"]) == {}
    with pytest.raises(NotFound, match=r"'p1'.*imported or registered"):
        store.profile("p1")


def test_a_put_record_comes_back_with_its_revision(store: Store) -> None:
    before = datetime.now(UTC)
    with store.writing() as writer:
        done = writer.put(profile(), source="register.jsonl")
    found = store.profile("p1")
    assert done == Put(1, "added")
    assert (found.kind, found.id, found.sequence, found.number) == (RecordKind.PROFILE, "p1", 1, 1)
    assert (found.record, found.source) == (profile(), "register.jsonl")
    assert found.recorded_at.utcoffset() == timedelta(0)
    assert before <= found.recorded_at <= datetime.now(UTC)


def test_unchanged_content_adds_nothing(store: Store) -> None:
    put(store, profile())
    assert put(store, profile(summary="", sector="unknown")) == [Put(1, "unchanged")]
    assert store.sequence() == 1
    assert len(store.history(RecordKind.PROFILE, "p1")) == 1


def test_an_update_adds_a_revision_and_keeps_the_old_one(store: Store) -> None:
    put(store, profile())
    assert put(store, profile(name="Falls and Balance CIC")) == [Put(2, "updated")]
    assert [revision.record for revision in store.history(RecordKind.PROFILE, "p1")] == [
        profile(),
        profile(name="Falls and Balance CIC"),
    ]
    assert store.profile("p1").number == 2
    assert store.profile("p1", at=1).record == profile()


def test_a_batch_can_have_the_same_id_more_than_once(store: Store) -> None:
    done = put(store, profile(name="A"), profile(name="B"), profile(name="B"), profile(name="A"), need())
    assert done == [Put(1, "added"), Put(2, "updated"), Put(2, "unchanged"), Put(3, "updated"), Put(4, "added")]
    assert store.profile("p1").record.name == "A"
    assert [revision.number for revision in store.history(RecordKind.PROFILE, "p1")] == [1, 2, 3]


def test_a_profile_and_a_need_can_share_an_id(store: Store) -> None:
    put(store, profile("x"), need("x"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "x")
    assert store.counts() == {"profiles": 1, "needs": 0}
    assert store.profile("x").record == profile("x")


def test_a_put_restores_a_withdrawn_record(store: Store) -> None:
    put(store, profile())
    with store.writing() as writer:
        assert writer.withdraw(RecordKind.PROFILE, "p1", source="asked by letter") == 2
    with pytest.raises(NotFound):
        store.profile("p1")
    assert store.profile("p1", at=1).record == profile()
    assert store.profiles(["p1"]) == {}
    assert store.counts()["profiles"] == 0
    assert put(store, profile()) == [Put(3, "added")]
    history = store.history(RecordKind.PROFILE, "p1")
    assert [(revision.number, revision.record) for revision in history] == [(1, profile()), (2, None), (3, profile())]
    assert history[1].source == "asked by letter"
    with pytest.raises(NotFound):
        store.profile("p1", at=2)


def test_an_absent_or_withdrawn_record_cannot_be_withdrawn(store: Store) -> None:
    put(store, profile())
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "p1")
        for id in ("p1", "p2"):
            with pytest.raises(NotFound):
                writer.withdraw(RecordKind.PROFILE, id)
    assert store.sequence() == 2


def test_the_history_of_an_unknown_record_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.history(RecordKind.NEED, "n1")


def test_an_exception_rolls_back_and_releases_the_numbers(store: Store) -> None:
    def fail_after_a_put() -> None:
        with store.writing() as writer:
            writer.put(profile(), contact=ANNA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_put()
    assert store.sequence() == 0
    assert store.contact("p1") is None
    assert put(store, profile()) == [Put(1, "added")]


def test_a_thread_reads_its_own_writes_and_cannot_write_inside_writing(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile())
        assert store.profile("p1").record == profile()
        with pytest.raises(MatcherError, match="already writing"), store.writing():
            pass
        with pytest.raises(MatcherError, match="already writing"):
            store.vectors.put("model", {"key": b"value"})
    assert store.profile("p1").record == profile()


def test_a_contact_is_stored_separately_and_can_be_erased(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        assert writer.put(profile()).outcome == "unchanged"
    assert store.contact("p1") == ANNA
    assert all("anna" not in repr(revision) for revision in store.history(RecordKind.PROFILE, "p1"))
    with store.writing() as writer:
        moved = Contact(email="a.field@example.org")
        assert writer.put(profile(), contact=moved) == Put(1, "unchanged")
    assert store.contact("p1") == moved
    assert store.erase_contact("p1") is True
    assert store.erase_contact("p1") is False
    assert store.contact("p1") is None
    assert store.profile("p1").sequence == 1


def test_an_empty_contact_replaces_nothing(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        writer.put(profile(), contact=Contact())
    assert store.contact("p1") == ANNA


def test_withdrawal_erases_the_contact(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        writer.withdraw(RecordKind.PROFILE, "p1")
    assert store.contact("p1") is None


def test_vectors_are_stored_by_model_and_never_replaced(store: Store) -> None:
    store.vectors.put("m", {f"k{number}": bytes([number % 256, 0]) for number in range(1100)})
    store.vectors.put("m", {"k1": b"other", "new": b"\x00\xff"})
    store.vectors.put("m", {})
    store.vectors.put("m2", {"k1": b"second model"})
    assert store.vectors.get("m", ["k1", "new", "absent"]) == {"k1": b"\x01\x00", "new": b"\x00\xff"}
    assert len(store.vectors.get("m", [f"k{number}" for number in range(1100)])) == 1100
    assert store.vectors.get("m2", ["k1"]) == {"k1": b"second model"}


def test_a_source_that_is_not_text_is_escaped(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), source="caf\udce9\0.jsonl")
    assert store.profile("p1").source == "caf\\udce9\\0.jsonl"


def test_a_reopened_store_has_everything(server_url: str) -> None:
    with Store.open(server_url) as first:
        put(first, profile(), need())
    with Store.open(server_url) as second:
        assert second.sequence() == 2
        assert second.profile("p1").record == profile()
        assert second.url == server_url


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revision SET content = NULL, digest = NULL",
        "UPDATE revision SET source = 'elsewhere'",
        "DELETE FROM revision",
    ],
)
def test_the_database_refuses_to_change_revisions(server_url: str, statement: str) -> None:
    with Store.open(server_url) as store:
        put(store, profile())
    engine = create_engine(server_url)
    with pytest.raises(exc.DBAPIError, match="revisions are never"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    with Store.open(server_url) as store:
        assert store.profile("p1").record == profile()


def test_a_record_that_breaks_stricter_rules_is_reported_with_its_revision(store: Store) -> None:
    with store.writing() as writer:
        writer.put(Profile.model_construct(**{**profile().__dict__, "website": ""}))
    with pytest.raises(InvalidInput, match="revision 1 of profile p1"):
        store.profile("p1")


def test_threads_share_a_store(store: Store) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            put(store, profile(f"w{worker}-{number}"))
            assert store.profile(f"w{worker}-{number}").number == 1
            store.vectors.put("m", {f"{worker}-{number}": b"v"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [change.sequence for change in store.profile_changes(0)] == list(range(1, 81))
