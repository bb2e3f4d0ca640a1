"""The origin of each part of a profile, and how a wrong join is undone, on every database."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, NotFound
from matcher.register import Register
from matcher.store import Store
from tests.support.notices import party, release
from tests.support.statements import STEADY, add, import_notices, numbered, profiles, put_own, statement


def test_each_part_has_its_origin(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    put_own(store, tmp_path, identifiers={"company": "07654321"})
    parts = {part.field: part for part in Register(store).provenance("steady")}
    assert (parts["summary"].source, parts["name"].source, parts["name"].rule) == ("supplier", "supplier", "own")
    piece = parts["track_record.0"]
    ocid = release(1)["ocid"]
    assert (piece.source, piece.record) == ("contracts-finder", f"{ocid}/{ocid}-1#GB-COH-07654321")
    assert (piece.licence, piece.stated) == ("Open Government Licence v3.0", date(2025, 3, 1))
    assert piece.file.endswith("a.json")
    assert (piece.rule, piece.evidence) == ("number", "company:07654321")
    alone = {part.field: part.source for part in _alone(store, tmp_path)}
    assert alone == {"name": "supplier", "summary": "supplier"}


def _alone(store: Store, folder: Path) -> Any:
    put_own(store, folder, id="alone", name="Alone")
    return Register(store).provenance("alone")


def test_a_wrong_join_is_split_permanently(store: Store, tmp_path: Path) -> None:
    mine, theirs = party("Starline Taxis", 1), party("Starline Taxis", 2)
    import_notices(store, tmp_path, release(1, suppliers=(mine,)), release(2, suppliers=(theirs,)))
    (profile,) = profiles(store).values()
    assert len(profile.track_record) == 2
    ocid = release(2)["ocid"]
    record = f"{ocid}/{ocid}-1#GB-CFS-2"
    new = Register(store).split(profile.id, [("contracts-finder", record)])
    assert new != profile.id
    assert {id: len(one.track_record) for id, one in profiles(store).items()} == {profile.id: 1, new: 1}
    import_notices(
        store,
        tmp_path,
        release(2, day="2025-03-09", tag="awardUpdate", suppliers=({**theirs, "name": "STARLINE TAXIS"},)),
    )
    assert sorted(profiles(store)) == sorted([profile.id, new]), "an amendment does not join them again"
    import_notices(store, tmp_path, release(3, suppliers=(theirs,)))
    assert len(profiles(store)[new].track_record) == 2, "recognised by the publisher's own number"


def test_a_shared_number_does_not_join_profiles_that_were_split(store: Store) -> None:
    add(store, statement("ocds", "a#1", name="Starline Taxis"), statement("ocds", "b#1", name="Starline Taxis"))
    (old,) = profiles(store)
    new = Register(store).split(old, [("ocds", "b#1")])
    number = numbered(company="07654321")
    add(store, statement("ocds", "a#1", name="Starline Taxis", **number))
    add(store, statement("ocds", "b#1", name="Starline Taxis", **number))
    assert sorted(profiles(store)) == sorted([old, new])


def test_only_known_statements_of_other_sources_can_be_split_off(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path)
    register = Register(store)
    with pytest.raises(NotFound, match="has no statement about 'steady'"):
        register.split("steady", [("cqc", "1-1")])
    for records in ([], [("supplier", "steady")]):
        with pytest.raises(InvalidInput, match="only statements from sources other than the supplier can be split off"):
            register.split("steady", records)
