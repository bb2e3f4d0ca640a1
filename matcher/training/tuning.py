"""Tuning: the packaged encoder taught, by contrast, what counts as close in this field.

In a batch of pairs, each left text should be closest to its own right text, and the other way round
(multiple negatives ranking loss, both ways). Word embeddings stay as they are, so that words the awards do
not use keep their sense; only the layers above them learn, at a small rate, for some minutes. That is done several
times, with the pairs dealt out in another way each time, and the mean of the weights is what is used: it errs less
than any one of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from matcher.training.pairs import SHARES, TextPair

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BATCH: Final = 64
RATE: Final = 5e-5
# Steps until the rate is reached, at which it then stays.
WARM_UP: Final = 16
DECAY: Final = 0.01
SCALE: Final = 20.0
# Word pieces and characters read of a text while tuning; the first say most, and time is quadratic in them.
WORD_PIECES: Final = 64
CHARACTERS: Final = 400
EPOCHS: Final = 2
RUNS: Final = 2


def tune_encoder(
    folder: Path,
    pairs: Sequence[TextPair],
    out: Path,
    progress: Callable[[int], None] | None = None,
    *,
    epochs: int = EPOCHS,
    seed: int = 1,
) -> int:
    """Tune the encoder in `folder` on `pairs` and write the changed weights to `out`, in half precision.

    `progress` is told of each step, `epochs` is how often the pairs are gone through, `seed` says how they are dealt
    out. Returns the number of steps.
    """
    import torch
    from safetensors.torch import save_file

    deal = random.Random(seed)
    torch.manual_seed(seed)
    model = _taught(folder)
    learning = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimiser = torch.optim.AdamW(learning.values(), lr=RATE, weight_decay=DECAY)
    batches = [batch for _ in range(epochs) for batch in _batches(pairs, deal)]
    for step, batch in enumerate(batches, start=1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_UP)
        loss = _loss(model, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning.values(), 1.0)
        optimiser.step()
        if progress is not None:
            progress(1)
    out.parent.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    save_file({name: state[name].half().contiguous() for name in learning}, out)
    return len(batches)


def average_weights(runs: Sequence[Path], out: Path) -> None:
    """Write the mean of the weights that `runs` hold to `out`, in half precision."""
    import torch
    from safetensors.torch import load_file, save_file

    parts = [load_file(run) for run in runs]
    means = {name: torch.stack([part[name].float() for part in parts]).mean(dim=0) for name in parts[0]}
    save_file({name: mean.half() for name, mean in means.items()}, out)


def _taught(folder: Path) -> SentenceTransformer:
    """Load the encoder of which all but the word embeddings learns."""
    from sentence_transformers import SentenceTransformer

    # With drop-out, attention written out takes half the time of the fused kind, on a processor.
    how = {"dtype": "float32", "attn_implementation": "eager"}
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=how).train()
    model.max_seq_length = WORD_PIECES
    for name, weight in model.named_parameters():
        weight.requires_grad_("embeddings" not in name)
    return model


def _batches(pairs: Sequence[TextPair], deal: random.Random) -> list[list[TextPair]]:
    """Deal the pairs of each kind into batches of similar length: one kind a batch, so that it is no giveaway."""
    batches = []
    for kind, share in SHARES.items():
        chosen = [pair for pair in pairs if pair.kind == kind]
        chosen = deal.sample(chosen, int(len(chosen) * share))
        chosen.sort(key=lambda pair: len(pair.right) // 150 + deal.random() * 2)
        batches += [chosen[i : i + BATCH] for i in range(0, len(chosen), BATCH) if len(chosen) - i > BATCH // 8]
    deal.shuffle(batches)
    return batches


def _loss(model: SentenceTransformer, batch: Sequence[TextPair]) -> torch.Tensor:
    import torch

    left, right = (
        torch.nn.functional.normalize(_embedded(model, [text[:CHARACTERS] for text in side]), dim=1)
        for side in ([pair.left for pair in batch], [pair.right for pair in batch])
    )
    scores = (left @ right.T * SCALE).masked_fill(torch.from_numpy(_alike(batch)), -1e4)
    own = torch.arange(len(batch))
    entropy = torch.nn.functional.cross_entropy
    return (entropy(scores, own) + entropy(scores.T, own)) / 2


def _embedded(model: SentenceTransformer, texts: list[str]) -> torch.Tensor:
    import torch

    with torch.autocast("cpu", torch.bfloat16):
        found: torch.Tensor = model(dict(model.preprocess(texts)))["sentence_embedding"]
    return found.float()


def _alike(batch: Sequence[TextPair]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which pairs of a batch are no counterexample to each other: of one owner, or of one text."""
    alike = np.zeros((len(batch), len(batch)), dtype=bool)
    for i, one in enumerate(batch):
        for j, other in enumerate(batch):
            shared = bool(one.owners & other.owners) or one.left == other.left or one.right == other.right
            alike[i, j] = i != j and shared
    return alike
