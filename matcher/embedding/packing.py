"""Packing: encode several texts in one pass through the model, without attention between them.

A pass takes almost as long for ten tokens as for fifty, because the weights are read once either way. A need is
searched by its whole text and by its title, and encoding both takes hardly longer than encoding the whole text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matcher.foundations.arrays import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def can_pack(model: SentenceTransformer) -> bool:
    """Return whether the attention mask and the positions are enough to keep texts separate in `model`.

    They are enough in a BERT model that averages its token vectors.
    """
    kinds = [type(module).__name__ for module in model]
    bert = getattr(getattr(model[0], "model", None), "config", None)
    pooling = getattr(model[1], "pooling_mode", None) if len(kinds) > 1 else None
    return (
        kinds[:2] == ["Transformer", "Pooling"]
        and set(kinds[2:]) <= {"Normalize"}
        and getattr(bert, "model_type", None) == "bert"
        and pooling in ("mean", ("mean",), ["mean"])
    )


def encode_packed(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    """Return one unit vector per text, shape (texts, dimensions), from one pass over all texts in a single row.

    Separate passes would give the same vectors to single precision, but not to the last bit. `can_pack(model)` must be
    true.
    """
    import torch
    from torch.nn.functional import normalize

    with torch.inference_mode():
        inputs = {
            name: part.to(model.device) for name, part in model.preprocess(list(texts)).items() if torch.is_tensor(part)
        }
        mask = inputs["attention_mask"].bool()
        owner, position = torch.nonzero(mask, as_tuple=True)
        same_text = owner[:, None] == owner[None, :]
        bert: Any = model[0].model
        tokens = bert(
            input_ids=inputs["input_ids"][mask][None],
            position_ids=position[None],
            attention_mask=same_text[None, None],
        ).last_hidden_state[0]
        means = [tokens[owner == n].mean(dim=0) for n in range(len(texts))]
        vectors: Vectors = normalize(torch.stack(means), dim=1).cpu().numpy()
    return vectors
