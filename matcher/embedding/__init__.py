"""From texts to vectors: the encoder and the cache before it."""

from matcher.embedding.cache import Aside, CachedEncoder, VectorTable
from matcher.embedding.encoder import Encoder, Progress, SentenceEncoder, Vectors, packaged_model

__all__ = [
    "Aside",
    "CachedEncoder",
    "Encoder",
    "Progress",
    "SentenceEncoder",
    "VectorTable",
    "Vectors",
    "packaged_model",
]
