"""Reasons: why a supplier fits a need, in sentences made only from facts of the profile and the need."""

from matcher.search.reasons.match_facts import MatchFacts
from matcher.search.reasons.reach import place_of
from matcher.search.reasons.searched_need import SearchedNeed
from matcher.search.reasons.wording import reasons_for

__all__ = ["MatchFacts", "SearchedNeed", "place_of", "reasons_for"]
