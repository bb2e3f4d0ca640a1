"""Embedding: the encoder, which turns texts into vectors, and the cache of vectors."""

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
