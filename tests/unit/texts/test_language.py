"""Abbreviations, full forms and everyday words lead to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.foundations.reference_tables import Term, key_of, read_terms, terms
from matcher.texts.language import Vocabulary, related, spelled_out

CAMHS_IN_FULL = "child and adolescent mental health services"

VOCABULARY = Vocabulary(
    [
        Term("CAMHS", CAMHS_IN_FULL, ("children's mental health",), any_case=True),
        Term("SEND", "special educational needs and disabilities", ("children with disabilities",)),
        Term("", "mental health", ("mental wellbeing",)),
        Term("A&E", "accident and emergency", ("casualty",), any_case=True),
        Term("VCSE", "voluntary, community and social enterprise", any_case=True),
        Term("", "reablement", ("help to regain independence after hospital",)),
    ]
)


def test_the_first_use_of_an_abbreviation_is_spelled_out() -> None:
    assert VOCABULARY.spelled_out("CAMHS in schools. CAMHS at home.") == (
        f"CAMHS ({CAMHS_IN_FULL}) in schools. CAMHS at home."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Child and Adolescent Mental Health Services (CAMHS)",
        "CAMHS, or child-and-adolescent mental-health service",
        "We send letters",
        "SENDER",
        "camhs.nhs.uk and info@camhs",
        "",
    ],
)
def test_nothing_is_added_if_the_full_form_is_present_or_there_is_no_abbreviation(text: str) -> None:
    assert VOCABULARY.spelled_out(text) == text


@pytest.mark.parametrize("written", ["CAMHS", "camhs", "Camhs", "CAMHS's", "CAMHS’s", "A&E", "a&e", "A&Es"])
def test_an_abbreviation_that_is_safe_in_any_case_is_recognised_in_any_case(written: str) -> None:
    assert VOCABULARY.spelled_out(written).startswith(f"{written} (")


def test_in_a_sentence_in_capitals_abbreviations_that_are_also_words_do_not_count() -> None:
    assert VOCABULARY.spelled_out("TO SEND CHILDREN ON HOLIDAYS") == "TO SEND CHILDREN ON HOLIDAYS"
    assert "SEND (special" in VOCABULARY.spelled_out("TO RELIEVE POVERTY AMONG CHILDREN\nSupport for SEND")
    assert "SEND (special" in VOCABULARY.spelled_out("SEND")


def test_in_capitals_the_full_form_is_in_capitals_too() -> None:
    once = VOCABULARY.spelled_out("CAMHS PROVIDERS TO SEND REPORTS")
    assert once == f"CAMHS ({CAMHS_IN_FULL.upper()}) PROVIDERS TO SEND REPORTS"
    assert VOCABULARY.spelled_out(once) == once


def test_each_form_leads_to_the_other_forms_of_its_row() -> None:
    assert VOCABULARY.related("CAMHS") == (CAMHS_IN_FULL, "children's mental health")
    assert VOCABULARY.related("Children’s mental-health") == ("CAMHS", CAMHS_IN_FULL)
    assert VOCABULARY.related(CAMHS_IN_FULL) == ("CAMHS", "children's mental health")


def test_only_the_longest_of_overlapping_forms_counts() -> None:
    assert "mental wellbeing" not in VOCABULARY.related("children's mental health")
    assert VOCABULARY.related("adult mental health") == ("mental wellbeing",)


def test_forms_in_the_text_are_not_repeated() -> None:
    assert VOCABULARY.related("CAMHS: children's mental health") == (CAMHS_IN_FULL,)
    assert VOCABULARY.related("CAMHS: mental health, for children and children's mental health") == (
        CAMHS_IN_FULL,
        "mental wellbeing",
    )


def test_related_forms_are_in_the_order_of_the_text() -> None:
    assert VOCABULARY.related("reablement, then casualty") == (
        "help to regain independence after hospital",
        "A&E",
        "accident and emergency",
    )


@pytest.mark.parametrize(
    "written",
    [
        "voluntary, community and social enterprises",
        "voluntary community & social enterprise",
        "Voluntary, Community  and Social-Enterprise",
    ],
)
def test_commas_ampersands_plurals_and_hyphens_make_no_difference(written: str) -> None:
    assert VOCABULARY.related(written) == ("VCSE",)


@pytest.mark.parametrize(
    "written", ["mental. Health", "mental - health", "mental\nhealth", "mentalhealth", "mental, health"]
)
def test_separated_words_are_not_a_form(written: str) -> None:
    assert VOCABULARY.related(written) == ()


@pytest.mark.parametrize(
    ("plain", "formal"),
    [
        ("Help for people with back pain", "MSK"),
        ("counselling for anxiety and depression", "IAPT"),
        ("Someone to take blood tests at home", "phlebotomy"),
        ("foot care for older people", "podiatry"),
        ("lifts to hospital for people who cannot drive", "NEPTS"),
        ("a sexual health clinic in town", "GUM"),
        ("swallowing difficulties after a stroke", "dysphagia"),
        ("hearing aids", "audiology"),
        ("sign language interpreters", "BSL"),
    ],
)
def test_plain_words_and_nhs_words_lead_to_each_other(plain: str, formal: str) -> None:
    forward = related(plain)
    assert formal in forward
    back = related(f"A provider of {formal}")
    assert any(set(key_of(form)) <= set(key_of(plain)) for form in back)


def test_the_table_has_abbreviations_that_commissioners_use() -> None:
    assert spelled_out("DSPT") == "DSPT (data security and protection toolkit)"
    assert spelled_out("IT or OT, US, MS and ICE") == "IT or OT, US, MS and ICE"


def test_every_abbreviation_of_the_table_is_spelled_out() -> None:
    for term in terms():
        if term.short:
            assert spelled_out(f"The {term.short} team") == f"The {term.short} ({term.full}) team"


def test_every_form_of_the_table_leads_to_the_others() -> None:
    for term in terms():
        for form in term.forms:
            others = [other for other in term.forms if other != form]
            missing = [other for other in others if other not in related(f"about {form} here")]
            assert all(set(key_of(other)) <= set(key_of(form)) for other in missing), (form, missing)


def test_no_full_form_of_the_table_is_in_capitals() -> None:
    # Otherwise, adding a full form could make a sentence count as written in capitals.
    added = [term.full for term in terms() if term.short]
    assert all(sum(map(str.isupper, full)) < sum(map(str.islower, full)) for full in added)
    assert not [word for full in added for word in full.split() if len(word) > 5 and word.isupper()]


HEADER = "short,full,plain,anycase\n"


@pytest.mark.parametrize(
    ("table", "problem", "line"),
    [
        (HEADER + "AB,aa bb,,no\nAB,cc dd,,no\n", "“AB” is also on line 2", 3),
        (HEADER + 'AB,aa bone,,no\nCD,cc dd,"x | AA, Bones",no\n', "“AA, Bones” is also on line 2", 3),
        (HEADER + "AB,aa bones,aa-bone,no\n", "two forms differ only in case", 2),
        (HEADER + "AB,,x,no\n", "“” has characters that are not allowed", 2),
        (HEADER + "AB,aa (bb),,no\n", "“aa (bb)” has characters that are not allowed", 2),
        (HEADER + "AB,aa,x | ,no\n", "“” has characters that are not allowed", 2),
        (HEADER + "A B,aa,,no\n", "“A B” is not one word", 2),
        (HEADER + "AB,aa,,maybe\n", "anycase is “maybe”", 2),
        (HEADER + "AB,aa,no\n", "the row does not have four columns", 2),
        (HEADER + "AB,aa, bb,,no\n", "the row does not have four columns", 2),
        ("short,full\nAB,aa\n", "the columns are not", 1),
    ],
)
def test_an_ambiguous_table_is_refused(tmp_path: Path, table: str, problem: str, line: int) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_terms(path)
    assert problem in refused.value.problem
    assert (refused.value.place.file, refused.value.place.line) == ("terms.csv", line)
