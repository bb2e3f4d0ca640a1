"""Stages: what the words of other systems for the state of a need or notice mean here."""

from __future__ import annotations

import re
from typing import Final

from matcher.records import Stage

_STAGES: Final = {
    Stage.IDEA: ("idea", "proposal", "concept", "scoping"),
    Stage.PLANNING: (
        "planning", "planned", "pipeline", "future", "future opportunity", "upcoming", "pre procurement",
        "pre tender", "prior information notice", "not started", "planned procurement notice", "pipeline notice",
    ),
    Stage.MARKET_ENGAGEMENT: (
        "market engagement", "early engagement", "pre market engagement", "preliminary market engagement",
        "soft market testing", "market engagement notice", "preliminary market engagement notice",
    ),
    Stage.TENDER: (
        "tender", "open", "live", "active", "published", "in procurement", "out to tender", "opportunity", "contract",
        "contract notice", "tender notice", "closed", "evaluation", "under evaluation", "in progress",
    ),
    Stage.AWARD: ("award", "awarded", "contract awarded", "contract award", "award notice", "complete", "completed"),
}  # fmt: skip
_BY_WORDS: Final = {words: stage for stage, forms in _STAGES.items() for words in forms}
_WITHDRAWN: Final = frozenset(
    {
        "withdrawn",
        "cancelled",
        "canceled",
        "abandoned",
        "terminated",
        "discontinued",
        "no longer required",
        "unsuccessful",
    }
)


def stage_named(text: str) -> Stage | None:
    """Return the stage that `text` names, or None."""
    return _BY_WORDS.get(_words(text))


def is_withdrawn(text: str) -> bool:
    """Return whether `text` says that a need no longer exists."""
    return _words(text) in _WITHDRAWN


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", text.casefold()).split())
