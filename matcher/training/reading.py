"""The reader's training: a cross-encoder learns from judged needs to tell suitable suppliers from others.

The loss is that of `fitting`, over the readings of a need's judged profiles. The reader reads what it will read in a
search: the need, and the name and best piece of each profile. Word embeddings stay frozen, as for the encoder. Every
profile with a grade above 0 is read, and a sample of the misfits, which are many.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from matcher.foundations.arrays import Ints
from matcher.reading import MODEL_FILE, TOKENIZER_FILE
from matcher.reading.reader import NEED_CHARACTERS, TEXT_CHARACTERS, WORD_PIECES

if TYPE_CHECKING:
    import torch

RATE: Final = 4e-5
WARM_UP: Final = 24
DECAY: Final = 0.01
# The share of the learning rate that is left at the last step.
LAST_RATE: Final = 0.1
MISFITS: Final = 11
BATCH: Final = 16
SEED: Final = 1
# The version of the ONNX operators. Any version from 14 on has those that the model uses.
OPERATORS: Final = 17


@dataclass(frozen=True)
class ReadingLesson:
    """A need with the texts of the profiles judged for it, and their grades."""

    need: str
    texts: Sequence[str]
    grades: Ints  # (texts,)


def tune_reader(
    folder: Path,
    lessons: Sequence[ReadingLesson],
    out: Path,
    progress: Callable[[int], None] | None = None,
    *,
    passes: int = 1,
) -> int:
    """Tune the cross-encoder in `folder`, write it to the folder `out` and return the number of steps.

    `folder` holds a sequence classification model with one output, as the transformers library saves it. The result is
    in ONNX format with 8-bit weights. `progress` is called with 1 after each step, which takes one lesson.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    rng = random.Random(SEED)
    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, attn_implementation="eager", dtype=torch.float32
    ).train()
    for name, weight in model.named_parameters():
        weight.requires_grad_("embeddings" not in name)
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=RATE, weight_decay=DECAY)
    informative = [lesson for lesson in lessons if len(set(lesson.grades.tolist())) > 1]
    steps = [lesson for _ in range(passes) for lesson in rng.sample(informative, len(informative))]
    for step, lesson in enumerate(steps, start=1):
        slowdown = 1 - (1 - LAST_RATE) * max(0, step - WARM_UP) / len(steps)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_UP) * slowdown
        chosen = _sampled(lesson, rng)
        loss = _loss(_readings(model, tokenizer, lesson, chosen), lesson.grades[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        if progress is not None:
            progress(1)
    _export(model, out)
    tokenizer.backend_tokenizer.save(str(out / TOKENIZER_FILE))
    return len(steps)


def _sampled(lesson: ReadingLesson, rng: random.Random) -> list[int]:
    """Return the positions of the texts to read, of similar lengths beside each other."""
    misfits = np.flatnonzero(lesson.grades == 0).tolist()
    chosen = np.flatnonzero(lesson.grades).tolist() + rng.sample(misfits, min(len(misfits), MISFITS))
    return sorted(chosen, key=lambda i: len(lesson.texts[i]))


def _readings(
    model: torch.nn.Module,
    tokenizer: Callable[..., dict[str, torch.Tensor]],
    lesson: ReadingLesson,
    chosen: Sequence[int],
) -> torch.Tensor:
    import torch

    batches = []
    for start in range(0, len(chosen), BATCH):
        texts = [lesson.texts[i][:TEXT_CHARACTERS] for i in chosen[start : start + BATCH]]
        encoded = tokenizer(
            [lesson.need[:NEED_CHARACTERS]] * len(texts), texts,
            truncation=True, max_length=WORD_PIECES, padding=True, return_tensors="pt", return_token_type_ids=True,
        )  # fmt: skip
        batches.append(model(**encoded).logits[:, 0])
    return torch.cat(batches)


def _loss(readings: torch.Tensor, grades: Ints) -> torch.Tensor:
    import torch

    gain = torch.from_numpy(np.exp2(grades.astype(np.float32)) - 1)
    weight = (gain[:, None] - gain).clamp(min=0)
    lead = readings[:, None] - readings
    return (weight / weight.sum() * torch.nn.functional.softplus(-lead)).sum()


def _export(model: torch.nn.Module, out: Path) -> None:
    """Write `model` to `out` with 8-bit weights."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    inputs = ("input_ids", "attention_mask", "token_type_ids")

    class _Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(**dict(zip(inputs, tensors, strict=True))).logits
            return logits

    out.mkdir(parents=True, exist_ok=True)
    exact, sample = out / "exact.onnx", torch.ones((1, 8), dtype=torch.int64)
    model.eval()
    axes = {name: {0: "pairs", 1: "word pieces"} for name in inputs}
    with warnings.catch_warnings():
        # The exporter that is to replace this one needs another package. torch is pinned, so this one stays.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Logits(), (sample, sample, torch.zeros_like(sample)), str(exact), dynamo=False, opset_version=OPERATORS,
            input_names=list(inputs), output_names=["logits"], dynamic_axes=axes,
        )  # fmt: skip
    quantize_dynamic(exact, out / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True)
    exact.unlink()
