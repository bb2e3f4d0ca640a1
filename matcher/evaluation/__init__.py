"""Evaluation: how well a system ranks the partners known to suit a need, compared with baselines and rivals."""

from matcher.evaluation.baselines import baselines
from matcher.evaluation.evaluation import evaluate
from matcher.evaluation.judgements import Judgements, read_judgements
from matcher.evaluation.measures.slices import read_health_flags
from matcher.evaluation.ranker import ProfileScorer, RankedProfiles, Ranker, System, TextRanker, text_system
from matcher.evaluation.report import Comparison, IgnoredCounts, MetricFigures, Report

__all__ = [
    "Comparison",
    "IgnoredCounts",
    "Judgements",
    "MetricFigures",
    "ProfileScorer",
    "RankedProfiles",
    "Ranker",
    "Report",
    "System",
    "TextRanker",
    "baselines",
    "evaluate",
    "read_health_flags",
    "read_judgements",
    "text_system",
]
