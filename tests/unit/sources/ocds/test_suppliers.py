"""Suppliers who are none, the buyer itself, several suppliers in one name, and private persons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matcher.foundations.errors import Place
from matcher.sources.ocds import trim
from matcher.sources.ocds.supplier_names import is_placeholder, joint_names, may_be_joint
from matcher.sources.statement import Tally
from tests.support.notices import BUYER, party, release
from tests.support.processes import merged

PLACEHOLDERS = (
    "See attached|SEE ATTACHED LIST|Please see attached award notice|Refer to Annex A|see award notice|As per attached"
    "|Various|Various suppliers|Various (see attached)|VARIOUS SUPPLIERS - SEE SCHEDULE|Multiple|Several providers"
    "|Multiple suppliers - please refer to the award letter|12 suppliers|List of suppliers attached|All suppliers"
    "|N/A|n.a.|NA|None|Nil|TBC|T.B.C.|tba|To be confirmed|Not applicable|Not disclosed|Unknown|Undisclosed|-|...|xxx"
    "|Redacted|[REDACTED]|*** Redacted ***|Name withheld under FOI s40|Commercially sensitive|Supplier 1|Company A"
    "|No bids received|Not awarded|Framework suppliers|Suppliers listed in Appendix B|Test|Sole trader"
)
NAMES = (
    "Various Eateries plc|Multiple Sclerosis Society of Oxton|SeeAbility|See Hear Centre|All Saints Church|None Such"
    "|National Autistic Friends|Two Ten Health|Several Suppliers Ltd|Attached Care Ltd|No Limits|Not Just Care"
    "|Redacted Ltd|The Various Trust|Many Minds|Testbed Ltd|TBC Cleaning Ltd|Unknown Warrior Housing|Individual Care"
    "|NA Care|24x7|All Care Providers|Company of Friends|Other Voices"
)


@pytest.mark.parametrize("name", PLACEHOLDERS.split("|"))
def test_words_that_stand_for_no_supplier(name: str) -> None:
    tally = Tally()
    assert is_placeholder(name)
    assert merged(release(1, suppliers=(party(name, 5, identifier={}),)), tally=tally).statements == ()
    assert tally.counts["suppliers that are placeholders"] + tally.counts["suppliers without a name"] == 1
    assert len(tally.warnings) == 1


@pytest.mark.parametrize("name", NAMES.split("|"))
def test_names_that_only_look_like_placeholders(name: str) -> None:
    assert len(merged(release(1, suppliers=(party(name, 5),))).statements) == 1


def test_a_placeholder_with_a_register_number_is_a_supplier() -> None:
    (statement,) = merged(release(1, suppliers=(party("See attached", company="07654321"),))).statements
    assert statement.fields["identifiers"] == {"company": "07654321"}


def test_the_legal_name_replaces_a_placeholder() -> None:
    named = party("TBC", 5, identifier={"legalName": "Steady Ltd"})
    (statement,) = merged(release(1, suppliers=(named,))).statements
    assert statement.fields["name"] == "Steady Ltd"


@pytest.mark.parametrize(
    ("supplier", "buyer"),
    [
        ({**BUYER, "roles": ["buyer", "supplier"]}, {}),
        (party("CALDERWICK COUNCIL", 7), {}),
        (party("Calderwick Council.", 7), {}),
        (
            {**party("Adult Care", 7), "identifier": {"scheme": "GB-NHS", "id": "QZX"}},
            {"scheme": "GB-NHS", "id": "QZX"},
        ),
        ({**party("Calderwick Council"), "id": None}, {}),
    ],
)
def test_the_buyer_is_not_its_own_supplier(supplier: dict[str, Any], buyer: dict[str, str]) -> None:
    tally = Tally()
    notice = release(1, suppliers=(supplier,))
    first = {**BUYER, "roles": ["buyer"], "identifier": buyer}
    notice["parties"] = [supplier] if supplier["id"] == BUYER["id"] else [first, supplier]
    process = merged(notice, tally=tally)
    assert process.statements == ()
    assert process.need is not None
    assert process.need.value == 50_000
    assert tally.counts["suppliers that are the buyer"] == 1


def test_another_public_body_is_a_supplier() -> None:
    assert len(merged(release(1, suppliers=(party("Oxton Hospitals NHS Trust", 7),))).statements) == 1


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("1) Rowan Care Ltd; 2) Alder CIC", ["Rowan Care Ltd", "Alder CIC"]),
        ("1. Rowan 2. Elm 3. Oak", ["Rowan", "Elm", "Oak"]),
        ("(1) Rowan Care (2) Alder Care", ["Rowan Care", "Alder Care"]),
        ("Rowan Limited and Alder CIC", ["Rowan Limited", "Alder CIC"]),
        ("Rowan Ltd, Alder Ltd and Elm CIC", ["Rowan Ltd", "Alder Ltd", "Elm CIC"]),
        ("Rowan Care Ltd / Alder Health Limited", ["Rowan Care Ltd", "Alder Health Limited"]),
        ("Rowan Care\nAlder Care", ["Rowan Care", "Alder Care"]),
        ("Rowan Care; Alder Care;", ["Rowan Care", "Alder Care"]),
        ("Consortium of Rowan Ltd, Alder Ltd", ["Rowan Ltd", "Alder Ltd"]),
        ("Lot 1: Rowan Ltd, Lot 2: Elm", ["Rowan Ltd", "Elm"]),
        ("Rowan Ltd in partnership with Alder plc", ["Rowan Ltd", "Alder plc"]),
    ],
)
def test_several_suppliers_in_one_name_are_parted(name: str, names: list[str]) -> None:
    tally = Tally()
    assert joint_names(name) == names
    statements = merged(release(1, suppliers=(party(name, 5, identifier={}),)), tally=tally).statements
    assert [statement.fields["name"] for statement in statements] == names
    assert all("value" not in statement.fields["track_record"][0] for statement in statements), (
        "their shares are unknown"
    )
    assert len({statement.record for statement in statements}) == len(names)
    assert tally.counts["suppliers parted from a joint name"] == len(names)


SINGLE = (
    "Smith & Sons Ltd|Turner and Tarn Consulting Limited|Ernest and Old LLP|Rowan Ltd t/a Elm|Rowan, Alder and Elm"
    "|DPS Education Ltd (Tudor School)|TARN SCIENTIFIC U.K., LIMITED|Rowan Limited & Co|24x7|3D Care 2 Go"
)


@pytest.mark.parametrize("name", SINGLE.split("|"))
def test_one_supplier_is_not_parted(name: str) -> None:
    assert joint_names(name) == []
    assert not may_be_joint(name)


def test_a_name_that_may_be_joint_is_reported() -> None:
    tally = Tally()
    process = merged(release(1, suppliers=(party("Rowan Ltd and Mind in Oxton", 5),)), tally=tally)
    assert len(process.statements) == 1
    assert [warning.action for warning in tally.warnings] == ["read as one supplier, but it may be several"]


def test_all_that_is_known_of_a_private_person_is_removed() -> None:
    person = party("Mrs Jo Field", 5, additionalIdentifiers=[{"scheme": "GB-PPON", "id": "PXYZ-1234-ABCD"}])
    person["details"] = {"url": "https://jofield.example"}
    notice = release(1, suppliers=(person,))
    notice["awards"] = [{**notice["awards"][0], "id": str(n)} for n in range(2)]
    notice["awards"].append({"id": "3", "suppliers": [{"name": "Mrs Jo Field"}]})
    notice["parties"].append({**party("Dr A Roe", 6, role="tenderer"), "additionalIdentifiers": [{"id": "secret"}]})
    kept = trim(notice, Tally(), Place())
    text = json.dumps(kept)
    assert not any(secret in text for secret in ("Field", "PXYZ", "jofield", "Roe", "secret"))


def test_a_person_in_a_joint_name_is_removed() -> None:
    tally = Tally()
    notice = release(1, suppliers=(party("1) Rowan Care Ltd 2) Mrs Jo Field", 5),))
    assert "Field" not in json.dumps(trim(notice, Tally(), Place()))
    statements = merged(notice, tally=tally).statements
    assert [statement.fields["name"] for statement in statements] == ["Rowan Care Ltd"]
    assert tally.counts["suppliers who are persons"] > 0
