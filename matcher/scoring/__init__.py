"""Signals and the additive model, which turn a need and its candidates into scores and their parts."""

from matcher.scoring.candidates import FAMILIES, UNDATED, Candidates, NeedFacts
from matcher.scoring.curves import Curve, CurvePrior
from matcher.scoring.model import BASE, PARTS, AdditiveModel, Pooling, Scored
from matcher.scoring.piece_signals import PIECE_SIGNALS, PieceSignal, measure_pieces
from matcher.scoring.profile_signals import PROFILE_SIGNALS, ProfileSignal, measure_profiles

__all__ = [
    "BASE",
    "FAMILIES",
    "PARTS",
    "PIECE_SIGNALS",
    "PROFILE_SIGNALS",
    "UNDATED",
    "AdditiveModel",
    "Candidates",
    "Curve",
    "CurvePrior",
    "NeedFacts",
    "PieceSignal",
    "Pooling",
    "ProfileSignal",
    "Scored",
    "measure_pieces",
    "measure_profiles",
]
