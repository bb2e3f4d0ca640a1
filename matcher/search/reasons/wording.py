"""The wording of reasons: short sentences that say why a supplier fits a need, and what is unknown or does not fit.

Every sentence is a row. To add a sentence, add a row to one of the tables below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from matcher.records.policy import MAX_CAUTIONS, MAX_REASONS
from matcher.search.reasons.match_facts import MatchFacts
from matcher.search.reasons.quoted_facts import (
    OFFER_KINDS,
    capability,
    closest_is_name,
    copied_part,
    is_silent,
    outcome,
    own_words,
    past_work,
    similar_work,
    stands_for_work,
)
from matcher.search.reasons.reach import ReachKind
from matcher.search.reasons.stated_facts import (
    accreditations_held,
    accreditations_held_in_part,
    accreditations_missed,
    has_enough_turnover,
    has_little_turnover,
    has_unknown_turnover,
    reaching,
    regions_missed,
    sectors_missed,
    turnover_multiple,
)
from matcher.texts.passages import PassageKind


@dataclass(frozen=True)
class ReasonRow:
    """A sentence, and the fact that it states.

    Attributes:
        sentence: the words, with {} where the fact belongs.
        fact: returns the fact, or an empty or false value if the sentence does not apply.
        kinds: for a sentence about a quoted passage, the kinds of passage. The sentence about the closest comes first.

    """

    sentence: str
    fact: Callable[[MatchFacts], str | bool]
    kinds: tuple[PassageKind, ...] = ()


_WORK: Final = (PassageKind.TRACK_RECORD,)
# What the supplier says and did, from the quoted passages.
QUOTED: Final = (
    ReasonRow("Offers {} (capability)", capability, OFFER_KINDS),
    ReasonRow("Says of itself: {}", own_words, OFFER_KINDS),
    ReasonRow("Reports {} (outcome)", outcome, OFFER_KINDS),
    ReasonRow("Did {}", past_work, _WORK),
    ReasonRow("Did similar work for {}", similar_work, _WORK),
    ReasonRow("Its name is what comes closest to this need", closest_is_name, (PassageKind.NAME,)),
)
# What fits the place, the requirements and the value of the need.
FITTING: Final = (
    ReasonRow("Works nationally", reaching(ReachKind.NATIONAL)),
    ReasonRow("Works in {}", reaching(ReachKind.WORKS_HERE)),
    ReasonRow("Is based in {}", reaching(ReachKind.BASED_HERE)),
    ReasonRow("Has worked in {}", reaching(ReachKind.WORKED_HERE)),
    ReasonRow("Holds the {}", accreditations_held),
    ReasonRow("Turnover enough for a need of this value", has_enough_turnover),
    ReasonRow("Turnover about {} the value of this need", turnover_multiple),
)
# What does not fit or is unknown, most serious first.
CAUTIONS: Final = (
    ReasonRow("Its text repeats the words of this need ({})", copied_part),
    ReasonRow("Does not say what it does: only its name is known", is_silent),
    ReasonRow("Holds {}", accreditations_held_in_part),
    ReasonRow("States no valid {}, which this need requires", accreditations_missed),
    ReasonRow("Is not of a kind that this need requires: {}", sectors_missed),
    ReasonRow("Is not known to work in a region that this need requires: {}", regions_missed),
    ReasonRow("Works elsewhere: {}", reaching(ReachKind.WORKS_ELSEWHERE)),
    ReasonRow("Is based elsewhere: {}", reaching(ReachKind.BASED_ELSEWHERE)),
    ReasonRow("Past work was elsewhere: {}", reaching(ReachKind.WORKED_ELSEWHERE)),
    ReasonRow("Turnover below the value of this need", has_little_turnover),
    ReasonRow("No track record here yet: judged by its {}", stands_for_work),
    ReasonRow("Does not say where it works", reaching(ReachKind.UNKNOWN)),
    ReasonRow("Turnover not known", has_unknown_turnover),
)


def reasons_for(facts: MatchFacts) -> tuple[str, ...]:
    """Return why the supplier fits, strongest first, then what does not fit or is unknown.

    These are at most `MAX_REASONS` sentences, of which at most `MAX_CAUTIONS` are cautions.
    """
    shown = [quote.kind for quote, _ in facts.quotes.distinct]
    quoted = sorted(QUOTED, key=lambda row: next((n for n, kind in enumerate(shown) if kind in row.kinds), len(shown)))
    cautions = _sentences(CAUTIONS, facts)[:MAX_CAUTIONS]
    strengths = _sentences((*quoted, *FITTING), facts)
    return (*strengths[: MAX_REASONS - len(cautions)], *cautions)


def _sentences(rows: Iterable[ReasonRow], facts: MatchFacts) -> list[str]:
    stated = ((row, row.fact(facts)) for row in rows)
    return [row.sentence.format(fact) for row, fact in stated if fact]
