"""Second reading: a model that reads a need and a supplier's text together, and says how well they fit."""

from matcher.reading.reader import MODEL_FILE, TOKENIZER_FILE, CrossEncoder, Reader

__all__ = ["MODEL_FILE", "TOKENIZER_FILE", "CrossEncoder", "Reader"]
