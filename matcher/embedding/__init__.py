"""From texts to vectors: the encoder and the cache before it."""

from matcher.embedding.cache import Aside, CachedEncoder, VectorTable
from matcher.embedding.encoder import WEIGHTS_FILE, Encoder, Progress, SentenceEncoder, packaged_model
from matcher.foundations.arrays import Vectors

__all__ = [
    "WEIGHTS_FILE",
    "Aside",
    "CachedEncoder",
    "Encoder",
    "Progress",
    "SentenceEncoder",
    "VectorTable",
    "Vectors",
    "packaged_model",
]
