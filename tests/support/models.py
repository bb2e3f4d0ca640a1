"""Hand-made scoring models, and their scores for hand-made profiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, AdditiveModel, Curve, Scored

NAMES = [signal.name for signal in PIECE_SIGNALS]
PROFILE_NAMES = [signal.name for signal in PROFILE_SIGNALS]
LEVEL = Curve((0.0,), (0.0,))
NO_SIGNALS = (0.0,) * len(PROFILE_SIGNALS)
NO_WEIGHTS = ((0.0,) * len(PIECE_SIGNALS),) * len(FAMILIES)


def weights(**values: dict[str, float]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(values.get(family, {}).get(name, 0.0) for name in NAMES) for family in FAMILIES)


def model(**values: Any) -> AdditiveModel:
    """Return a model in which only the given fields affect the score."""
    fields = {
        "base": 0.0,
        "bias": (0.0,) * len(FAMILIES),
        "weights": NO_WEIGHTS,
        "curves": {signal.name: LEVEL for signal in PROFILE_SIGNALS},
        "log_odds": Curve((-10.0, 10.0), (-10.0, 10.0)),
    }
    return AdditiveModel("m", "1", **{**fields, **values})


def piece(**values: float) -> list[float]:
    return [values.get(name, 0.0) for name in NAMES]


def scored(model: AdditiveModel, families: str, *rows: list[float], profile: tuple[float, ...] = NO_SIGNALS) -> Scored:
    """Return the score of one profile. `families` lists the family of each piece, separated by spaces."""
    family = np.array([FAMILIES.index(name) for name in families.split()], dtype=np.int8)
    return model.pooled(np.array(rows), np.array([profile]), family, np.array([0]))
