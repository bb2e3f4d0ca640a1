"""Profiles that suppliers write themselves, on every database: they take precedence, and other sources add to them."""

from __future__ import annotations

from pathlib import Path

from matcher.records import Contact, Profile, Sector, parse
from matcher.register import Register
from matcher.registration import Directory, Registrations
from matcher.store import RecordKind, Store
from tests.support.notices import party, release
from tests.support.statements import STEADY, import_notices, own, profiles, put_own


def test_a_suppliers_own_profile_replaces_one_made_from_sources(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    put_own(store, tmp_path, identifiers={"company": "07654321"}, track_record=[{"title": "Own work"}])
    (profile,) = profiles(store).values()
    assert (profile.id, profile.name, profile.summary) == ("steady", "Steady", "We know falls.")
    assert [piece.title for piece in profile.track_record] == ["Own work", "Falls prevention 1"]
    before = store.sequence()
    put_own(store, tmp_path, identifiers={"company": "07654321"}, track_record=[{"title": "Own work"}])
    assert store.sequence() == before, "the same profile again changes nothing"
    put_own(store, tmp_path, identifiers={"company": "07654321"}, name="Steady On")
    (profile,) = profiles(store).values()
    assert (profile.name, [piece.title for piece in profile.track_record]) == ("Steady On", ["Falls prevention 1"])


def test_notices_add_to_an_existing_profile_of_a_supplier(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path, name="Steady Ltd", sector="mutual")
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    (profile,) = profiles(store).values()
    assert (profile.id, profile.sector, profile.identifiers.company) == ("steady", Sector.MUTUAL, "07654321")
    assert len(profile.track_record) == 1


def test_a_profile_written_directly_is_followed(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    with store.writing() as writer:
        fields = own(identifiers={"company": "07654321"})
        writer.put(parse(Profile, fields), contact=Contact(name="Jo"), source="http")
    Register(store).follow()
    (profile,) = profiles(store).values()
    assert (profile.id, profile.summary, len(profile.track_record)) == ("steady", "We know falls.", 1)
    assert store.contact("steady") == Contact(name="Jo")
    with store.writing() as writer:  # as a client that has not seen the notices
        writer.put(parse(Profile, {**own(), "summary": "New"}), source="http")
    Register(store).follow()
    (profile,) = profiles(store).values()
    assert (profile.summary, len(profile.track_record)) == ("New", 1)
    before = store.sequence()
    Register(store).follow()
    assert store.sequence() == before


def test_a_profile_withdrawn_by_hand_stays_withdrawn(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "gb-coh-07654321", source="asked to")
    import_notices(store, tmp_path, release(2, suppliers=(STEADY,)))
    assert profiles(store) == {}


def test_two_profiles_that_suppliers_wrote_are_never_joined(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path, identifiers={"company": "07654321"})
    put_own(store, tmp_path, id="steady-two", identifiers={"company": "07654321"})
    assert sorted(profiles(store)) == ["steady", "steady-two"]


def test_a_profile_declared_to_be_another_supplier_is_not_joined(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(party("Steady Ltd"),)))
    (other,) = profiles(store)
    registrations = Registrations(store, Directory(store))
    mine = own(name="Steady Ltd", postcode="HX1 1UZ", identifiers={"company": "07654321"})
    made = registrations.start(parse(Profile, mine), None, None)
    with store.writing() as writer:
        registrations.confirm(writer, made.profile.id, distinct_from=[other])
    for number in (2, 3):
        import_notices(store, tmp_path, release(number, suppliers=(party("Elsewhere Ltd", number),)))
        assert {other, made.profile.id} < set(profiles(store))
    assert profiles(store)[made.profile.id].track_record == ()
