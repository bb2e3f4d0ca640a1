"""The encoder and the second reading that the settings ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.bootstrap import encoder_of, second_reading_of
from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings


def test_a_missing_file_of_weights_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_ENCODER_WEIGHTS", str(tmp_path / "absent"))
    with pytest.raises(Unavailable, match="absent does not exist") as refused:
        encoder_of(Settings())
    assert "set it to stock" in refused.value.remedy


def test_the_encoder_without_tuning_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = encoder_of(Settings()).fingerprint
    monkeypatch.setenv("MATCHER_ENCODER_WEIGHTS", "stock")
    stock = Settings()
    assert encoder_of(stock).fingerprint != tuned
    for name, value in stock.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == stock


def test_a_missing_reader_is_an_error_unless_the_second_reading_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_READER", str(tmp_path / "absent"))
    monkeypatch.setenv("MATCHER_SECOND_READING", "0")
    assert second_reading_of(Settings()) is None
    monkeypatch.setenv("MATCHER_SECOND_READING", "30")
    with pytest.raises(Unavailable, match="absent has no reader") as refused:
        second_reading_of(Settings())
    assert "set MATCHER_SECOND_READING to 0" in refused.value.remedy
