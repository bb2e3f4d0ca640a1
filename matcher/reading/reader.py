"""Readers: models that read two texts together.

An encoder turns each text into a vector by itself, so that a register can be searched. A reader sees both texts at
once, which is more accurate and much slower. So it reads only the first candidates of a search.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.foundations.errors import Unavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL_FILE: Final = "model.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"

# How much a reader reads. Texts start with what matters most, and the time grows with the number of word pieces.
NEED_CHARACTERS: Final = 320
TEXT_CHARACTERS: Final = 420
WORD_PIECES: Final = 176


class Reader(Protocol):
    """Reads a need together with each of several texts."""

    @property
    def fingerprint(self) -> str:
        """A name that changes with the model's files."""
        ...

    def read(self, need: str, texts: Sequence[str]) -> Floats:
        """Return how well each text fits the need, shape (texts,). Higher is better; the unit is log odds, unscaled."""
        ...


class CrossEncoder:
    """A reader in ONNX format with 8-bit weights, run on the CPU.

    Each pair is read by itself on one thread, because 8-bit activations depend on what shares a batch. The same pair
    therefore always gives the same number. Pairs are spread over the cores.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def fingerprint(self) -> str:
        """The first 32 hexadecimal digits of the SHA-256 of both files.

        Raises:
            Unavailable: a file cannot be read.

        """
        digest = hashlib.sha256()
        for file in (MODEL_FILE, TOKENIZER_FILE):
            try:
                digest.update((self._folder / file).read_bytes())
            except OSError as error:
                raise self._unavailable(error) from error
        return digest.hexdigest()[:32]

    def read(self, need: str, texts: Sequence[str]) -> Floats:
        """Return how well each text fits the need, shape (texts,).

        Raises:
            Unavailable: the model cannot be loaded.

        """
        session, tokenizer = self._session, self._tokenizer
        start = need[:NEED_CHARACTERS]

        def read_one(text: str) -> float:
            encoding = tokenizer.encode(start, text[:TEXT_CHARACTERS])
            [logits] = session.run(
                None,
                {
                    "input_ids": np.array([encoding.ids], dtype=np.int64),
                    "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
                    "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
                },
            )
            return float(logits[0, 0])

        return np.array(list(self._threads.map(read_one, texts)), dtype=np.float64)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="reader")

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                str(self._folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime raises classes of its own that share no base
            raise self._unavailable(error) from error

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER_FILE))
        except Exception as error:  # the library raises plain exceptions
            raise self._unavailable(error) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(WORD_PIECES)
        return tokenizer

    def _unavailable(self, error: Exception) -> Unavailable:
        return Unavailable(
            f"the reader in {self._folder} cannot be loaded: {error}",
            remedy="Set MATCHER_READER to a folder that contains one, or MATCHER_SECOND_READING to 0",
        )
