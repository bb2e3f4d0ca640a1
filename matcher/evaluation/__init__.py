"""How well a ranker finds the partners known to suit: metrics, intervals, slices, and rivals."""

from matcher.evaluation.evaluation import evaluate
from matcher.evaluation.judgements import Judgements, read_judgements
from matcher.evaluation.measures.slices import read_health_flags
from matcher.evaluation.ranker import Contender, ProfileScorer, RankedProfiles, Ranker, TextRanker, text_contender
from matcher.evaluation.report import Comparison, Ignored, MetricFigures, Report
from matcher.evaluation.rivals.baselines import baselines

__all__ = [
    "Comparison",
    "Contender",
    "MetricFigures",
    "Ignored",
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
    "text_contender",
]
