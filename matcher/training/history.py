"""Award history: which awards training uses, in what order, and which needs have a winner to learn from."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.records import Profile
from matcher.register.names import without_generic_words
from matcher.sources.awards import Award
from matcher.training.examples import WonNeed

MIN_AWARDS: Final = 200
# The holdout covers the last `HOLDOUT_PERIOD` of the history, but holds at most `MAX_HOLDOUT_SHARE` of the awards.
# scikit-learn's TimeSeriesSplit is not used, because it splits by the number of awards, not by date.
HOLDOUT_PERIOD: Final = timedelta(days=150)
MAX_HOLDOUT_SHARE: Final = 0.5


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


def holdout_start(dated: Sequence[Award]) -> int:
    """Return the position of the first award in the holdout. `dated` must not be empty and must be in date order."""
    days = [award.need.published for award in dated if award.need.published]
    return max(bisect_left(days, days[-1] - HOLDOUT_PERIOD), round(len(days) * (1 - MAX_HOLDOUT_SHARE)))


def won_by_returning_suppliers(awards: Sequence[Award], start: int) -> list[WonNeed]:
    """Return the needs from position `start` onwards that were won by at least one supplier that had won before.

    Each need is returned with the ids of all its winners.
    """
    earlier = {winner.id for award in awards[:start] for winner in award.winners}
    needs = []
    for award in awards[start:]:
        winners = frozenset(winner.id for winner in award.winners)
        if winners & earlier:
            needs.append((award.need, winners))
        earlier |= winners
    return needs


def won_by_register(awards: Iterable[Award], register: Iterable[Profile]) -> list[WonNeed]:
    """Return each need won by a supplier with the same name as a profile in `register`.

    Each need is returned with the ids of all profiles with that name. Generic words in names are ignored.
    """
    ids_by_name: dict[str, list[str]] = defaultdict(list)
    for profile in register:
        ids_by_name[without_generic_words(profile.name)].append(profile.id)
    needs = []
    for award in awards:
        ids = frozenset(
            id for winner in award.winners for id in ids_by_name.get(without_generic_words(winner.name), ())
        )
        if ids:
            needs.append((award.need, ids))
    return needs


def digest_of(awards: Iterable[Award]) -> str:
    """Return the hexadecimal SHA-256 hash of the needs and winner ids in `awards`."""
    digest = hashlib.sha256()
    for award in awards:
        digest.update(award.need.model_dump_json().encode())
        digest.update(" ".join(sorted(winner.id for winner in award.winners)).encode())
    return digest.hexdigest()
