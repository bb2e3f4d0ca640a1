"""The engine, its explanations, and opportunities. Every search starts in this package."""

from matcher.search.engine import Announce, Engine
from matcher.search.explanations import ExplainedSearch, explain, shown_revisions
from matcher.search.opportunities import Opportunities, Opportunity, is_open, opportunities_for, opportunities_of
from matcher.search.quotes import quotes_of
from matcher.search.ranking import Ranking, eligible_in, ranking_of, rankings_of

__all__ = [
    "Announce",
    "Engine",
    "ExplainedSearch",
    "Opportunities",
    "Opportunity",
    "Ranking",
    "eligible_in",
    "explain",
    "is_open",
    "opportunities_for",
    "opportunities_of",
    "quotes_of",
    "ranking_of",
    "rankings_of",
    "shown_revisions",
]
