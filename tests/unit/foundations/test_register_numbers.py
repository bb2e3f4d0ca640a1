"""Register numbers have one form, however and wherever they are written."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.foundations.register_numbers import number_keys, number_under, one_form, register_of
from matcher.records import Filters, Profile, parse


@pytest.mark.parametrize(
    ("kind", "number", "written"),
    [
        (
            "company",
            "04567891",
            "04567891|4567891|4567891.0| 0456 7891|GB-COH-04567891|GB-COH-4567891|gb-coh 4567891|Company No. 04567891"
            "|Companies House: 4567891|registered in England and Wales no. 4567891|04567891.|(04567891)|0456-7891",
        ),
        ("company", "00012345", "12345|012345|00012345"),
        ("company", "SC048765", "SC048765|sc48765|SC 048 765|GB-COH-SC048765|SCO48765"),
        ("company", "NI012345", "NI012345|NI12345|ni 12345"),
        ("company", "IP02874R", "IP2874R|IP02874R|ip 2874 r"),
        ("company", "CE012345", "CE012345|ce12345"),
        ("company", "OC301234", "OC301234"),
        ("company", "R0000123", "R0000123"),
        (
            "charity",
            "1077321",
            "1077321|01077321|1 077 321|1077321.0|1077321-0|Charity No: 1077321|charity number 1077321"
            "|Registered charity in England and Wales (1077321)|GB-CHC-1077321|gb-chc-1077321|Reg. Charity No.1077321",
        ),
        ("charity", "1077321-2", "1077321-2|1077321 - 2|1077321–2"),
        ("charity", "212345", "212345|212345-0"),
        ("charity", "SC048765", "SC048765|sc048765|SC48765|SC 048765|SCO48765|GB-SC-SC048765|GB-SC-048765|SC-048765"),
        ("charity", "NIC109123", "NIC109123|NI109123|nic 109123|GB-NIC-109123|GB-NIC-NIC109123|NIC-109123"),
        ("cqc", "1-101640235", "1-101640235|1–101640235|CQC provider id 1-101640235"),
        ("ods", "RR8", "RR8|rr8|GB-NHS-RR8|GB-ODS-rr8"),
        ("ods", "NO", "NO"),
        ("ppon", "PXYZ-1234-ABCD", "PXYZ-1234-ABCD|pxyz-1234-abcd|GB-PPON-PXYZ-1234-ABCD"),
    ],
)
def test_a_number_has_one_form(kind: str, number: str, written: str) -> None:
    for text in written.split("|"):
        assert one_form(kind, text) == number, text
    assert one_form(kind, number) == number, "it stays as it is"
    assert parse(Profile, {"id": "x", "name": "X", "identifiers": {kind: written.split("|")[-1]}}).identifiers == (
        parse(Profile, {"id": "x", "name": "X", "identifiers": {kind: number}}).identifiers
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *[("company", text) for text in ("", "N/A", "123", "1234567890", "GB-CHC-1077321", "none", "0.5")],
        *[("charity", text) for text in ("", "TBC", "SC03773", "12", "GB-COH-04567891", "exempt", "XR12345")],
        ("cqc", "101640235"),
        ("ods", "R"),
        ("ppon", "P1"),
        ("company", "4567891 and 4567892"),
        ("charity", "1077321/1077322"),
        ("company", "۱۲۳۴۵۶۷۸"),
    ],
)
def test_what_is_no_number_of_its_kind(kind: str, text: str) -> None:
    assert one_form(kind, text) is None
    with pytest.raises(InvalidInput, match="number"):
        parse(Profile, {"id": "x", "name": "X", "identifiers": {kind: text or "?"}})


@pytest.mark.parametrize(
    ("scheme", "text", "found"),
    [
        ("GB-NIC", "109123", ("charity", "NIC109123")),
        ("GB-CHC", "109123", ("charity", "109123")),
        ("GB-SC", "048765", ("charity", "SC048765")),
        ("GB-SC", "48765", ("charity", "SC048765")),
        ("GB-COH", "SC048765", ("company", "SC048765")),
        ("GB-CHC", "SC048765", ("charity", "SC048765")),
        ("GB-COH", "1077321", ("company", "01077321")),
        ("GB-MPR", "RS007654", ("company", "RS007654")),
        ("GB-MPR", "29537R", ("company", "IP29537R")),
        ("gb_coh", "4567891", ("company", "04567891")),
        ("", "GB-COH-4567891", ("company", "04567891")),
        ("GB-COH", "GB-CHC-1077321", ("charity", "1077321")),
        ("GB-SRS", "123456", None),
        ("", "1077321", None),
        ("GB-PPON", "P1", None),
        ("XI-COH", "04567891", None),
        ("GB-COH", "00000000", None),
        ("GB-CHC", "0000000", None),
    ],
)
def test_the_scheme_decides_the_register(scheme: str, text: str, found: tuple[str, str] | None) -> None:
    assert number_under(scheme, text) == found


@pytest.mark.parametrize(
    ("written", "filter"),
    [
        ("company:4567891", "company:04567891"),
        ("company:GB-COH-4567891", "company:04567891"),
        ("GB-COH-4567891", "company:04567891"),
        ("charity:Charity No: 1077321", "charity:1077321"),
        ("charity:sc48765", "charity:SC048765"),
        ("GB-NIC-109123", "charity:NIC109123"),
        ("ods:rr8", "ods:RR8"),
        ("charity", "charity"),
        ("company:abc", "company:ABC"),
    ],
)
def test_filters_use_the_same_form(written: str, filter: str) -> None:
    assert Filters(identifiers=(written,)).identifiers == (filter,)


@pytest.mark.parametrize("wrong", ["phone:1", "1077321", "GB-SRS-1", 7, "", "company:" + "1" * 50])
def test_a_filter_must_name_its_kind(wrong: Any) -> None:
    with pytest.raises(InvalidInput):
        parse(Filters, {"identifiers": [wrong]})


def test_stored_records_keep_what_was_written() -> None:
    content = {"id": "x", "name": "X", "identifiers": {"company": "4567891", "ppon": "GB-PPON-PXYZ-1234-ABCD"}}
    stored = parse(Profile, content, stored=True).identifiers
    assert (stored.company, stored.ppon) == ("4567891", "GB-PPON-PXYZ-1234-ABCD")
    assert parse(Filters, {"identifiers": ["company:4567891"]}, stored=True).identifiers == ("company:4567891",)
    assert list(number_keys(stored.model_dump())) == ["company:04567891", "ppon:PXYZ-1234-ABCD"]


def test_each_country_has_its_own_charity_register() -> None:
    keys = ("charity:1077321", "charity:SC048765", "charity:NIC109123", "company:SC048765")
    assert [register_of(key) for key in keys] == ["charity", "charity SC", "charity NIC", "company"]
