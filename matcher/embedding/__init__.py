"""From texts to vectors: the encoder and the cache before it."""

from matcher.embedding.cache import CachedEncoder, VectorTable
from matcher.embedding.encoder import Encoder, Progress, SentenceEncoder, Vectors, packaged_model

__all__ = ["CachedEncoder", "Encoder", "Progress", "SentenceEncoder", "VectorTable", "Vectors", "packaged_model"]
