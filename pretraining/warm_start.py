"""Beginning with what another encoder has learned."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from zoo.transformers_encoder import TransformersEncoder

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
    words = tables["word_embeddings"]
    rank = min(width - 1, words.shape[1])
    # (hidden, rank), orthonormal columns
    directions = torch.linalg.svd(words, full_matrices=False).Vh[:rank].T
    # (width, rank): an orthonormal basis of what a layer norm of this width can see
    basis = torch.linalg.qr(centred(torch.eye(width)).T[:, :rank]).Q
    turn = directions @ basis.T
    scale = weights[f"{EMBEDDINGS}LayerNorm.weight"]
    longer = (words.shape[1] / width) ** 0.5
    found = {name: tensor for name, tensor in weights.items() if not name.startswith(EMBEDDINGS)}
    found |= {f"{EMBEDDINGS}{name}.weight": table @ turn for name, table in tables.items()}
    found |= {
        f"{EMBEDDINGS}LayerNorm.weight": torch.ones(width),
        f"{EMBEDDINGS}LayerNorm.bias": torch.zeros(width),
        PROJECTION: longer * scale[:, None] * turn,
        "model.embeddings_project.bias": weights[f"{EMBEDDINGS}LayerNorm.bias"],
    }
    return found


def centred(table: torch.Tensor) -> torch.Tensor:
    """Rows without their mean."""
    return table - table.mean(dim=1, keepdim=True)
