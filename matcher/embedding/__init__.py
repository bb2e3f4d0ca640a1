"""From texts to vectors: the encoder and its cache."""

from matcher.embedding.cache import CachedEncoder, InMemoryOverlay, VectorTable
from matcher.embedding.encoder import WEIGHTS_FILE, Encoder, Progress, SentenceEncoder, packaged_model
from matcher.foundations.arrays import Vectors

__all__ = [
    "WEIGHTS_FILE",
    "CachedEncoder",
    "Encoder",
    "InMemoryOverlay",
    "Progress",
    "SentenceEncoder",
    "VectorTable",
    "Vectors",
    "packaged_model",
]
