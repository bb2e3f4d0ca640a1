"""Profile signals: named numbers that say how well a need fits a complete profile. Higher is always better.

To add a signal, add a row to `PROFILE_SIGNALS`. If the signal needs new data, also add a column to `ProfileColumns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats, Mask, Vectors
from matcher.foundations.ragged import Ragged
from matcher.scoring.candidates import Candidates, NeedFacts
from matcher.scoring.curves import FLAT, Curve, CurvePrior
from matcher.scoring.piece_signals import overlap
from matcher.scoring.signal import Signal

# The limit of the capacity signal in either direction, in powers of ten, so that odd records, such as a value of one
# penny, have a limited effect.
MAX_CAPACITY: Final = 10.0
# Turnover counts up to twice the need's value, in powers of ten: the most that regulation 58(9) of the Public Contracts
# Regulations 2015 let a buyer ask for.
ENOUGH_CAPACITY: Final = float(np.log10(2))
# A product decision: a tenfold difference in turnover may cost no more than this, whatever the judgements suggest.
MAX_CAPACITY_SLOPE: Final = 1.2

# How well a supplier can reach a need's region. A supplier that covers the region, or all of England, reaches it fully.
WORKED_THERE: Final = 0.8
UNKNOWN_REACH: Final = 0.5
COULD_EXTEND: Final = 0.25
# The turnover in pounds from which a supplier tied to another region is taken to be able to extend to this one.
EXTENDING_TURNOVER: Final = 10_000_000.0
# Reaching the region adds at most this much to a score, so that place alone does not decide.
MAX_REACH: Final = 3.0

READING: Final = "reading"
MAX_READING: Final = 20.0

# How much a supplier's score falls if the supplier holds none of the required accreditations. This is a product
# decision, because award notices do not state the accreditations that were required.
ACCREDITATIONS: Final = 1.0


def capacity(turnover: Floats, value: float) -> Floats:
    """Return log10(turnover / value), limited to ±`MAX_CAPACITY`, or NaN where either amount is unknown.

    A turnover below one pound counts as one pound.
    """
    powers: Floats = np.log10(np.maximum(turnover, 1.0)) - np.log10(value)
    return powers.clip(-MAX_CAPACITY, MAX_CAPACITY)


def reach(candidates: Candidates, facts: NeedFacts) -> Floats:
    """Return how well each candidate can serve the need's region, from 0 (tied to another region) to 1, never NaN.

    The evidence is the stated coverage and the postcode first, then the places of past work, then size. Every candidate
    gets `UNKNOWN_REACH` if the need names no region.
    """
    if not facts.regions or not len(candidates):
        return np.full(len(candidates), UNKNOWN_REACH)
    home = candidates.profile_columns["home"]
    worked = np.bitwise_or.reduceat(candidates.piece_columns["regions"], candidates.piece_starts)
    large = candidates.profile_columns["turnover"] >= EXTENDING_TURNOVER
    levels = [(home & facts.regions) != 0, (worked & facts.regions) != 0, home == 0, large]
    return np.select(levels, [1.0, WORKED_THERE, UNKNOWN_REACH, COULD_EXTEND], 0.0)


def holds(schemes: Ragged, expires: Ragged, scheme: str, on: int) -> Mask:
    """Return, for each profile, whether it holds `scheme` on day `on`, shape (profiles,).

    Args:
        schemes: for each profile, the keys of its schemes.
        expires: the last day on which each of `schemes` is valid, in days since 1970.
        scheme: the key of the scheme to look for.
        on: the day to check, in days since 1970.

    """
    return schemes.any((schemes.values == scheme) & (expires.values >= on))


def accreditations(candidates: Candidates, facts: NeedFacts) -> Floats:
    """Return the share of required accreditations that each candidate holds on `facts.on`, or 1 if none is required."""
    if not facts.accreditations or not len(candidates):
        return np.ones(len(candidates))
    schemes, expires = candidates.profile_columns["schemes"], candidates.profile_columns["expires"]
    held = [holds(schemes, expires, scheme, facts.on) for scheme in facts.accreditations]
    share: Floats = np.mean(held, axis=0, dtype=np.float64)
    return share


def _of_name(closeness: Floats | Vectors, candidates: Candidates) -> Floats:
    """Return the mean of the two columns of `closeness`, shape (passages, 2), for each candidate's name."""
    names = candidates.passage_starts[candidates.piece_starts]
    mean: Floats = closeness[names].mean(axis=1, dtype=np.float64)
    return mean


@dataclass(frozen=True)
class ProfileSignal(Signal):
    """A signal that is computed for each profile.

    Attributes:
        compute: returns the value of the signal for each candidate, shape (candidates,), NaN where unknown.
        prior: the starting point for training, or the curve itself if it is not trained.

    """

    compute: Callable[[Candidates, NeedFacts], Floats]
    prior: CurvePrior | Curve


PROFILE_SIGNALS: Final = (
    ProfileSignal(
        "capacity", "ratio of turnover to the need's value, in powers of ten", -MAX_CAPACITY, MAX_CAPACITY,
        lambda candidates, facts: capacity(candidates.profile_columns["turnover"], facts.value),
        # Above twice the value, the curve is level. An unknown turnover counts as enough.
        CurvePrior((0.3, 0.3, 0.3), MAX_CAPACITY_SLOPE, (-1.0, 0.0, ENOUGH_CAPACITY), -5.0, ENOUGH_CAPACITY),
    ),
    ProfileSignal(
        "coverage", "1 if the profile covers a region of the need, 0 if not, ½ if unknown", 0, 1,
        lambda candidates, facts: overlap(candidates.profile_columns["home"], facts.regions),
        FLAT,  # a model that weighs reach needs no coverage
    ),
    ProfileSignal(
        "accreditations", "share of the required accreditations that are held and valid, 1 if none is required", 0, 1,
        accreditations,
        # This part of the score is 0 if no accreditation is required, as in all awards used for training.
        Curve((0.0, 1.0), (-ACCREDITATIONS, 0.0)),
    ),
    ProfileSignal(
        "name_meaning", "mean cosine between the supplier's name and both the need and its title", -1, 1,
        lambda candidates, _: _of_name(candidates.cosines, candidates),
        CurvePrior((1.0,)),  # a name often reveals the trade
    ),
    ProfileSignal(
        "name_wording", "mean lexical cosine between the supplier's name and both the need and its title", 0, 1,
        lambda candidates, _: _of_name(candidates.lexical_cosines, candidates),
        CurvePrior((0.5,)),
    ),
    ProfileSignal(
        "reach", "1 if here or national, ⅘ if it worked here, ½ if unknown, ¼ if large but elsewhere, else 0", 0, 1,
        reach,
        CurvePrior((0.6,), MAX_REACH),
    ),
    ProfileSignal(
        READING, "log odds that a second reading gives the need and the best piece, for the first candidates",
        -MAX_READING, MAX_READING,
        # The engine fills this in once it knows who comes first; see `AdditiveModel.with_readings`.
        lambda candidates, _: np.full(len(candidates), np.nan),
        FLAT,  # fitted by itself after the other signals
    ),
)  # fmt: skip


def measure_profiles(candidates: Candidates, facts: NeedFacts) -> Floats:
    """Return the signals of all candidates, shape (candidates, PROFILE_SIGNALS)."""
    return np.column_stack([signal.compute(candidates, facts) for signal in PROFILE_SIGNALS])
