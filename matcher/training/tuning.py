"""Tuning: contrastive training of the packaged encoder on pairs of texts from this field.

In a batch of pairs, each left text should be closest to its own right text, and vice versa (symmetric multiple
negatives ranking loss). Word embeddings are frozen, so that words that do not occur in the awards keep their meaning.
The layers above are trained for a few minutes with a small learning rate. Several runs sample and order the pairs
differently, and the result is the mean of their weights, which is more accurate than any single run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.training.pairs import SHARES, TextPair

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BATCH: Final = 64
RATE: Final = 5e-5
# The number of steps over which the learning rate rises to its full value. The rate then stays constant.
WARM_UP: Final = 16
DECAY: Final = 0.01
SCALE: Final = 20.0
# Tuning reads at most this many word pieces and characters of each text. Texts start with what matters most, and
# processing time grows with the square of the number of word pieces.
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
    """Tune the encoder in `folder` on `pairs`, write the changed weights to `out` and return the number of steps.

    The weights are written in half precision. `progress` is called with 1 after each step. `epochs` is the number of
    passes over the pairs, and `seed` decides how they are sampled and ordered.
    """
    import torch
    from safetensors.torch import save_file

    rng = random.Random(seed)
    torch.manual_seed(seed)
    model = _trainable(folder)
    trainable = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimiser = torch.optim.AdamW(trainable.values(), lr=RATE, weight_decay=DECAY)
    batches = [batch for _ in range(epochs) for batch in _batches(pairs, rng)]
    for step, batch in enumerate(batches, start=1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_UP)
        loss = _loss(model, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trainable.values(), 1.0)
        optimiser.step()
        if progress is not None:
            progress(1)
    out.parent.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    save_file({name: state[name].half().contiguous() for name in trainable}, out)
    return len(batches)


def average_weights(runs: Sequence[Path], out: Path) -> None:
    """Write the mean of the weights in the files `runs` to `out`, in half precision."""
    import torch
    from safetensors.torch import load_file, save_file

    parts = [load_file(run) for run in runs]
    means = {name: torch.stack([part[name].float() for part in parts]).mean(dim=0) for name in parts[0]}
    save_file({name: mean.half() for name, mean in means.items()}, out)


def _trainable(folder: Path) -> SentenceTransformer:
    """Load the encoder with all weights trainable except the embeddings."""
    from sentence_transformers import SentenceTransformer

    # With dropout, eager attention takes half the time of fused attention on a CPU.
    options = {"dtype": "float32", "attn_implementation": "eager"}
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=options).train()
    model.max_seq_length = WORD_PIECES
    for name, weight in model.named_parameters():
        weight.requires_grad_("embeddings" not in name)
    return model


def _batches(pairs: Sequence[TextPair], rng: random.Random) -> list[list[TextPair]]:
    """Return the batches in random order. The texts in a batch have similar lengths.

    A batch holds only one kind of pair, so that the kind does not reveal which texts belong together. A remainder of
    at most `BATCH` // 8 pairs is dropped.
    """
    batches = []
    for kind, share in SHARES.items():
        chosen = [pair for pair in pairs if pair.kind == kind]
        chosen = rng.sample(chosen, int(len(chosen) * share))
        chosen.sort(key=lambda pair: len(pair.right) // 150 + rng.random() * 2)
        batches += [chosen[i : i + BATCH] for i in range(0, len(chosen), BATCH) if len(chosen) - i > BATCH // 8]
    rng.shuffle(batches)
    return batches


def _loss(model: SentenceTransformer, batch: Sequence[TextPair]) -> torch.Tensor:
    import torch

    left, right = (
        torch.nn.functional.normalize(_embedded(model, [text[:CHARACTERS] for text in side]), dim=1)
        for side in ([pair.left for pair in batch], [pair.right for pair in batch])
    )
    scores = (left @ right.T * SCALE).masked_fill(torch.from_numpy(_related(batch)), -1e4)
    own = torch.arange(len(batch))
    entropy = torch.nn.functional.cross_entropy
    return (entropy(scores, own) + entropy(scores.T, own)) / 2


def _embedded(model: SentenceTransformer, texts: list[str]) -> torch.Tensor:
    import torch

    with torch.autocast("cpu", torch.bfloat16):
        embeddings: torch.Tensor = model(dict(model.preprocess(texts)))["sentence_embedding"]
    return embeddings.float()


def _related(batch: Sequence[TextPair]) -> Mask:
    """Mark the pairs in a batch that are not negatives of each other because they share an owner or a text.

    The mask has shape (pairs, pairs).
    """
    related = np.zeros((len(batch), len(batch)), dtype=bool)
    for i, pair in enumerate(batch):
        for j, other in enumerate(batch):
            shared = bool(pair.owners & other.owners) or pair.left == other.left or pair.right == other.right
            related[i, j] = i != j and shared
    return related
