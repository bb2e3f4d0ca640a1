"""Award history: which awards training uses, and in what order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.sources.awards import Award

MIN_AWARDS: Final = 200


def select_awards(awards: Iterable[Award], before: date | None, excluded: frozenset[str]) -> list[Award]:
    """Return the awards published before `before` whose need id is not in `excluded`.

    Undated awards are included. If `before` is None, there is no date limit.
    """
    return [
        award
        for award in awards
        if award.need.id not in excluded
        and (before is None or award.need.published is None or award.need.published < before)
    ]


def in_date_order(awards: Iterable[Award]) -> list[Award]:
    """Return the dated awards, oldest first. Awards from the same day are sorted by need id.

    Raises:
        InvalidInput: there are fewer than `MIN_AWARDS` dated awards.

    """
    dated = sorted((a for a in awards if a.need.published), key=lambda a: (str(a.need.published), a.need.id))
    if len(dated) < MIN_AWARDS:
        raise InvalidInput(
            f"the history has {len(dated)} dated awards, but training needs at least {MIN_AWARDS}",
            remedy="Use a longer history",
        )
    return dated


def digest_of(awards: Iterable[Award]) -> str:
    """Return the hexadecimal SHA-256 hash of the needs and winner ids in `awards`."""
    digest = hashlib.sha256()
    for award in awards:
        digest.update(award.need.model_dump_json().encode())
        digest.update(" ".join(sorted(winner.id for winner in award.winners)).encode())
    return digest.hexdigest()
