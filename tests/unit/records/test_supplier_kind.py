"""The kind of a supplier: what is known decides before what is stated, and size is a thing of its own."""

from __future__ import annotations

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Profile, Sector, Size, parse, size_of, supplier_kind
from matcher.records.supplier_kind import in_current_form


def kind(name: str = "Fernleigh Care", sector: str = "unknown", **identifiers: str) -> str:
    """Return the kind of a profile with this name, stated sector and these numbers."""
    profile = parse(Profile, {"id": "p", "name": name, "sector": sector, "identifiers": identifiers})
    return supplier_kind(profile).value


@pytest.mark.parametrize("stated", ["unknown", "vcse", "sme", "large", "company", "social_enterprise", "cic"])
@pytest.mark.parametrize("number", ["1000003", "SC037738", "NIC100123"])
def test_a_charity_number_makes_a_charity(stated: str, number: str) -> None:
    assert kind(sector=stated, charity=number, company="04567891") == "charity"


@pytest.mark.parametrize(
    "name", ["Calder Wheels CIC", "CALDER WHEELS C.I.C.", "Calder Wheels Community Interest Company"]
)
@pytest.mark.parametrize("stated", ["unknown", "sme", "company", "vcse"])
def test_a_cic_is_known_by_its_name(name: str, stated: str) -> None:
    assert kind(name, stated, company="04567891") == "cic"


@pytest.mark.parametrize(
    ("name", "stated", "company", "expected"),
    [
        ("Rothay Cafe", "unknown", "CE031999", "charity"),
        ("Rothay Cafe", "large", "CS001234", "charity"),
        ("Duddon Carers Co-operative Limited", "unknown", "RS007712", "mutual"),
        ("Duddon Carers Co-operative Limited", "vcse", "IP31245R", "mutual"),
        ("Duddon Carers", "social_enterprise", "RS007712", "social_enterprise"),
        ("Duddon Care Ltd", "sme", "", "company"),
        ("Duddon Care LLP", "large", "", "company"),
        ("Duddon Care", "sme", "04567891", "company"),
        ("Duddon Care Ltd T/A Carewell", "unknown", "", "company"),
        ("Duddon Care Limited trading as Carewell", "unknown", "", "company"),
        ("Duddon Care", "sme", "", "unknown"),
        ("Duddon Care", "large", "", "unknown"),
        ("Duddon Limited Edition Prints", "unknown", "", "unknown"),
        ("Fernleigh NHS Foundation Trust", "large", "", "public"),
        ("Duddon Borough Council", "unknown", "", "public"),
        ("Civic Services", "unknown", "", "unknown"),
        ("The Logic", "unknown", "", "unknown"),
    ],
)
def test_kind_follows_from_what_is_known(name: str, stated: str, company: str, expected: str) -> None:
    assert kind(name, stated, **({"company": company} if company else {})) == expected


@pytest.mark.parametrize(("stated", "size"), [("sme", Size.SME), ("large", Size.LARGE), ("charity", None)])
def test_a_size_stated_as_a_sector_moves_to_the_size(stated: str, size: Size | None) -> None:
    old = parse(Profile, {"id": "p", "name": "Fernleigh Ltd", "sector": stated})
    current = in_current_form(old)
    assert (size_of(old), current.size, size_of(current)) == (size, size, size)
    assert current.sector is (Sector.CHARITY if stated == "charity" else Sector.COMPANY)
    assert in_current_form(current) is current


def test_a_stated_size_yields_to_figures_and_keeps_an_older_one_out() -> None:
    figures = {"size": "sme", "employees": 900}
    assert size_of(parse(Profile, {"id": "p", "name": "N", **figures})) is Size.LARGE
    assert in_current_form(parse(Profile, {"id": "p", "name": "N", "sector": "large", "size": "sme"})).size is Size.SME


def test_an_unknown_size_is_left_out() -> None:
    assert parse(Profile, {"id": "p", "name": "N", "size": "unknown"}) == Profile(id="p", name="N")


@pytest.mark.parametrize("size", ["medium", 3, ["sme"], {"size": "sme"}, ""])
def test_another_size_is_refused_with_a_remedy(size: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(Profile, {"id": "p", "name": "N", "size": size})
    assert "sme, large" in caught.value.remedy
    assert caught.value.place.field == "size"
