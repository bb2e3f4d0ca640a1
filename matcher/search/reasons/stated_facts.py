"""Facts from the fields of a need and a profile: places, accreditations, sector and turnover.

Each function returns a text to put into a sentence, or a truth value. It is empty or false if the sentence does not
apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from matcher.index.codes import held_schemes, scheme_key
from matcher.records.places import stated_regions
from matcher.records.policy import ENOUGH_TURNOVER
from matcher.records.supplier_kind import is_of_kind
from matcher.records.vocabulary import sector_name
from matcher.search.reasons.match_facts import MatchFacts, in_words, listed
from matcher.search.reasons.reach import NOT_HERE, ReachKind, names_of


def reaching(kind: ReachKind) -> Callable[[MatchFacts], str | bool]:
    """Return a function that returns the regions that show a reach of `kind`, or true if it is shown by no region."""

    def regions(facts: MatchFacts) -> str | bool:
        reach = facts.reach
        return reach is not None and reach.kind is kind and (names_of(reach.regions) or True)

    return regions


def regions_missed(facts: MatchFacts) -> str:
    """Return the regions that the need requires, if the supplier works in none and its reach does not say so."""
    required = frozenset(facts.searched.need.requirements.regions)
    if not required or required & (stated_regions(facts.profile) or facts.worked):
        return ""
    is_told = facts.reach is not None and facts.reach.kind in NOT_HERE and required <= facts.searched.regions
    return "" if is_told else names_of(required)


def accreditations_held(facts: MatchFacts) -> str:
    """Return the required accreditations, if the supplier holds them all."""
    held, missing = _accreditations(facts)
    noun = "accreditation" if len(held) == 1 else "accreditations"
    return f"{noun} required: {listed(held, 'and')}" if held and not missing else ""


def accreditations_held_in_part(facts: MatchFacts) -> str:
    """Return how many of the required accreditations the supplier holds and which not, if it holds only some."""
    held, missing = _accreditations(facts)
    if not held or not missing:
        return ""
    counts = f"{in_words(len(held))} of the {in_words(len(held) + len(missing))}"
    return f"{counts} accreditations required, but states no valid {listed(missing, 'or')}"


def accreditations_missed(facts: MatchFacts) -> str:
    """Return the required accreditations, if the supplier holds none of them."""
    held, missing = _accreditations(facts)
    return "" if held else listed(missing, "or")


def sectors_missed(facts: MatchFacts) -> str:
    """Return the sectors that the need requires, if the supplier is in none of them."""
    required = facts.searched.need.requirements.sectors
    is_met = not required or any(is_of_kind(facts.profile, sector) for sector in required)
    return "" if is_met else listed([sector_name(sector).lower() for sector in required], "or")


def has_enough_turnover(facts: MatchFacts) -> bool:
    """Return whether the turnover is at least `ENOUGH_TURNOVER` times the value of the need."""
    return _turnover_ratio(facts) >= ENOUGH_TURNOVER


def turnover_multiple(facts: MatchFacts) -> str:
    """Return how many times the value of the need the turnover is, rounded down, if it covers the value but no more."""
    ratio = _turnover_ratio(facts)
    if not 1 <= ratio < ENOUGH_TURNOVER:
        return ""
    tenths = math.floor(ratio * 10) / 10
    return f"{tenths} times" if tenths > 1 else "equal to"


def has_little_turnover(facts: MatchFacts) -> bool:
    """Return whether the turnover is below the value of the need."""
    return _turnover_ratio(facts) < 1


def has_unknown_turnover(facts: MatchFacts) -> bool:
    """Return whether the turnover is unknown and the value of the need is not."""
    return bool(facts.searched.need.value) and facts.profile.turnover is None


def _turnover_ratio(facts: MatchFacts) -> float:
    """Return turnover divided by the value of the need, or NaN, which no comparison accepts, if one is unknown."""
    turnover, value = facts.profile.turnover, facts.searched.need.value
    return math.nan if turnover is None or not value else turnover / value


def _accreditations(facts: MatchFacts) -> tuple[list[str], list[str]]:
    """Return the required accreditations that the supplier holds on the day of the search, and the others."""
    valid = {scheme for scheme, last in held_schemes(facts.profile) if last >= facts.searched.on}
    required = {scheme_key(name): name for name in facts.searched.need.requirements.accreditations}
    held = [name for key, name in required.items() if key in valid]
    return held, [name for key, name in required.items() if key not in valid]
