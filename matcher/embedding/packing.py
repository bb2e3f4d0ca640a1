"""Packing: several texts in one pass through the encoder, none of which sees another.

A pass costs much the same for ten word pieces as for fifty, since the weights are read once either way. A need
is searched for by its whole text and by its title: together they take hardly longer than the first alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def can_pack(model: SentenceTransformer) -> bool:
    """Whether texts stay apart in `model` by attention and positions alone: a BERT whose word vectors are averaged."""
    kinds = [type(module).__name__ for module in model]
    bert = getattr(getattr(model[0], "model", None), "config", None)
    pooling = getattr(model[1], "pooling_mode", None) if len(kinds) > 1 else None
    return (
        kinds[:2] == ["Transformer", "Pooling"]
        and set(kinds[2:]) <= {"Normalize"}
        and getattr(bert, "model_type", None) == "bert"
        and pooling in ("mean", ("mean",), ["mean"])
    )


def encode_packed(model: SentenceTransformer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit vector a text, shape (texts, dimensions), by one pass over all of them in a row.

    They equal those of the texts by themselves to single precision, not to the last bit. `can_pack` must hold.
    """
    import torch
    from torch.nn.functional import normalize

    with torch.inference_mode():
        read = {
            name: part.to(model.device) for name, part in model.preprocess(list(texts)).items() if torch.is_tensor(part)
        }
        taken = read["attention_mask"].bool()
        owner, position = torch.nonzero(taken, as_tuple=True)
        apart = owner[:, None] == owner[None, :]
        bert: Any = model[0].model
        words = bert(
            input_ids=read["input_ids"][taken][None],
            position_ids=position[None],
            attention_mask=apart[None, None],
        ).last_hidden_state[0]
        means = [words[owner == n].mean(dim=0) for n in range(len(texts))]
        found: NDArray[np.float32] = normalize(torch.stack(means), dim=1).cpu().numpy()
    return found
