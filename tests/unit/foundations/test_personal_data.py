"""Contact details are redacted. Text that only looks like a contact detail stays."""

from __future__ import annotations

import pytest

from matcher.foundations.personal_data import REMOVED, has_contact_details, redact

_UK = [
    "01632 960 123", "01632960123", "(01632) 960-123", "07700 900789", "020 7946 0018", "0800 12 34 56 7",
    "0113.496.0000", "0113 – 496 0000", "0113‑496‑0000", "0113·496·0000", "(020) 2034-5678", "01632/960123",
    "01632_960123", "O1632 960123", "01632\n960123", "01632\u00a0960\u202f123", "01632−960−123",
    "０１６３２ ９６０１２３",
    "٠١٦٣٢ ٩٦٠١٢٣", "oh one six three two nine six oh one two three",
    "nought, one, one, three, four, nine, six, double oh",
]  # fmt: skip
_WITH_COUNTRY_CODE = [
    "+44 1632 960123", "+44 (0) 1632 960123", "0044 1632 960123", "44 (0)20 7946 0018", "44 20 7946 0018",
    "441632960123", "(+44) 1632 960123", "+353 1 555 0123", "00353 1 555 0123", "+290 2 2158", "0049 30 1234567",
]  # fmt: skip
_ADDRESSES = [
    "jo.field@calderwick.example.nhs.uk", "Jo_Field+tenders@x.org", "o'neill@trust.nhs.uk", "jo @ trust.nhs.uk",
    "jo.field(at)trust.nhs.uk", "anna (at) health.org", "anna [at] health.org", "jo@münchen.example",
    "@in-tend.example.co.uk", "anna{at}health.org", "anna(at)health(dot)org", "anna at health dot org",
    "anna%40health.org",
    "Anna.Field AT health.org", "a.field at health.org", "anna @ health . org", "anna＠health.org",
    "anna_at_health.org",
]  # fmt: skip


@pytest.mark.parametrize("detail", [*_UK, *_WITH_COUNTRY_CODE, *_ADDRESSES])
@pytest.mark.parametrize(
    "text", ["{}", "Write to {}.", "ring:{}, please", "({})", "a/{}/b", "Tel {} or later", "2024-25 {}", "1/4/2025 {}"]
)
def test_a_contact_detail_is_redacted(detail: str, text: str) -> None:
    redacted, count = redact(text.format(detail))
    assert count == 1, redacted
    assert REMOVED in redacted
    assert not any(part in redacted for part in (detail, "960", "@", "7946", "at)", "at]", "health")), redacted
    assert has_contact_details(text.format(detail))


@pytest.mark.parametrize(
    "text", ["Tel: 496 0000", "telephone no. 960123", "Call us on 113 496 0000", "fax 960 123 ext", "Ring 496 0000"]
)
def test_a_number_after_a_word_for_telephone_is_redacted(text: str) -> None:
    assert redact(text).removed == 1


@pytest.mark.parametrize(
    "text",
    [
        "ocds-b5fd17-a19ca91d-0873-4826-8412-f45ba55f11de",
        "01234567-0123-4567-0123-012345678901",
        "key-0123456789012345",
        "2022/S 000-029179",
        "https://www.find-tender.service.gov.uk/Notice/028474-2025",
        "(096915-2025)",
        "from 01/04/2023 to 31/03/2028",
        "01.04.2023-31.03.2026",
        "Please call on 01.04.2023",
        "QIP131 0900 2025-03-11 Felixstowe",
        "2025-03-11T09:00:00+01:00",
        "Company 07654321, charity 1094905",
        "£60,000,000.00 over 10 years",
        "CPV 09000000, 85100000 and 44000000-0",
        "rates of 0.52 0.11 0.48 0.39",
        "order 0000008420",
        "44 000 000 to 45 000 000 a year",
        "noon @ 12pm on 28 January 2025 @ 12.30pm",
        "(@the Authority@) is seeking",
        "Regulation 72 (1) (b)",
        "See us at www.example.org, or look at nhs.uk",
        "Version 2.1, e.g. at example.org",
        "care-at-home.example.org",
        "one, two, three, four, five, six, seven, eight",
        "zero to nine at St. James",
    ],
)
def test_text_that_only_looks_like_a_contact_detail_stays(text: str) -> None:
    assert redact(text) == (text, 0)
    assert not has_contact_details(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a@b.org/01632 960123 01632 960124; c@d.org", 4),
        ("a@b.org01632 960123c@d.org", 3),
        ("tel 2024-25 01632 960123", 1),
        ("0012345 01632 960123", 1),
        ("0.5 0.25 01632 960123", 1),
    ],
)
def test_each_contact_detail_is_found_whatever_is_next_to_it(text: str, count: int) -> None:
    redacted = redact(text)
    assert redacted.removed == count
    assert "960" not in redacted.text


def test_an_address_in_words_after_a_word_for_mail_is_redacted() -> None:
    assert redact("E-mail us: anna at example.org").removed == 1


def test_redacting_twice_changes_nothing() -> None:
    once = redact("Jo, a@b.org, 01632 960 123").text
    assert redact(once) == (once, 0)


def test_numbers_beyond_the_most_that_are_checked_are_redacted() -> None:
    text = "001 000 000, " * 101
    redacted, count = redact(text)
    assert count == 1, "100 are checked and not valid"
    assert redact(redacted) == (redacted, 0)
