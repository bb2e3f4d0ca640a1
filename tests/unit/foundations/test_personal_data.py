"""Contact details leave texts; what only looks like one stays."""

from __future__ import annotations

import time

import pytest

from matcher.foundations.personal_data import REMOVED, scrub


@pytest.mark.parametrize(
    "detail",
    [
        "jo.field@calderwick.example.nhs.uk",
        "Jo_Field+tenders@x.org",
        "o'neill@trust.nhs.uk",
        "jo @ trust.nhs.uk",
        "jo.field(at)trust.nhs.uk",
        "@in-tend.example.co.uk",
        "01632 960 123",
        "01632960123",
        "(01632) 960-123",
        "+44 1632 960123",
        "+44 (0) 1632 960123",
        "0044 1632 960123",
        "07700 900789",
        "020 7946 0018",
        "0800 12 34 56 7",
        "+353 1 555 0123",
        "0113.496.0000",
        "0113 – 496 0000",
    ],
)
def test_a_detail_is_taken_out(detail: str) -> None:
    for text in ("{}", "Write to {}.", "ring:{}, please", "({})", "a/{}/b", "Tel {} or later"):
        scrubbed, found = scrub(text.format(detail))
        assert found == 1, scrubbed
        assert REMOVED in scrubbed
        assert not any(part in scrubbed for part in (detail, "960", "@", "7946")), scrubbed


def test_a_number_behind_a_word_for_it_is_taken_out() -> None:
    for text in ("Tel: 496 0000", "telephone no. 960123", "Call us on 113 496 0000", "fax 960 123 ext"):
        assert scrub(text)[1] == 1, text


@pytest.mark.parametrize(
    "text",
    [
        "ocds-b5fd17-a19ca91d-0873-4826-8412-f45ba55f11de",
        "01234567-0123-4567-0123-012345678901",
        "2022/S 000-029179",
        "https://www.find-tender.service.gov.uk/Notice/028474-2025",
        "from 01/04/2023 to 31/03/2028",
        "01.04.2023-31.03.2026",
        "QIP131 0900 2025-03-11 Felixstowe",
        "2025-03-11T09:00:00+01:00",
        "Company 07654321, charity 1094905",
        "£60,000,000.00 over 10 years",
        "CPV 09000000",
        "order 0000008420",
        "noon @ 12pm on 28 January 2025 @ 12.30pm",
        "(@the Authority@) is seeking",
        "Regulation 72 (1) (b)",
    ],
)
def test_what_is_no_contact_stays(text: str) -> None:
    assert scrub(text) == (text, 0)


def test_two_details_in_a_row_both_go() -> None:
    assert scrub("a@b.org/01632 960123 01632 960124; c@d.org")[1] == 4


def test_scrubbing_twice_changes_nothing() -> None:
    once = scrub("Jo, a@b.org, 01632 960 123")[0]
    assert scrub(once) == (once, 0)


def test_a_long_text_takes_no_time() -> None:
    started = time.monotonic()
    for text in ("a" * 200_000, "0 " * 100_000, "a." * 100_000 + "@", "1" * 200_000, "tel " * 50_000):
        scrub(text)
    assert time.monotonic() - started < 10
