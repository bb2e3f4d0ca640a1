"""The register's directory, and the completeness, previews and redaction of registrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Contact, Coverage, Identifiers, Profile
from matcher.records.vocabulary import Sector
from matcher.register.names import without_legal_form
from matcher.registration import Directory, Registrations, completeness_of, preview_of
from matcher.registration.completeness import RULES
from matcher.store import RecordKind, Store
from matcher.store.backup import back_up, restore


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Steady Steps Ltd", "STEADY STEPS LIMITED"),
        ("The Steady-Steps C.I.C", "The Steady Steps c.i.c"),
        ("Steady Steps CIC", "Steady Steps Community Interest Company"),
        ("Steps & Balance", "steps and balance"),
        ("Café Steps", "Cafe Steps"),
        ("St. Luke's", "St Lukes"),
    ],
)
def test_names_that_match(one: str, other: str) -> None:
    assert without_legal_form(one) == without_legal_form(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Steps North", "Steps South"), ("The Limited", "The CIC"), ("Ωμέγα", "Άλφα"), ("Steps", "Step")]
)
def test_names_that_differ(one: str, other: str) -> None:
    assert without_legal_form(one) != without_legal_form(other)


def test_the_directory_follows_the_register(store: Store) -> None:
    directory = Directory(store)
    new = Profile(id="new", name="Steady Steps", identifiers=Identifiers(charity="1000003", company="02324869"))

    def similar() -> list[tuple[str, str]]:
        return [(other.profile_id, other.likeness.value) for other in directory.similar(new)]

    assert similar() == []
    with store.writing() as writer:
        writer.put(Profile(id="b", name="Steady Steps Ltd"))
        writer.put(Profile(id="a", name="Other", identifiers=Identifiers(company="02324869")))
        writer.put(Profile(id="c", name="Steady Steps", identifiers=Identifiers(charity="1000003")))
        writer.put(new)
    assert similar() == [("a", "identifier"), ("c", "identifier"), ("b", "name")]
    with store.writing() as writer:
        writer.put(Profile(id="a", name="Steady Steps"))
        writer.withdraw(RecordKind.PROFILE, "c")
        writer.put(Profile(id="b", name="Paces"))
    assert similar() == [("a", "name")]


def test_the_directory_follows_a_restored_backup(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url) as store:
        with store.writing() as writer:
            writer.put(Profile(id="a", name="Steady Steps"))
        back_up(url, tmp_path / "backup")
        directory = Directory(store)
        with store.writing() as writer:
            writer.put(Profile(id="b", name="Steady Steps"))
            writer.put(Profile(id="c", name="Steady Steps"))
        new = Profile(id="new", name="Steady Steps")
        assert [other.profile_id for other in directory.similar(new)] == ["a", "b", "c"]
        restore(tmp_path / "backup", url)
        assert [other.profile_id for other in directory.similar(new)] == ["a"]


def test_completeness_lists_missing_parts_required_ones_first() -> None:
    bare = completeness_of(Profile(id="p", name="Steps"))
    assert (bare.met, bare.of, bare.can_be_confirmed) == (0, len(RULES), False)
    assert [part.required for part in bare.missing] == [True, True] + [False] * (len(RULES) - 2)
    more = Profile(
        id="p",
        name="Steps",
        sector=Sector.CHARITY,
        summary="Classes for older people.",
        identifiers=Identifiers(charity="1000003"),
        coverage=Coverage(national=True),
    )
    result = completeness_of(more)
    assert result.can_be_confirmed
    assert {rule.field for rule in RULES} - {part.field for part in result.missing} == {
        "identifiers",
        "capabilities",
        "coverage",
        "sector",
    }
    assert not completeness_of(more.model_copy(update={"summary": " … "})).can_be_confirmed


def test_each_rule_has_advice_and_a_reason() -> None:
    for rule in RULES:
        assert rule.advice[0].isupper()
        assert rule.because[0].isupper()
        assert not rule.advice.endswith(".")
    assert len({rule.field for rule in RULES}) == len(RULES)


def test_a_preview_shows_what_search_reads() -> None:
    preview = preview_of(Profile(id="p", name="Steps", summary="Classes for older people."))
    assert [(quote.text, quote.source) for quote in preview.quotes] == [
        ("Steps", "name"),
        ("Classes for older people", "summary"),
    ]


def test_contact_details_in_the_texts_of_a_registration_are_refused(store: Store) -> None:
    registrations = Registrations(store, Directory(store))
    contact = Contact(email="anna@steps.example")
    with pytest.raises(InvalidInput, match="summary: contains an e-mail address or a telephone number"):
        registrations.start(Profile(id="new", name="Steps", summary="Ring 0113 496 0000"), contact, None)
    draft = registrations.start(Profile(id="new", name="Steps"), contact, None)
    with pytest.raises(InvalidInput, match="summary: contains an e-mail address or a telephone number"):
        registrations.revise(draft.profile.model_copy(update={"summary": "Write to a@b.org"}), None)
    assert registrations.read(draft.id) == draft
    assert draft.contact == contact, "the contact itself is stored separately"
