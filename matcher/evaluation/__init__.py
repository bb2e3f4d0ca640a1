"""How well a ranker finds the partners known to suit: metrics, intervals, slices, and rivals."""

from matcher.evaluation.baselines import baselines
from matcher.evaluation.evaluation import evaluate
from matcher.evaluation.judgements import Judgements, read_judgements
from matcher.evaluation.measures.slices import read_health_flags
from matcher.evaluation.ranker import ProfileScorer, RankedProfiles, Ranker, System, TextRanker, text_system
from matcher.evaluation.report import Comparison, IgnoredCounts, MetricFigures, Report

__all__ = [
    "Comparison",
    "System",
    "MetricFigures",
    "IgnoredCounts",
    "Judgements",
    "ProfileScorer",
    "Ranker",
    "RankedProfiles",
    "Report",
    "TextRanker",
    "baselines",
    "evaluate",
    "read_health_flags",
    "read_judgements",
    "text_system",
]
