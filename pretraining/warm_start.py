"""Beginning with what another encoder has learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from zoo.transformers_encoder import TransformersEncoder

if TYPE_CHECKING:
    from pretraining.objectives import TokenPredictor

EMBEDDINGS = "model.embeddings."
PROJECTION = "model.embeddings_project.weight"
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def begin_with(encoder: TransformersEncoder, weights: Mapping[str, torch.Tensor]) -> None:
    """Give `encoder` the weights of another with the same layers.

    Where embeddings are narrower than the other's, as ELECTRA's are beside BERT's, they become the
    best approximation of that rank, see `narrowed`. Raises `RuntimeError` where layers differ.
    """
    own = encoder.state_dict()
    if PROJECTION in own and PROJECTION not in weights:
        width = own[f"{EMBEDDINGS}word_embeddings.weight"].shape[1]
        weights = narrowed(weights, width)
    encoder.load_state_dict(weights)


def narrowed(weights: Mapping[str, torch.Tensor], width: int) -> dict[str, torch.Tensor]:
    """BERT's weights as those of an ELECTRA whose embeddings have `width` dimensions.

    A layer norm is blind to the mean over dimensions and to length. So what it sees of the sum of
    the embeddings survives any rotation into a space without the direction (1, …, 1); its scale and
    shift move into the projection behind it. Exact if `width` is above BERT's own, else through the
    first `width - 1` right singular vectors of the words' embeddings.
    """
    tables = {name: centred(weights[f"{EMBEDDINGS}{name}.weight"]) for name in TABLES}
    turn = turn_of(tables["word_embeddings"], width)
    scale = weights[f"{EMBEDDINGS}LayerNorm.weight"]
    longer = (len(turn) / width) ** 0.5
    found = {name: tensor for name, tensor in weights.items() if not name.startswith(EMBEDDINGS)}
    found |= {f"{EMBEDDINGS}{name}.weight": table @ turn for name, table in tables.items()}
    found |= {
        f"{EMBEDDINGS}LayerNorm.weight": torch.ones(width),
        f"{EMBEDDINGS}LayerNorm.bias": torch.zeros(width),
        PROJECTION: longer * scale[:, None] * turn,
        "model.embeddings_project.bias": weights[f"{EMBEDDINGS}LayerNorm.bias"],
    }
    return found


def turn_of(words: torch.Tensor, width: int) -> torch.Tensor:
    """`(hidden, width)`: turns embeddings `(word, hidden)` to `width`; transposed, back."""
    rank = min(width - 1, words.shape[1])
    # (hidden, rank), orthonormal columns
    directions = torch.linalg.svd(words, full_matrices=False).Vh[:rank].T
    # (width, rank): an orthonormal basis of what a layer norm of this width can see
    basis = torch.linalg.qr(centred(torch.eye(width)).T[:, :rank]).Q
    return directions @ basis.T


def begin_predictor(
    predictor: TokenPredictor, weights: Mapping[str, torch.Tensor], words: torch.Tensor
) -> None:
    """Give `predictor` the weights of one over the word embeddings `words` of another encoder.

    Over narrower embeddings it scores tokens as that one did, but for their rank and their means.
    """
    own = {**weights, "table.weight": predictor.table.weight}
    if isinstance(predictor.widen, torch.nn.Linear) and "widen.weight" not in own:
        own["widen.weight"] = turn_of(centred(words), predictor.table.embedding_dim)
    predictor.load_state_dict(own)


def centred(table: torch.Tensor) -> torch.Tensor:
    """Rows without their mean."""
    return table - table.mean(dim=1, keepdim=True)
