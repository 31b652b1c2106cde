"""Held out: layers that are frozen, fresh, dropped or out of scale."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import Adam, AdamW
from transformers import (
    BertForSequenceClassification,
)

from doctor_proof.held_out.models import (
    SentenceModel,
    TokenAttention,
    ids_and_labels,
)
from doctor_proof.material import Material, mean_of_tokens
from doctor_proof.setups import BrokenCase, Setup
from zoo.quietness import quiet_transformers


def dropout_of_scaled_dot_product_attention(material: Material) -> Setup:
    """`dropout_p` of the function drops in evaluation, too; the function knows no mode."""

    class Classifier(TokenAttention):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            x = self.embed(input_ids)
            attended = F.scaled_dot_product_attention(
                self.q(x),
                self.k(x),
                self.v(x),
                attn_mask=attention_mask.unsqueeze(1).bool(),
                dropout_p=0.3,
            )
            return self.classifier(mean_of_tokens(self.norm(x + attended), attention_mask))

    model = Classifier(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=2e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def vectors_not_found_and_frozen(material: Material) -> Setup:
    """No word was found in the file of vectors: all are random, and `from_pretrained` freezes."""

    class Averaging(nn.Module):
        def __init__(self, vectors: torch.Tensor) -> None:
            super().__init__()
            self.embedding = nn.Embedding.from_pretrained(vectors, padding_idx=0)
            self.fc = nn.Linear(32, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(mean_of_tokens(self.embedding(ids), mask))

    found: dict[str, torch.Tensor] = {}
    vectors = torch.stack([found.get(w, torch.randn(32)) for w in material.tokenizer.get_vocab()])
    model = Averaging(vectors)
    optimizer = Adam([each for each in model.parameters() if each.requires_grad], lr=1e-2)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.intents, 32),
        loss=nn.CrossEntropyLoss(),
        steps=175,
    )


def trainable_of_keras(material: Material) -> Setup:
    """`trainable = False` freezes a layer in Keras, and is any attribute in PyTorch."""
    model = SentenceModel(material.pretrained_bert(), 5)
    model.encoder.trainable = False  # type: ignore[assignment]
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(material.domains, 32),
    )


def label_embeddings_unscaled(material: Material) -> Setup:
    """Sums of embeddings against embeddings of the labels, all of them standard normal."""

    class LabelEmbedding(nn.Module):
        def __init__(self, vocab_size: int, n_labels: int) -> None:
            super().__init__()
            self.words = nn.Embedding(vocab_size, 128, padding_idx=0)
            self.labels = nn.Embedding(n_labels, 128)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.words(ids).sum(dim=1) @ self.labels.weight.T

    model = LabelEmbedding(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=5e-3),
        batches=ids_and_labels(material, material.intents, 32),
        loss=nn.CrossEntropyLoss(),
        steps=140,
    )


def sequence_classification_of_a_masked_language_model(material: Material) -> Setup:
    """The checkpoint has no pooler, so this class makes one up, under the rate of the encoder."""
    with quiet_transformers():
        model = BertForSequenceClassification.from_pretrained(material.checkpoint, num_labels=5)
    loader = material.loader(material.domains, 32)
    return Setup(
        model=model,
        optimizer=AdamW(
            [
                {"params": model.bert.parameters(), "lr": 5e-5},
                {"params": model.classifier.parameters(), "lr": 1e-3},
            ]
        ),
        batches=loader,
        steps=4 * len(loader),
        tokenizer=material.tokenizer,
    )


CASES = (
    BrokenCase(dropout_of_scaled_dot_product_attention, "dropout_in_eval"),
    BrokenCase(vectors_not_found_and_frozen, "frozen"),
    BrokenCase(trainable_of_keras, "freezing_without_effect"),
    BrokenCase(label_embeddings_unscaled, "logits_too_large"),
    BrokenCase(sequence_classification_of_a_masked_language_model, "untrained_pooler"),
)
