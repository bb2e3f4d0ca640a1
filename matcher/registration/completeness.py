"""What a profile still lacks, and how each missing part would help buyers to find the supplier.

The rules are in `RULES`. They say how search uses a field, not how good a supplier is, and they do not affect scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from matcher.records import Profile, Record, Sector, supplier_kind
from matcher.records.text import is_wordless

# About two sentences. A shorter text says too little for its meaning to be compared.
MIN_SUMMARY_CHARACTERS: Final = 120


@dataclass(frozen=True)
class Rule:
    """What a field should hold, and why. A registration can only be confirmed if it meets every `required` rule."""

    field: str
    advice: str
    because: str
    met: Callable[[Profile], bool]
    required: bool = False


class Missing(Record):
    """A rule that a profile does not yet meet."""

    field: str
    advice: str
    because: str
    required: bool


class Completeness(Record):
    """The number of rules that a profile meets, and the rules that it does not meet, with required rules first."""

    met: int
    of: int
    can_be_confirmed: bool
    missing: tuple[Missing, ...]


RULES: Final = (
    Rule(
        "identifiers",
        "Enter your charity number or company number",
        "It identifies you and prevents a duplicate entry in the register",
        lambda profile: bool(profile.identifiers.charity or profile.identifiers.company),
        required=True,
    ),
    Rule(
        "capabilities",
        "Describe what you do, in a summary or as capabilities",
        "Search reads these texts. Without them, buyers can only find you by name",
        lambda profile: any(not is_wordless(text) for text in _texts(profile)),
        required=True,
    ),
    Rule(
        "summary",
        f"Write at least {MIN_SUMMARY_CHARACTERS} characters about who you help and how",
        "Search compares the meaning of your summary with needs, and a few words say too little",
        lambda profile: len(profile.summary) >= MIN_SUMMARY_CHARACTERS,
    ),
    Rule(
        "capabilities.description",
        "Describe each capability in one or two sentences",
        "Search compares each capability with needs, and may quote it as a reason for a match",
        lambda profile: bool(profile.capabilities) and all(part.description for part in profile.capabilities),
    ),
    Rule(
        "capabilities.outcomes",
        "Describe an outcome of at least one capability: what changed for people",
        "Needs ask for outcomes, and search compares them with yours",
        lambda profile: any(part.outcomes for part in profile.capabilities),
    ),
    Rule(
        "track_record",
        "Add work you have done, with the buyer and the date",
        "Past work that is similar to a need is the strongest evidence",
        lambda profile: bool(profile.track_record),
    ),
    Rule(
        "coverage",
        "List the regions you work in, or say that you work nationally",
        "A filter by region leaves out suppliers whose regions are unknown",
        lambda profile: profile.coverage.national or bool(profile.coverage.regions),
    ),
    Rule(
        "postcode",
        "Enter the postcode of your main office",
        "It determines your region if you do not list any",
        lambda profile: profile.postcode is not None,
    ),
    Rule(
        "sector",
        "Say what kind of organisation you are",
        "A filter by sector leaves out suppliers whose sector is unknown",
        lambda profile: supplier_kind(profile) is not Sector.UNKNOWN,
    ),
    Rule(
        "turnover",
        "Enter your turnover for the last year",
        "It shows whether you have the capacity for a need of a given value. If it is unknown, a neutral value is used",
        lambda profile: profile.turnover is not None,
    ),
    Rule(
        "employees",
        "Enter your number of staff",
        "Together with your turnover, it shows whether you are legally a small or medium-sized enterprise",
        lambda profile: profile.employees is not None,
    ),
    Rule(
        "accreditations",
        "List your accreditations, such as DSPT or Cyber Essentials, with their expiry dates",
        "Needs that require a scheme are shown only to suppliers that hold it",
        lambda profile: bool(profile.accreditations),
    ),
    Rule(
        "website",
        "Enter the address of your website",
        "It lets commissioners who read your profile find out more. Search does not use it",
        lambda profile: profile.website is not None,
    ),
)


def completeness_of(profile: Profile) -> Completeness:
    """Return how many rules `profile` meets, and which rules it does not meet."""
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


def _texts(profile: Profile) -> list[str]:
    described = [text for part in profile.capabilities for text in (part.title, part.description)]
    return [profile.summary, *described]
