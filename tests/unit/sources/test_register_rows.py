"""Fictional files in the format of public registers: which parts are read and which are dropped."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.sources import charity_commission, companies_house, cqc, ods
from matcher.sources.formats.items import Item
from matcher.sources.ods import OdsOrganisation, Succession
from matcher.sources.statement import Statement, Tally
from tests.support.notices import PHONES

Reader = Callable[[Path, str, Tally], Iterator[Item[list[Statement]]]]

PUBLIC = Path(__file__).parents[2] / "support" / "public"


def statements(reader: Reader, path: Path, tally: Tally | None = None) -> list[Statement]:
    """Return the statements in a file, from a source called "test"."""
    rows = list(reader(path, "test", tally or Tally()))
    assert not [row.problem for row in rows if row.problem]
    read = [statement for row in rows for statement in row.value or ()]
    assert {statement.source for statement in read} <= {"test"}
    return read


def test_charities_as_tabs_and_as_json_give_the_same_statements(tmp_path: Path) -> None:
    tally = Tally()
    by_tabs = statements(charity_commission.read, PUBLIC / "charity.txt", tally)
    names, *rows = [line.split("\t") for line in (PUBLIC / "charity.txt").read_text("utf-8-sig").splitlines()]
    values: list[dict[str, object]] = [dict(zip(names, row, strict=True)) for row in rows]
    for value in values:  # as the extract writes numbers and unknown values
        value["linked_charity_number"] = int(str(value["linked_charity_number"]))
        value["latest_income"] = float(str(value["latest_income"])) if value["latest_income"] else None
    (tmp_path / "c.json").write_text(json.dumps(values), encoding="utf-8-sig")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.write(tmp_path / "c.json", "publicextract.charity.json")
    as_json = statements(charity_commission.read, tmp_path / "c.zip")
    assert [(one.record, one.fields, one.ended) for one in by_tabs] == [
        (one.record, one.fields, one.ended) for one in as_json
    ]
    first, removed = by_tabs
    assert first.fields == {
        "name": "CALDER CARERS",
        "sector": "charity",
        "identifiers": {"charity": "1100001", "company": "07654321"},
        "summary": 'Runs a "respite" club. Ring [contact removed].',
        "postcode": "LS1 4AB",
        "turnover": 125_000.0,
        "website": "www.calder.example",
    }
    assert (first.proposed, first.ended, removed.ended) == ("gb-chc-1100001", False, True)
    assert str(first.origin.stated) == "2026-09-20"
    assert tally.counts == {"rows read": 3, "contact points": 1, "contact details in texts": 1, "linked charities": 1}


@pytest.mark.parametrize(
    ("area", "coverage"),
    [
        ("Throughout England", {"national": True}),
        ("Throughout London", {"regions": ["London"]}),
        ("Leeds City", {"regions": ["Yorkshire and The Humber"]}),
        ("Scotland", {"regions": ["Scotland"]}),
        ("India", None),
    ],
)
def test_areas_of_operation(tmp_path: Path, area: str, coverage: dict[str, object] | None) -> None:
    names = ["registered_charity_number", "linked_charity_number", "geographic_area_description"]
    (tmp_path / "a.txt").write_text("\t".join(names) + f"\n1100001\t0\t{area}\n")
    areas = statements(charity_commission.read, tmp_path / "a.txt")
    assert [(one.fields["coverage"], one.known_only) for one in areas] == ([(coverage, True)] if coverage else [])


def test_companies(tmp_path: Path) -> None:
    text = (PUBLIC / "companies.csv").read_text().replace("PIPES", "CAFÉ PIPES")
    (tmp_path / "c.csv").write_bytes(text.encode("cp1252"))
    steady, pipes, good, dissolved = statements(companies_house.read, tmp_path / "c.csv")
    assert steady.fields["capabilities"] == [{"title": "Activities", "description": "Other human health activities"}]
    assert (steady.fields["name"], steady.fields["identifiers"]) == ("STEADY, LTD", {"company": "07654321"})
    assert pipes.fields["name"] == "CAFÉ PIPES LTD"
    assert [one.known_only for one in (steady, pipes, good, dissolved)] == [False, True, False, True]
    assert (good.fields["sector"], dissolved.ended, steady.ended) == ("cic", True, False)


def test_the_care_directory_below_its_title_lines() -> None:
    tally = Tally()
    oak, elm = statements(cqc.read, PUBLIC / "directory.csv", tally)
    assert (oak.record, elm.record, oak.proposed) == ("1-1000000001", "1-1000000002", "gb-cqc-1-100000001")
    assert oak.fields["identifiers"] == elm.fields["identifiers"] == {"cqc": "1-100000001"}
    assert (oak.fields["coverage"], elm.fields["coverage"]) == (
        {"regions": ["Yorkshire and The Humber"]},
        {"regions": ["North West"]},
    )
    assert oak.fields["accreditations"] == [{"scheme": "CQC", "reference": "1-100000001"}]
    assert oak.fields["capabilities"][0]["title"] == "Residential homes, Nursing homes"
    assert "postcode" not in oak.fields, "the postcode of a location is not the provider's"
    assert tally.counts["suppliers who are persons"] == 1
    assert tally.counts["contact points"] == 2


def test_the_care_directory_with_filters() -> None:
    tally = Tally()
    (oak,) = statements(cqc.read, PUBLIC / "filtered.csv", tally)
    assert oak.fields["identifiers"] == {"company": "07654321", "cqc": "1-100000001"}
    assert oak.fields["capabilities"][0]["title"] == "Hospice services"
    assert tally.counts["suppliers who are persons"] == 1, "owned by an individual"


@pytest.mark.parametrize(
    ("reader", "text", "complaint"),
    [
        (companies_house.read, "a,b\n1,2\n", "no line with the columns companyname, companynumber"),
        (cqc.read, "", "no line with the columns provider name"),
        (charity_commission.read, "[{]", "is not JSON"),
    ],
)
def test_a_file_with_other_content_is_refused(tmp_path: Path, reader: Reader, text: str, complaint: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InvalidInput, match=complaint):
        list(reader(tmp_path / "x.csv", "test", Tally()))


def test_a_row_that_cannot_be_used_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("CompanyName,CompanyNumber\nA LTD,00000001\nB, LTD,00000002\n,00000003\n")
    rows = list(companies_house.read(tmp_path / "c.csv", "test", Tally()))
    assert [row.problem is None for row in rows] == [True, False, False]
    assert rows[1].problem is not None
    assert rows[1].problem.place.line == 3


def ord_record(code: str, name: str, *successors: str) -> dict[str, object]:
    links = [
        {
            "Type": "Successor",
            "Target": {"OrgId": {"extension": one}},
            "Date": [{"Type": "Legal", "Start": "2022-07-01"}],
        }
        for one in successors
    ]
    predecessor = {"Type": "Predecessor", "Target": {"OrgId": {"extension": "X99"}}}
    return {
        "Name": name,
        "OrgId": {"root": "2.16", "extension": code},
        "Status": "Inactive" if successors else "Active",
        "Roles": {"Role": [{"id": "RO98", "primaryRole": True}, {"id": "RO319"}]},
        "Contacts": {"Contact": [{"type": "tel", "value": PHONES[0]}]},
        "Succs": {"Succ": [*links, predecessor]},
    }


def test_organisations_in_every_form(tmp_path: Path) -> None:
    old = OdsOrganisation("Z1A", "OLD CCG", False, "RO98", (Succession("ZQ1", date(2022, 7, 1)),))
    new = OdsOrganisation("ZQ1", "NEW BOARD", True, "RO98")
    records = [ord_record("Z1A", "OLD CCG", "ZQ1"), ord_record("ZQ1", "NEW BOARD")]
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"Organisation": records[0]}))
    many = tmp_path / "many.json"
    many.write_text(json.dumps([{"Organisation": record} for record in records]))
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(json.dumps({"Organisation": record}) for record in records))
    table = tmp_path / "table.csv"
    rows = (
        "Code,Name,Status,Role,Successor,Since",
        "Z1A,OLD CCG,Inactive,RO98,ZQ1,2022-07-01",
        "ZQ1,NEW BOARD,,RO98,,",
    )
    table.write_text("\n".join(rows))
    board = {"Name": "NEW BOARD", "OrgId": "ZQ1", "Status": "Active", "PrimaryRoleId": "RO98"}
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps({"Organisations": [board]}))
    assert [item.value for item in ods.read(one)] == [old]
    for path in (many, lines, table):
        assert [item.value for item in ods.read(path)] == [old, new]
    assert [item.value for item in ods.read(summary)] == [new]


def test_an_organisation_without_a_code_is_reported(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("code,name\n,NOBODY\n")
    [item] = ods.read(tmp_path / "o.csv")
    assert isinstance(item.problem, InvalidInput)


def test_a_line_over_the_limit_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "ods.csv"
    file.write_text("code,name\nQ1,Trust\nQ2," + "x" * 1_100_000 + "\n")
    with pytest.raises(InvalidInput, match="is longer than 1,048,576 bytes") as caught:
        list(ods.read(file))
    assert caught.value.place.line == 3


def test_responses_over_the_limit_are_reported_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ods, "MAX_WHOLE_FILE", 50)
    file = tmp_path / "ods.json"
    file.write_text(json.dumps([{"OrgId": "Q1", "Name": "Trust"}] * 9))
    with pytest.raises(InvalidInput, match="is larger than 50 bytes") as caught:
        list(ods.read(file))
    assert caught.value.remedy == "Split the responses into several files"


def test_deeply_nested_registers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_bytes(b"[" * 200_000)
    with pytest.raises(InvalidInput, match="is not JSON"):
        list(ods.read(file))
    file.write_bytes(b'[{"a":' * 100_000)
    with pytest.raises(InvalidInput, match="nested more than 32 levels deep"):
        list(charity_commission.read(file, "test", Tally()))
