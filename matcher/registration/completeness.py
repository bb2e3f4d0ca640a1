"""Completeness: what a profile still lacks, and what each piece of it would do for being found.

The rules are one table. They say what search does with a field, not how good a supplier is, and nothing
here reaches a score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from matcher.records import Profile, Record, Sector
from matcher.records.text import is_wordless

# A text shorter than this says too little to be told from others by its meaning: about two sentences.
TELLING_CHARACTERS: Final = 120


@dataclass(frozen=True)
class Rule:
    """What is asked of a field, why, and whether a registration can be confirmed without it."""

    field: str
    advice: str
    because: str
    met: Callable[[Profile], bool]
    required: bool = False


class Missing(Record):
    """A rule that a profile does not meet yet."""

    field: str
    advice: str
    because: str
    required: bool


class Completeness(Record):
    """How many of the rules a profile meets, and the others, those that a confirmation needs first."""

    met: int
    of: int
    can_be_confirmed: bool
    missing: tuple[Missing, ...]


RULES: Final = (
    Rule(
        "identifiers",
        "Give your charity number or your company number",
        "It shows who you are, and keeps you from standing in the register twice",
        lambda profile: bool(profile.identifiers.charity or profile.identifiers.company),
        required=True,
    ),
    Rule(
        "capabilities",
        "Describe what you can do, in a summary or as capabilities",
        "Search reads these words; without any, only your name can be found",
        lambda profile: any(not is_wordless(text) for text in _words(profile)),
        required=True,
    ),
    Rule(
        "summary",
        f"Write at least {TELLING_CHARACTERS} characters on whom you help and how",
        "A need is compared with it by meaning; a few words have little of that",
        lambda profile: len(profile.summary) >= TELLING_CHARACTERS,
    ),
    Rule(
        "capabilities.description",
        "Describe each capability in a sentence or two of its own",
        "Each capability is compared with a need by itself, and quoted as the reason for a match",
        lambda profile: bool(profile.capabilities) and all(part.description for part in profile.capabilities),
    ),
    Rule(
        "capabilities.outcomes",
        "Say for at least one capability what changed for people",
        "Needs ask for outcomes, and these are compared with them",
        lambda profile: any(part.outcomes for part in profile.capabilities),
    ),
    Rule(
        "track_record",
        "Add work you have done, with the buyer and the date",
        "Work that is like the need is the strongest evidence there is",
        lambda profile: bool(profile.track_record),
    ),
    Rule(
        "coverage",
        "Name the regions you work in, or say that you work nationally",
        "Who filters by region does not see a supplier whose regions are not known",
        lambda profile: profile.coverage.national or bool(profile.coverage.regions),
    ),
    Rule(
        "postcode",
        "Give the postcode of your main office",
        "It stands in for your region where you name none",
        lambda profile: profile.postcode is not None,
    ),
    Rule(
        "sector",
        "Say what kind of organisation you are",
        "Who filters by sector does not see a supplier whose sector is not known",
        lambda profile: profile.sector is not Sector.UNKNOWN,
    ),
    Rule(
        "turnover",
        "Give your turnover of the last year",
        "A need has a size; whether you could carry it is judged from this, and in the middle where it is not known",
        lambda profile: profile.turnover is not None,
    ),
    Rule(
        "employees",
        "Give the number of your staff",
        "With the turnover it shows that you are a small or medium enterprise in law",
        lambda profile: profile.employees is not None,
    ),
    Rule(
        "accreditations",
        "Name the schemes you hold, such as DSPT or Cyber Essentials, with the day each ends",
        "A need that requires a scheme shows only those who hold it",
        lambda profile: bool(profile.accreditations),
    ),
    Rule(
        "website",
        "Give the address of your website",
        "A commissioner who reads your profile can look further; search does not use it",
        lambda profile: profile.website is not None,
    ),
)


def completeness_of(profile: Profile) -> Completeness:
    """Return what `profile` meets of the rules and what it lacks."""
    unmet = [rule for rule in RULES if not rule.met(profile)]
    return Completeness(
        met=len(RULES) - len(unmet),
        of=len(RULES),
        can_be_confirmed=not any(rule.required for rule in unmet),
        missing=tuple(
            Missing(field=rule.field, advice=rule.advice, because=rule.because, required=rule.required)
            for rule in sorted(unmet, key=lambda rule: not rule.required)
        ),
    )


def _words(profile: Profile) -> list[str]:
    described = [text for part in profile.capabilities for text in (part.title, part.description)]
    return [profile.summary, *described]
