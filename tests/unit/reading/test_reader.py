"""The reader in use: it prefers what fits, repeats itself bit for bit, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings
from matcher.reading import MODEL_FILE, TOKENIZER_FILE, CrossEncoder

NEED = "Strength and balance classes for older people who have fallen"
FIT = "Steady Steps CIC. Exercise classes in village halls that help older people keep their balance."
MISFIT = "Lifeguard Society. We teach children to rescue swimmers from rivers and lakes."


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    """The reader that comes with the product."""
    folder = Settings().reader
    assert folder is not None
    return CrossEncoder(folder)


def test_what_fits_is_read_as_closer(reader: CrossEncoder) -> None:
    fit, misfit = reader.read(NEED, [FIT, MISFIT])
    assert fit > misfit + 1


def test_a_reading_depends_on_the_pair_alone(reader: CrossEncoder) -> None:
    alone = [float(reader.read(NEED, [text])[0]) for text in (FIT, MISFIT, "", "é" * 5_000)]
    assert reader.read(NEED, [FIT, MISFIT, "", "é" * 5_000] * 3).tolist() == alone * 3
    assert np.isfinite(alone).all()
    assert reader.read(NEED, []).tolist() == []


def test_the_fingerprint_changes_with_the_files(reader: CrossEncoder, tmp_path: Path) -> None:
    for file in (MODEL_FILE, TOKENIZER_FILE):
        (tmp_path / file).write_bytes(b"{}")
    other = CrossEncoder(tmp_path)
    assert len(reader.fingerprint) == len(other.fingerprint) == 32
    assert reader.fingerprint != other.fingerprint


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_reader_that_cannot_be_loaded_is_named_with_a_remedy(tmp_path: Path, damage: str) -> None:
    if damage == "damaged":
        for file in (MODEL_FILE, TOKENIZER_FILE):
            (tmp_path / file).write_bytes(b"{}")
    with pytest.raises(Unavailable, match=str(tmp_path)) as caught:
        CrossEncoder(tmp_path).read(NEED, [FIT])
    assert "MATCHER_SECOND_READING" in str(caught.value)
