"""From texts to vectors: the encoder and the cache before it."""

from matcher.embedding.cache import Aside, CachedEncoder, VectorTable
from matcher.embedding.encoder import WEIGHTS_FILE, Encoder, Progress, SentenceEncoder, Vectors, packaged_model

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
