"""The judgements in `data/judged`: complete, consistent with what the readers wrote, and free of contact details."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from matcher.evaluation import read_judgements
from matcher.foundations.personal_data import has_contact_details
from matcher.records import Need, Profile, Region
from matcher.sources.formats.jsonl import read_records

JUDGED = Path(__file__).parents[2] / "data" / "judged"
SETS = {"teach": 144, "choose": 40, "test": 60, "digital": 30}
# How many profiles are graded for each need. All the suppliers of the digital set are.
POOLS = {"teach": 32, "choose": 32, "test": 32, "digital": 80}
# NHS commissioners in England buy for the other nine regions.
ELSEWHERE = {"Scotland", "Wales", "Northern Ireland"}


def needs_of(folder: str) -> list[Need]:
    return list(read_records(JUDGED / folder / "needs.jsonl", Need))


def readings(folder: str) -> dict[tuple[str, str], tuple[int, int]]:
    rows = (line.split("\t") for line in (JUDGED / folder / "readers.tsv").read_text("utf-8").splitlines())
    return {(need, profile): (int(first), int(second)) for need, profile, first, second in rows}


@pytest.mark.parametrize(("folder", "count"), SETS.items())
def test_each_need_has_a_whole_pool_of_grades_from_0_to_3(folder: str, count: int) -> None:
    needs, grades = needs_of(folder), read_judgements(JUDGED / folder / "qrels.tsv").grades
    assert len(needs) == count
    assert {need.id for need in needs} == set(grades)
    assert {len(of_need) for of_need in grades.values()} == {POOLS[folder]}
    assert {grade for of_need in grades.values() for grade in of_need.values()} == {0, 1, 2, 3}


@pytest.mark.parametrize("folder", SETS)
def test_a_grade_by_two_readers_is_their_mean_rounded_down(folder: str) -> None:
    grades, read = read_judgements(JUDGED / folder / "qrels.tsv").grades, readings(folder)
    assert all(grades[need][profile] == sum(both) // 2 for (need, profile), both in read.items())
    twice = len({need for need, _ in read})
    assert twice == (SETS[folder] if folder != "teach" else 18)


def test_the_data_card_states_how_far_the_readers_agree() -> None:
    card = (JUDGED.parent / "DATA_CARD.md").read_text("utf-8")
    for folder in SETS:
        first, second = zip(*readings(folder).values(), strict=True)
        kappa = cohen_kappa_score(first, second, weights="quadratic")
        assert re.search(rf"{kappa:.2f}\s+\(`{folder}`\)", card), (folder, kappa)


def test_no_need_is_in_two_sets_and_every_region_is_there() -> None:
    needs = [need for folder in SETS for need in needs_of(folder)]
    assert len({need.title for need in needs}) == len({need.id for need in needs}) == sum(SETS.values())
    regions = Counter(need.region for need in needs)
    assert set(regions) == {*(region.value for region in Region), None} - ELSEWHERE
    assert min(regions.values()) >= 15


def test_no_need_holds_contact_details() -> None:
    for folder in SETS:
        for need in needs_of(folder):
            assert not has_contact_details("\n".join([need.title, need.description, *need.outcomes])), need.id


def test_the_suppliers_of_the_digital_set_are_valid_and_fictional() -> None:
    profiles = list(read_records(JUDGED / "digital" / "profiles.jsonl", Profile))
    assert len({profile.id for profile in profiles}) == len({profile.name for profile in profiles}) == POOLS["digital"]
    for profile in profiles:
        numbers = (profile.identifiers.company, profile.identifiers.charity)
        assert all(number is None or number.startswith("98") for number in numbers), profile.id
        assert (profile.website or ".example").endswith(".example"), profile.id
        assert not has_contact_details(profile.model_dump_json(include={"summary", "capabilities", "track_record"}))
