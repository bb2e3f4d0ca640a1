"""The reader's training, on a small model: it learns to tell texts apart, and its file gives what it learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from matcher.foundations.arrays import Ints
from matcher.reading import CrossEncoder
from matcher.scoring import Curve
from matcher.training import reading
from matcher.training.examples import Examples
from matcher.training.fitting import fit_reading
from matcher.training.reading import ReadingLesson, tune_reader

from .samples import sample_examples

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "falls",
    "classes",
    "meals",
    "transport",
    "choir",
    "older",
    "people",
]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small cross-encoder that has learned nothing."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    )  # fmt: skip
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    return folder


def lessons(count: int) -> list[ReadingLesson]:
    """Return needs for which texts about falls are suitable, however long, and all others are misfits."""
    services = ["falls", "meals", "transport", "choir"]
    return [
        ReadingLesson(
            "classes older people",
            [f"{service} classes{' people' * (n % 3)}" for service in services],
            np.array([3, 0, 0, 0]),
        )
        for n in range(count)
    ]


def test_a_reader_learns_and_its_file_reads_as_it_learned(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RATE", 1e-3)
    steps: list[int] = []
    taught = [*lessons(60), ReadingLesson("all alike", ["falls", "meals"], np.array([1, 1]))]
    assert tune_reader(untrained, taught, tmp_path, steps.append, passes=2) == sum(steps) == 120
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "tokenizer.json"]
    reader = CrossEncoder(tmp_path)
    for lesson in lessons(3):
        first, *others = reader.read(lesson.need, lesson.texts)
        assert first > max(others) + 1


def with_grades(examples: Examples, grades: Ints) -> Examples:
    return Examples(**{**vars(examples), "grades": grades})


def test_the_part_of_a_reading_is_fitted_and_never_negative() -> None:
    rng = np.random.default_rng(1)
    examples = sample_examples(50, 6)
    readings = rng.normal(0, 3, len(examples.grades))
    examples = with_grades(examples, (readings + rng.normal(0, 0.5, len(readings)) > 0).astype(np.int64))
    readings[::31] = np.nan
    curve = fit_reading(rng.normal(0, 0.1, len(readings)), readings, examples)
    assert curve.values[0] == 0
    assert curve.values[1] > 3
    assert curve(np.array([np.nan, -99.0])).tolist() == [0, 0]
    assert curve.at == (np.nanmin(readings), np.nanmax(readings))


def test_a_reading_that_misleads_gets_next_to_no_weight() -> None:
    examples = sample_examples(50, 6)
    curve = fit_reading(np.zeros(len(examples.grades)), -examples.grades.astype(np.float64), examples)
    assert isinstance(curve, Curve)
    assert curve.values[1] < 1e-3
