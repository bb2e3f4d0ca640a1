"""Records as they were at a revision, and the changes since another revision, on every database."""

from __future__ import annotations

import pytest

from matcher.foundations.errors import NotFound
from matcher.records import Profile
from matcher.store import Change, RecordKind, Store
from tests.support.records import need, profile, put


def test_profiles_come_in_the_requested_order_and_as_of_a_revision(store: Store) -> None:
    put(store, *(profile(f"p{number}") for number in range(1200)))
    put(store, profile("p7", name="Seven"))
    ids = [f"p{number}" for number in reversed(range(1200))]
    assert list(store.profiles([*ids, "absent", "p3"])) == ids
    assert store.profiles(["p7"])["p7"].name == "Seven"
    assert store.profiles(["p7"], at=1200)["p7"] == profile("p7")
    assert store.profiles(["p1199"], at=1199) == {}


def test_profiles_as_of_their_revisions(store: Store) -> None:
    put(store, profile("p1"), profile("p2"))
    put(store, profile("p1", name="Renamed"), need("n1"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "p2")
    profiles = store.profiles_as_of([3, 1, 2, 3])
    assert [(profile.id, profile.name == "Renamed") for profile in profiles] == [
        ("p1", True),
        ("p1", False),
        ("p2", False),
        ("p1", True),
    ]
    assert store.profiles_as_of([]) == []
    for need_withdrawal_or_none in (4, 5, 6):
        with pytest.raises(NotFound):
            store.profiles_as_of([1, need_withdrawal_or_none])


def test_needs_come_by_id_in_code_point_order(store: Store) -> None:
    ids = ["n-2", "N1", "n1", "é1", "n.2", *(f"m{number:04}" for number in range(600))]
    put(store, *(need(id) for id in ids), profile())
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "n.2")
    assert [revision.id for revision in store.needs()] == sorted(set(ids) - {"n.2"})
    for after in ("m0599", "n-1", "n.2", "é1"):
        assert [revision.id for revision in store.needs(after)] == sorted(id for id in set(ids) - {"n.2"} if id > after)


def test_needs_are_those_of_one_revision(store: Store) -> None:
    put(store, *(need(f"n{number:04}") for number in range(600)))
    listing = store.needs()
    first = next(listing)
    put(store, need("n0599", title="Changed since"), need("z"))
    rest = list(listing)
    assert len(rest) == 599
    assert rest[-1].record == need("n0599")
    assert first.id == "n0000"


def test_changes_are_the_latest_states_within_the_range(store: Store) -> None:
    put(store, profile("a"), profile("b"), need(), profile("a", name="A2"))  # 1, 2, 3, 4
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "b")  # 5
    withdrawn, newer = Change(5, "b", None), Change(4, "a", profile("a", name="A2"))
    assert list(store.profile_changes(0)) == [newer, withdrawn]
    assert list(store.profile_changes(4)) == [withdrawn]
    assert list(store.profile_changes(5)) == []
    assert list(store.profile_changes(0, until=2)) == [Change(1, "a", profile("a")), Change(2, "b", profile("b"))]
    assert list(store.profile_changes(1, until=4)) == [Change(2, "b", profile("b")), newer]
    assert list(store.profile_changes(0, until=99)) == [newer, withdrawn]


def test_changes_continue_over_pages_while_others_write(store: Store) -> None:
    put(store, *(profile(f"p{number}") for number in range(1300)))
    seen = []
    for change in store.profile_changes(0, until=10_000):
        if change.sequence == 600:
            put(store, profile("p5", name="Five"), profile("p1299", name="Last"))
        seen.append(change)
    assert [change.sequence for change in seen] == list(range(1, 1301))
    assert [change.id for change in store.profile_changes(1300)] == ["p5", "p1299"]


def test_the_contents_match_the_changes(store: Store) -> None:
    with store.writing() as writer:
        for number in range(3):
            writer.put(Profile(id=f"p{number}", name="Steps", employees=number))
        writer.withdraw(RecordKind.PROFILE, "p1")
        writer.put(Profile(id="p0", name="Paces"))
    for since, until in ((0, 5), (0, 3), (2, 4), (5, 5)):
        changes = [(change.id, change.profile) for change in store.profile_changes(since, until=until)]
        contents = store.profile_contents(since, until=until)
        assert [(id, content and Profile.model_validate(content)) for id, content in contents] == changes
