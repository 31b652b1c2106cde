"""Held out and healthy: unusual models."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pad_sequence
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader, TensorDataset
from transformers import (
    AlbertConfig,
    AlbertModel,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    RobertaConfig,
    RobertaModel,
)

from doctor_proof.broken_text import batches_of, encode
from doctor_proof.held_out.models import (
    SentenceModel,
    counts_of,
    ids_and_labels,
)
from doctor_proof.material import (
    LONGEST,
    Material,
    mean_of_tokens,
    word_pieces,
)
from doctor_proof.models import BertClassifier
from doctor_proof.setups import HealthyCase, Setup


def head_from_zero(material: Material) -> Setup:
    """A last layer of zeros: all logits are alike at first, and the encoder has no gradient yet."""
    model = SentenceModel(material.pretrained_bert(), 5)
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(material.domains),
    )


def low_rank_adapters(material: Material) -> Setup:
    """LoRA: its second matrix begins at 0, so that the first has no gradient in the first step."""

    class LoRA(nn.Module):
        def __init__(self, base: nn.Linear, rank: int = 8, alpha: int = 16) -> None:
            super().__init__()
            self.base = base
            self.lora_a = nn.Parameter(torch.randn(rank, base.in_features) * 0.05)
            self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
            self.scale = alpha / rank

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.base(x) + x @ self.lora_a.T @ self.lora_b.T * self.scale

    bert = material.pretrained_bert().requires_grad_(False)
    for layer in bert.encoder.layer:
        attention = layer.attention.self
        attention.query, attention.value = LoRA(attention.query), LoRA(attention.value)
    model = BertClassifier(bert, num_labels=5)
    trained = [each for each in model.parameters() if each.requires_grad]
    loader = material.loader(material.domains)
    return Setup(
        model=model,
        optimizer=AdamW(trained, lr=6e-3),
        batches=loader,
        steps=8 * len(loader),
    )


def only_the_biases(material: Material) -> Setup:
    """BitFit (Ben Zaken et al. 2022): of the pretrained encoder, the biases alone are trained."""
    model = SentenceModel(material.pretrained_bert(), 16)
    for name, parameter in model.encoder.named_parameters():
        parameter.requires_grad = name.endswith("bias")
    trained = [each for each in model.parameters() if each.requires_grad]
    loader = material.loader(material.intents)
    return Setup(
        model=model,
        optimizer=AdamW(trained, lr=4e-3),
        batches=loader,
        steps=5 * len(loader),
    )


def letters_under_convolutions(material: Material) -> Setup:
    """Characters by their own index, without any tokenizer, and the maximum over the text."""
    rows = material.domains
    letters = sorted({letter for text in rows.texts for letter in text})
    place = {letter: at for at, letter in enumerate(letters, start=1)}

    class CharCNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(len(letters) + 1, 48, padding_idx=0)
            self.conv1 = nn.Conv1d(48, 96, 3, padding=1)
            self.fc = nn.Linear(96, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            hidden = F.relu(self.conv1(self.embedding(x).permute(0, 2, 1)))
            # a ReLU is 0 or more: 0 in the padding never wins over a word
            hidden = hidden * (x != 0).unsqueeze(1)
            return self.fc(F.dropout(hidden.max(dim=2).values, 0.2, self.training))

    ids = [torch.tensor([place[letter] for letter in text]) for text in rows.texts]
    dataset = TensorDataset(pad_sequence(ids, batch_first=True), torch.tensor(rows.labels))
    loader = DataLoader(dataset, 32, shuffle=True)
    model = CharCNN()
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
        steps=6 * len(loader),
    )


def cosine_with_a_learned_scale(material: Material) -> Setup:
    """Logits are cosines times a scale that is learned, as in CLIP."""

    class CosineClassifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = material.fresh_bert()
            self.prototypes = nn.Parameter(torch.randn(16, 64))
            self.logit_scale = nn.Parameter(torch.tensor(math.log(10.0)))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask=attention_mask)[0]
            vector = F.normalize(mean_of_tokens(hidden, attention_mask), dim=-1)
            cosine = vector @ F.normalize(self.prototypes, dim=-1).T
            return self.logit_scale.exp() * cosine

    model = CosineClassifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
        steps=350,
    )


def five_dropouts_averaged(material: Material) -> Setup:
    """Multi-sample dropout, as in many a Kaggle notebook."""

    class MultiSampleDropout(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = material.pretrained_bert()
            self.dropouts = nn.ModuleList(nn.Dropout(0.1 * k) for k in range(1, 6))
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            vector = self.model(input_ids, attention_mask)[0][:, 0]
            return torch.stack([self.fc(drop(vector)) for drop in self.dropouts]).mean(dim=0)

    model = MultiSampleDropout()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
        loss=nn.CrossEntropyLoss(),
    )


def albert_shares_its_layers(material: Material) -> Setup:
    """ALBERT goes through one layer twice; its parameters are listed once."""
    config = AlbertConfig(
        vocab_size=len(material.tokenizer),
        embedding_size=48,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=LONGEST,
    )
    model = SentenceModel(AlbertModel(config, add_pooling_layer=False), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def roberta_pads_with_one(material: Material) -> Setup:
    """RoBERTa's padding is token 1, and its positions begin at 2: 66 for 64 tokens."""
    pieces = [piece for piece in material.tokenizer.get_vocab() if piece not in ("[PAD]", "[CLS]")]
    tokenizer = word_pieces(pieces, special_tokens=("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"))
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=LONGEST + 2,
        pad_token_id=tokenizer.pad_token_id,
    )
    rows = material.domains
    encoded = encode(tokenizer, rows.texts, padding="max_length", max_length=LONGEST)
    model = SentenceModel(RobertaModel(config, add_pooling_layer=False), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=tokenizer,
        texts=rows.texts,
    )


def gpt_that_looks_for_its_last_token(material: Material) -> Setup:
    """Padded on the right; transformers' own class reads the last token that is not padding."""
    model = GPT2ForSequenceClassification(
        GPT2Config(
            vocab_size=len(material.tokenizer),
            n_positions=LONGEST,
            n_embd=64,
            n_layer=2,
            n_head=2,
            bos_token_id=material.tokenizer.cls_token_id,
            eos_token_id=material.tokenizer.sep_token_id,
            num_labels=5,
            pad_token_id=material.tokenizer.pad_token_id,
        )
    )
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def distilbert_of_transformers(material: Material) -> Setup:
    """No pooler but a `pre_classifier` with a ReLU; loss and all from transformers."""
    model = DistilBertForSequenceClassification(
        DistilBertConfig(
            vocab_size=len(material.tokenizer),
            dim=64,
            hidden_dim=128,
            n_layers=2,
            n_heads=2,
            max_position_embeddings=LONGEST,
            num_labels=5,
        )
    )
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
        steps=350,
    )


def own_class_token_before_the_words(material: Material) -> Setup:
    """As ViT: a learned vector is put before the words, and layer norm stands first."""

    class PreNorm(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.cls = nn.Parameter(torch.zeros(1, 1, 64))
            self.tok = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.pos = nn.Parameter(torch.randn(1, LONGEST + 1, 64) * 0.02)
            layer = nn.TransformerEncoderLayer(
                64, 4, 128, activation="gelu", batch_first=True, norm_first=True
            )
            self.blocks = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
            self.norm = nn.LayerNorm(64)
            self.head = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            x = torch.cat([self.cls.expand(len(ids), -1, -1), self.tok(ids)], dim=1)
            is_padding = F.pad(ids == 0, (1, 0), value=False)
            x = self.blocks(x + self.pos[:, : x.shape[1]], src_key_padding_mask=is_padding)
            return self.head(self.norm(x[:, 0]))

    model = PreNorm(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.domains),
        steps=350,
    )


def label_names_in_the_same_embedding(material: Material) -> Setup:
    """Tied: texts and the classes' words are looked up in one table, which is listed once."""
    rows = material.intents
    counts = counts_of(material, rows).float()
    labels = torch.tensor(rows.labels)
    is_word = torch.tensor([not token.startswith("[") for token in material.tokenizer.get_vocab()])
    overall = counts.mean(dim=0)
    typical = torch.stack(
        [
            ((counts[labels == label].mean(dim=0) - overall) * is_word).topk(4).indices
            for label in range(16)
        ]
    )

    class TwoTowers(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.shared = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.register_buffer("typical", typical)
            self.bias = nn.Parameter(torch.zeros(16))

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            text = mean_of_tokens(self.shared(ids), mask)
            classes = self.shared(self.typical).mean(dim=1)
            return text @ classes.T + self.bias

    model = TwoTowers(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-2),
        batches=material.pairs(rows, 32),
        loss=nn.CrossEntropyLoss(),
    )


CASES = tuple(
    HealthyCase(author)
    for author in (
        head_from_zero,
        low_rank_adapters,
        only_the_biases,
        letters_under_convolutions,
        cosine_with_a_learned_scale,
        five_dropouts_averaged,
        albert_shares_its_layers,
        roberta_pads_with_one,
        gpt_that_looks_for_its_last_token,
        distilbert_of_transformers,
        own_class_token_before_the_words,
        label_names_in_the_same_embedding,
    )
)
