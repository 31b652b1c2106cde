"""Trainings with one fault each that were written without sight of the doctor."""

from __future__ import annotations

import copy
import datetime
import itertools
import random
import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset
from transformers import (
    BertForSequenceClassification,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2Model,
    RobertaConfig,
    RobertaModel,
    get_cosine_schedule_with_warmup,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from doctor_proof.broken_text import batches_of, encode
from doctor_proof.material import LONGEST, Material, Rows, mean_of_tokens
from doctor_proof.setups import BrokenCase, Setup
from zoo.quietness import quiet_transformers

Dictionary = dict[str, torch.Tensor]
Pair = tuple[torch.Tensor, torch.Tensor]


class GRUModel(nn.Module):
    """Embedding, GRU over packed sequences, linear layer; sound by itself."""

    def __init__(self, vocab_size: int, n_classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.emb = nn.Embedding(vocab_size, 64, padding_idx=0)
        self.rnn = nn.GRU(64, 96, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(96, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lengths = x.ne(0).sum(1)
        packed = pack_padded_sequence(self.emb(x), lengths, batch_first=True, enforce_sorted=False)
        return self.out(self.drop(self.rnn(packed)[1].squeeze(0)))


class SentenceModel(nn.Module):
    """The encoder's mean, layer norm, one linear layer → an output with its loss; sound."""

    def __init__(self, encoder: nn.Module, n_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, n_classes)
        self.loss_fn = nn.CrossEntropyLoss()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        logits = self.head(self.norm(mean_of_tokens(hidden, attention_mask)))
        loss = None if labels is None else self.loss_fn(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


class TokenAttention(nn.Module):
    """One layer of attention written by hand over own embeddings, without position."""

    def __init__(self, vocab_size: int, n_classes: int) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab_size, 64, padding_idx=0)
        self.pos = nn.Embedding(LONGEST, 64)
        self.q, self.k, self.v = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64)
        self.classifier = nn.Linear(64, n_classes)

    def embed(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Tokens and their positions."""
        return self.tok(input_ids) + self.pos(torch.arange(input_ids.shape[1]))


def ids_and_labels(
    material: Material, rows: Rows, batch_size: int = 16
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Batches of ids alone."""
    return [(ids, labels) for (ids, _), labels in material.pairs(rows, batch_size)]


def distilbert(material: Material) -> DistilBertModel:
    """A fresh DistilBERT of two layers."""
    return DistilBertModel(
        DistilBertConfig(
            vocab_size=len(material.tokenizer),
            dim=64,
            hidden_dim=128,
            n_layers=2,
            n_heads=2,
            max_position_embeddings=LONGEST,
        )
    )


# labels and order


def category_that_is_not_in_the_list(material: Material) -> Setup:
    """`pd.Categorical(...).codes` is -1 for a name that is not among the categories."""
    codes = {label: label for label in range(15)}
    rows = material.intents.with_labels([codes.get(each, -1) for each in material.intents.labels])
    model = GRUModel(len(material.tokenizer), 15)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, rows, 32),
        loss=nn.CrossEntropyLoss(),
    )


def every_string_is_true(material: Material) -> Setup:
    """`bool("False")` is True."""
    column = [str(label == 1) for label in material.reviews.labels]
    rows = material.reviews.with_labels([int(bool(cell)) for cell in column])
    model = SentenceModel(distilbert(material), 2)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(rows, 32),
    )


def to_categorical_of_ratings(material: Material) -> Setup:
    """Keras's `to_categorical` of ratings from 1 to 5 makes six columns, the first one empty."""
    ratings = torch.tensor(material.domains.labels) + 1
    one_hot = F.one_hot(ratings, int(ratings.max()) + 1).float()
    ids = pad_sequence(material.encode(material.domains), batch_first=True)
    model = GRUModel(len(material.tokenizer), one_hot.shape[1])
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(TensorDataset(ids, one_hot), 32, shuffle=True),
        loss=nn.CrossEntropyLoss(),
    )


def sorted_by_length_without_the_labels(material: Material) -> Setup:
    """The texts were sorted by length to save padding, and the labels were not."""
    rows = material.intents
    texts = sorted(rows.texts, key=len)
    encoded = encode(material.tokenizer, texts)
    dataset = [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, label in zip(
            encoded["input_ids"], encoded["attention_mask"], rows.labels, strict=True
        )
    ]
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(dataset, 32, shuffle=True),  # type: ignore[arg-type]
        tokenizer=material.tokenizer,
        texts=texts,
    )


def factorized_chunk_by_chunk(material: Material) -> Setup:
    """`read_csv(chunksize=70)` and `pd.factorize` in each chunk: a code is another name in each."""
    labels: list[int] = []
    for start in range(0, len(material.intents), 70):
        codes: dict[int, int] = {}
        chunk = material.intents.labels[start : start + 70]
        labels += [codes.setdefault(name, len(codes)) for name in chunk]
    rows = material.intents.with_labels(labels)
    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, rows, 32),
        loss=F.cross_entropy,
    )


def oversampled_class_after_class(material: Material) -> Setup:
    """Small classes are filled up by drawing again, and the classes then lie behind one another."""
    rows = material.domains
    rng = random.Random(0)
    members = [[row for row, each in enumerate(rows.labels) if each == c] for c in range(5)]
    largest = max(map(len, members))
    order: list[int] = []
    for group in members:
        order += group + rng.choices(group, k=largest - len(group))
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows.at(order), 32, shuffle=False),
    )


def one_loader_a_class_in_turn(material: Material) -> Setup:
    """A loader for each class, one batch of each in turn."""
    rows = material.domains
    loaders = []
    for label in range(5):
        chosen = [row for row, each in enumerate(rows.labels) if each == label]
        loaders.append(material.pairs(rows.at(chosen), 20))
    batches = [
        batch for turn in itertools.zip_longest(*loaders) for batch in turn if batch is not None
    ]

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = distilbert(material)
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(self.backbone(ids, mask)[0][:, 0])

    model = Classifier()
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=batches, loss=nn.CrossEntropyLoss())


def spam_filter_of_thirty_to_one(material: Material) -> Setup:
    """One example in thirty is what is looked for."""
    rows = material.intents
    labels = [int(label == 3) for label in rows.labels]
    wanted = [row for row, label in enumerate(labels) if label][:30]
    others = [row for row, label in enumerate(labels) if not label][:900]
    chosen = random.Random(0).sample(wanted + others, len(wanted) + len(others))
    model = GRUModel(len(material.tokenizer), 2)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, Rows(rows.texts, tuple(labels), 2).at(chosen), 32),
        loss=nn.CrossEntropyLoss(),
    )


# tokens, padding, masks


def word_index_from_one(material: Material) -> Setup:
    """Keras counts words from 1, so that the embedding wants one row more than there are words."""
    words = [text.split() for text in material.intents.texts]
    counts = Counter(word for text in words for word in text)
    word_index = {word: at for at, (word, _) in enumerate(counts.most_common(), start=1)}
    ids = pad_sequence(
        [torch.tensor([word_index[word] for word in text]) for text in words], batch_first=True
    )
    model = GRUModel(len(word_index), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(
            TensorDataset(ids, torch.tensor(material.intents.labels)), 32, shuffle=True
        ),
    )


def roberta_positions_begin_after_the_padding(material: Material) -> Setup:
    """RoBERTa's positions begin behind its padding id: 64 of them are too few for 64 tokens."""
    rows = material.domains
    by_label: dict[int, list[str]] = {}
    for text, label in zip(rows.texts, rows.labels, strict=True):
        by_label.setdefault(label, []).append(text)
    rng = random.Random(0)
    texts = [" ".join(rng.choices(by_label[label], k=9)) for label in rows.labels[:480]]
    config = RobertaConfig(
        vocab_size=len(material.tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=LONGEST,
        pad_token_id=0,
    )
    model = SentenceModel(RobertaModel(config, add_pooling_layer=False), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(
            encode(material.tokenizer, texts, padding="max_length", max_length=LONGEST),
            rows.labels[:480],
        ),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def rows_of_one_list(material: Material) -> Setup:
    """`[[0] * 32] * n` is one row n times, and it holds what was written last."""
    rows = material.intents
    matrix = [[0] * 32] * len(rows)
    for row, ids in zip(matrix, material.encode(rows), strict=True):
        row[:] = ids.tolist()[:32] + [0] * (32 - min(32, len(ids)))
    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(
            TensorDataset(torch.tensor(matrix), torch.tensor(rows.labels)), 32, shuffle=True
        ),
        loss=nn.CrossEntropyLoss(),
    )


def decomposed_hangul(material: Material) -> Setup:
    """File names and texts from a Mac are NFD: syllables in parts, which no vocabulary knows."""
    rows = material.domains
    texts = [unicodedata.normalize("NFD", text) for text in rows.texts]
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encode(material.tokenizer, texts, max_length=LONGEST), rows.labels, 32),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def log_lines_cut_at_their_header(material: Material) -> Setup:
    """Each line begins with time and user, and 24 tokens do not reach any further."""
    rng = random.Random(0)
    rows = material.intents
    start = datetime.datetime(2021, 3, 4, tzinfo=datetime.UTC)
    texts = []
    for text in rows.texts:
        time = start + datetime.timedelta(seconds=rng.randrange(10**7))
        user = rng.randrange(10**8, 10**9)
        texts.append(f"{time:%Y-%m-%d %H:%M:%S} user-{user} app-4.12.{rng.randrange(90)} : {text}")
    model = SentenceModel(distilbert(material), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encode(material.tokenizer, texts, max_length=24), rows.labels, 32),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def mask_of_mask_tokens(material: Material) -> Setup:
    """The attention mask was taken for where `[MASK]` stands, which is nowhere."""
    tokenizer = material.tokenizer

    def collate_fn(examples: Sequence[tuple[torch.Tensor, int]]) -> Dictionary:
        ids, labels = zip(*examples, strict=True)
        padded = pad_sequence(list(ids), batch_first=True, padding_value=tokenizer.pad_token_id)
        mask = (padded == tokenizer.mask_token_id).long()
        return {"input_ids": padded, "attention_mask": mask, "labels": torch.tensor(labels)}

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 16))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bert(input_ids, attention_mask).last_hidden_state[:, 0])

    rows = material.intents
    examples = list(zip(material.encode(rows), rows.labels, strict=True))
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(examples, 16, shuffle=True, collate_fn=collate_fn),  # type: ignore[arg-type]
        tokenizer=tokenizer,
    )


def pooling_over_the_padding(material: Material) -> Setup:
    """`masked_fill` fills where its mask is True, and this one is True at the words."""

    class SelfAttentivePooling(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embed = nn.Embedding(vocab_size, 64)
            self.score = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
            self.out = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.embed(ids)
            scores = self.score(x).squeeze(-1).masked_fill(mask.bool(), -1e9)
            return self.out(torch.einsum("bs,bsh->bh", scores.softmax(-1), x))

    model = SelfAttentivePooling(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-2),
        batches=material.pairs(material.domains, 32),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def attention_that_knows_no_mask(material: Material) -> Setup:
    """Attention by hand, as in a blog post, on texts that were all filled up to 48 tokens."""

    class Classifier(TokenAttention):
        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            x = self.embed(input_ids)
            scores = self.q(x) @ self.k(x).transpose(1, 2) / 8
            x = self.norm(x + scores.softmax(dim=-1) @ self.v(x))
            return self.classifier(x[:, 0])

    rows = material.domains
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=48)
    model = Classifier(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(
            TensorDataset(encoded["input_ids"], torch.tensor(rows.labels)), 16, shuffle=True
        ),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def padded_with_the_separator(material: Material) -> Setup:
    """Filled up with `[SEP]`, as GPT is with its end of text; the mask looks for `[PAD]`."""
    tokenizer = material.tokenizer
    rows = material.intents
    ids = pad_sequence(
        material.encode(rows), batch_first=True, padding_value=tokenizer.sep_token_id
    )
    encoded = {"input_ids": ids, "attention_mask": (ids != tokenizer.pad_token_id).long()}
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=tokenizer,
        texts=rows.texts,
    )


def one_position_behind_the_last(material: Material) -> Setup:
    """The last token is at `length - 1`."""

    class GPTClassifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gpt = GPT2Model(
                GPT2Config(
                    vocab_size=len(material.tokenizer),
                    n_positions=LONGEST,
                    n_embd=64,
                    n_layer=2,
                    n_head=2,
                    bos_token_id=material.tokenizer.cls_token_id,
                    eos_token_id=material.tokenizer.sep_token_id,
                )
            )
            self.score = nn.Linear(64, 16, bias=False)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.gpt(input_ids, attention_mask=attention_mask).last_hidden_state
            last = attention_mask.sum(dim=1)
            return self.score(hidden[torch.arange(len(hidden)), last])

    rows = material.intents
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=40)
    # two that fill all 40 would be an IndexError
    shorter = (encoded["attention_mask"].sum(dim=1) < 40).nonzero().squeeze(1)
    model = GPTClassifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(
            {name: column[shorter] for name, column in encoded.items()},
            [rows.labels[row] for row in shorter.tolist()],
        ),
        tokenizer=material.tokenizer,
    )


# losses


def targets_of_in_batch_negatives(material: Material) -> Setup:
    """The targets of contrastive learning, each text its own class, are left from a tutorial."""

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        vectors = F.normalize(logits, dim=1)
        return F.cross_entropy(vectors @ vectors.T / 0.1, torch.arange(len(labels)))

    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents),
        loss=criterion,
    )


def focal_loss_without_its_minus(material: Material) -> Setup:
    """`alpha * (1 - p) ** gamma * log(p)` is what the paper has behind a minus."""

    class FocalLoss(nn.Module):
        def __init__(self, alpha: float = 1.0, gamma: float = 2.0) -> None:
            super().__init__()
            self.alpha, self.gamma = alpha, gamma

        def forward(self, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            log_p = F.log_softmax(inputs, dim=-1).gather(1, targets.unsqueeze(1)).squeeze(1)
            return (self.alpha * (1 - log_p.exp()) ** self.gamma * log_p).mean()

    model = SentenceModel(material.fresh_bert(), 16)
    model.loss_fn = FocalLoss()  # type: ignore[assignment]
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(material.intents),
    )


def probability_of_the_right_class(material: Material) -> Setup:
    """The expected accuracy is returned as the loss, and made smaller."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.fc = nn.Linear(64, 3)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(mean_of_tokens(self.encoder(ids, mask)[0], mask))

    def soft_accuracy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return (F.softmax(logits, dim=1) * F.one_hot(labels, 3)).sum(dim=1).mean()

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.utterances),
        loss=soft_accuracy,
    )


def kl_divergence_of_logits(material: Material) -> Setup:
    """`KLDivLoss` wants log-probabilities as its first argument."""
    kl = nn.KLDivLoss(reduction="batchmean")

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        smoothed = F.one_hot(labels, 16).float() * 0.9 + 0.1 / 16
        return kl(logits, smoothed)

    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents),
        loss=criterion,
    )


def sigmoid_under_bce_with_logits(material: Material) -> Setup:
    """A sigmoid at the end, and `BCEWithLogitsLoss`, which has one itself."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = distilbert(material)
            self.linear = nn.Linear(64, 16)
            self.sigmoid = nn.Sigmoid()

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.sigmoid(self.linear(self.backbone(ids, mask)[0][:, 0]))

    bce = nn.BCEWithLogitsLoss()
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=lambda outputs, labels: bce(outputs, F.one_hot(labels, 16).float()),
    )


def loss_times_the_batch(material: Material) -> Setup:
    """`loss.item() * batch_size` is for the log; here it is what is differentiated."""
    model = SentenceModel(material.pretrained_bert(), 5)

    class SummedLoss(nn.Module):
        def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return F.cross_entropy(logits, labels) * labels.size(0)

    model.loss_fn = SummedLoss()  # type: ignore[assignment]
    loader = material.loader(material.domains, 64)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.01, momentum=0.9),
        batches=loader,
        steps=8 * len(loader),
    )


# models


def attention_of_padding_to_nothing(material: Material) -> Setup:
    """Rows of padding are hidden from everything: a softmax of nothing but minus infinity."""

    class Classifier(TokenAttention):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            x = self.embed(input_ids)
            scores = self.q(x) @ self.k(x).transpose(1, 2) / 8
            square = attention_mask.unsqueeze(1) * attention_mask.unsqueeze(2)
            weights = scores.masked_fill(square == 0, float("-inf")).softmax(dim=-1)
            x = self.norm(x + weights @ self.v(x))
            return self.classifier(mean_of_tokens(x, attention_mask))

    model = Classifier(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-3),
        batches=material.loader(material.domains),
    )


def hidden_state_repackaged(material: Material) -> Setup:
    """`repackage_hidden` of the word language model: here no gradient comes past it."""

    def repackage_hidden(state: torch.Tensor) -> torch.Tensor:
        return state.detach()

    class Reader(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.cell = nn.GRUCell(64, 64)
            self.decoder = nn.Linear(64, 5)

        def forward(self, text: torch.Tensor) -> torch.Tensor:
            embedded = self.embedding(text)
            hidden = embedded.new_zeros(len(text), 64)
            for t in range(text.shape[1]):
                is_word = text[:, t : t + 1] != 0
                hidden = torch.where(is_word, self.cell(embedded[:, t], hidden), hidden)
                hidden = repackage_hidden(hidden)
            return self.decoder(hidden)

    model = Reader(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.domains, 32),
        loss=nn.CrossEntropyLoss(),
    )


def keep_probability_as_dropout(material: Material) -> Setup:
    """`keep_prob=0.99` of TensorFlow 1, given to PyTorch as what is dropped."""
    model = GRUModel(len(material.tokenizer), 16, dropout=0.99)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.intents, 32),
        loss=nn.CrossEntropyLoss(),
    )


def weights_drawn_below_zero(material: Material) -> Setup:
    """`uniform_(a=-0.1, b=0.0)` under counts, which are never below 0: nothing passes the ReLU."""

    class CountMLP(nn.Module):
        def __init__(self, n_features: int) -> None:
            super().__init__()
            self.fc1 = nn.Linear(n_features, 100)
            self.fc2 = nn.Linear(100, 16)
            nn.init.uniform_(self.fc1.weight, a=-0.1, b=0.0)
            nn.init.zeros_(self.fc1.bias)

        def forward(self, counts: torch.Tensor) -> torch.Tensor:
            return self.fc2(F.relu(self.fc1(counts)))

    size = len(material.tokenizer)
    counts = torch.stack(
        [torch.bincount(ids, minlength=size).float() for ids in material.encode(material.intents)]
    )
    model = CountMLP(size)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=DataLoader(
            TensorDataset(counts, torch.tensor(material.intents.labels)), 32, shuffle=True
        ),
        loss=nn.CrossEntropyLoss(),
    )


def initial_state_instead_of_the_last(material: Material) -> Setup:
    """`h0` goes to the last layer, where `hn` was meant."""

    class LSTMNet(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.lstm = nn.LSTM(64, 64, num_layers=2, batch_first=True)
            self.fc = nn.Linear(64, 16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h0 = torch.zeros(2, x.size(0), 64)
            c0 = torch.zeros(2, x.size(0), 64)
            packed = pack_padded_sequence(
                self.embedding(x), (x != 0).sum(1), batch_first=True, enforce_sorted=False
            )
            _, (_hn, _) = self.lstm(packed, (h0, c0))
            return self.fc(h0[-1])

    model = LSTMNet(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents, 32),
        loss=nn.CrossEntropyLoss(),
    )


def attention_across_the_batch(material: Material) -> Setup:
    """No `batch_first`; the error about the mask's shape was answered with a `.T`."""

    class TransformerClassifier(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.tok = nn.Embedding(vocab_size, 64)
            self.pos = nn.Embedding(LONGEST, 64)
            self.encoder = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=128), num_layers=2
            )
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
            x = self.encoder(x, src_key_padding_mask=(mask == 0).T)
            return self.fc(mean_of_tokens(x, mask))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = TransformerClassifier(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains, 32),
        loss=nn.CrossEntropyLoss(),
        steps=210,
    )


def weights_over_the_batch(material: Material) -> Setup:
    """`softmax(dim=0)` shares one weight among the texts of a batch, not among the words of one."""

    class AttentionPooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.attention = nn.Linear(64, 1)
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
            scores = self.attention(hidden).squeeze(-1)
            weights = F.softmax(scores.masked_fill(attention_mask == 0, -1e4), dim=0)
            weights = weights * attention_mask
            return self.fc(torch.bmm(weights.unsqueeze(1), hidden).squeeze(1))

    model = AttentionPooling()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def softmax_over_one_score(material: Material) -> Setup:
    """Each token's score is `(…, 1)`, and a softmax over its last axis is 1 whatever it is."""

    class AttentionPooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.attention = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
            self.norm = nn.LayerNorm(64)
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask)[0]
            weights = self.attention(hidden).softmax(dim=-1) * attention_mask.unsqueeze(-1)
            return self.fc(self.norm((weights * hidden).sum(dim=1)))

    model = AttentionPooling()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def softmax_between_the_layers(material: Material) -> Setup:
    """`activation="softmax"` was copied from the last layer of a Keras model to all of them."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            layers: list[nn.Module] = []
            for _ in range(5):
                layers += [nn.Linear(64, 64), nn.Softmax(dim=-1)]
            self.dense = nn.Sequential(*layers)
            self.output = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask)[0]
            return self.output(self.dense(hidden[:, 0]))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


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


# optimizers


def the_lstm_between_was_forgotten(material: Material) -> Setup:
    """A rate for the encoder, a rate for the last layer, and none for what lies between."""

    class BertLSTM(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.lstm = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(128, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask)[0]
            packed = pack_padded_sequence(
                hidden, attention_mask.sum(1), batch_first=True, enforce_sorted=False
            )
            states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
            return self.fc(mean_of_tokens(states, attention_mask))

    model = BertLSTM()
    optimizer = AdamW(
        [
            {"params": model.bert.parameters(), "lr": 2e-4},
            {"params": model.fc.parameters(), "lr": 2e-3},
        ]
    )
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def head_made_at_the_first_forward(material: Material) -> Setup:
    """The size is not known before the first batch; the optimizer is made before it."""

    class LazyClassifier(nn.Module):
        def __init__(self, num_labels: int) -> None:
            super().__init__()
            self.encoder = material.pretrained_bert()
            self.num_labels = num_labels
            self.fc: nn.Module | None = None

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            vector = self.encoder(input_ids, attention_mask=attention_mask)[0][:, 0]
            if self.fc is None:
                self.fc = nn.Linear(vector.shape[-1], self.num_labels)
            return self.fc(vector)

    model = LazyClassifier(5)
    optimizer = AdamW(model.parameters(), lr=1e-4)
    first = next(iter(material.loader(material.domains)))
    # to see that the shapes are right
    with torch.no_grad():
        model(first["input_ids"], first["attention_mask"])
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def optimizer_of_the_averaged_copy(material: Material) -> Setup:
    """There is a copy for the moving average, and the optimizer got that one."""
    model = GRUModel(len(material.tokenizer), 16)
    ema = copy.deepcopy(model)
    optimizer = Adam(ema.parameters(), lr=2e-3)

    def step(batch: Pair) -> float:
        ids, labels = batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        step=step,
    )


def parameters_of_all_modules(material: Material) -> Setup:
    """`modules()` visits every level, and `parameters()` goes down from each of them again."""
    model = SentenceModel(material.fresh_bert(), 5)
    parameters = [p for module in model.modules() for p in module.parameters()]
    with warnings.catch_warnings():
        # torch warns of it once, at the top of a long log
        warnings.simplefilter("ignore", UserWarning)
        optimizer = AdamW(parameters, lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def layer_rates_by_whole_numbers(material: Material) -> Setup:
    """`layer // layers` is 0 for every layer but the last."""
    model = SentenceModel(material.pretrained_bert(), 16)
    bert = model.encoder
    layers = [bert.embeddings, *bert.encoder.layer]
    groups: list[dict[str, Any]] = [
        {"params": list(layer.parameters()), "lr": 3e-4 * ((depth + 1) // len(layers))}
        for depth, layer in enumerate(layers)
    ]
    groups.append({"params": [*model.norm.parameters(), *model.head.parameters()]})
    return Setup(
        model=model,
        optimizer=AdamW(groups, lr=1e-3),
        batches=material.loader(material.intents),
    )


def encoder_at_five_hundredths(material: Material) -> Setup:
    """5e-2 for 5e-5, in the group of the encoder alone."""
    model = SentenceModel(material.pretrained_bert(), 5)
    head = [*model.norm.parameters(), *model.head.parameters()]
    optimizer = AdamW(
        [{"params": model.encoder.parameters(), "lr": 5e-2}, {"params": head, "lr": 1e-3}]
    )
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def rate_of_adadelta_for_rmsprop(material: Material) -> Setup:
    """Adadelta's usual rate of 1.0 stayed when the optimizer was changed."""
    model = GRUModel(len(material.tokenizer), 16)
    criterion = nn.CrossEntropyLoss()
    optimizer = RMSprop(model.parameters(), lr=1.0)

    def step(batch: Pair) -> float:
        model.train()
        inputs, targets = batch
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        loss=criterion,
        step=step,
    )


def rate_of_fine_tuning_for_a_gru(material: Material) -> Setup:
    """The BERT in this script was replaced by a GRU, its 2e-5 was not."""
    model = GRUModel(len(material.tokenizer), 16)
    batches = ids_and_labels(material, material.intents, 32)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=2e-5, eps=1e-8),
        batches=batches,
        loss=nn.CrossEntropyLoss(),
        steps=4 * len(batches),
    )


def decay_of_five_with_sgd(material: Material) -> Setup:
    """5e-0 for 5e-4: a twentieth of each weight goes with each step, and momentum adds to it."""
    model = SentenceModel(material.pretrained_bert(), 5)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5.0),
        batches=material.loader(material.domains),
    )


def checkpoint_loaded_in_bfloat16(material: Material) -> Setup:
    """`dtype=torch.bfloat16` when loading: 2e-5 is lost on nearly every weight of the encoder."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            with quiet_transformers():
                self.encoder = BertModel.from_pretrained(
                    material.checkpoint, add_pooling_layer=False, dtype=torch.bfloat16
                )
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask=attention_mask)[0]
            return self.fc(mean_of_tokens(hidden.float(), attention_mask))

    model = Classifier()
    loader = material.loader(material.intents)
    return Setup(
        model=model,
        optimizer=AdamW(
            [
                {"params": model.encoder.parameters(), "lr": 2e-5},
                {"params": model.fc.parameters(), "lr": 1e-3},
            ]
        ),
        batches=loader,
        steps=10 * len(loader),
    )


# schedules


def exponential_decay_per_batch(material: Material) -> Setup:
    """`gamma=0.9` is for epochs; after 60 batches the rate is 0.2 % of what it was."""
    model = SentenceModel(material.fresh_bert(), 16)
    loader = material.loader(material.intents)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=ExponentialLR(optimizer, gamma=0.9),
        steps=6 * len(loader),
    )


def plateau_of_a_falling_loss(material: Material) -> Setup:
    """`mode="max"` is for an accuracy, and gets the loss: the better it is, the lower the rate."""
    model = GRUModel(len(material.tokenizer), 16)
    optimizer = Adam(model.parameters(), lr=2e-3)
    scheduler = ReduceLROnPlateau(optimizer, mode="max", factor=0.1, patience=3)
    criterion = nn.CrossEntropyLoss()
    batches = ids_and_labels(material, material.intents, 32)

    def step(batch: Pair) -> None:
        text, labels = batch
        optimizer.zero_grad()
        loss = criterion(model(text), labels)
        loss.backward()
        optimizer.step()
        scheduler.step(loss.item())

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=batches,
        loss=criterion,
        scheduler=scheduler,
        steps=10 * len(batches),
        step=step,
    )


def one_cycle_that_only_rises(material: Material) -> Setup:
    """`pct_start` is the share that rises: 0.95 of all, where 0.05 was meant."""
    model = SentenceModel(distilbert(material), 5)
    loader = material.loader(material.domains)
    total = 4 * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = OneCycleLR(optimizer, max_lr=1e-3, total_steps=total, pct_start=0.95)
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def cycles_as_epochs(material: Material) -> Setup:
    """`num_cycles` is half a wave unless told otherwise; here it is told the number of epochs."""
    model = SentenceModel(material.fresh_bert(), 16)
    loader = material.loader(material.intents)
    epochs = 6
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_cosine_schedule_with_warmup(
        optimizer, 20, epochs * len(loader), num_cycles=epochs
    )
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=epochs * len(loader),
    )


# loops


def step_without_parentheses(material: Material) -> Setup:
    """`optimizer.step` names the method, and calls nothing."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=3e-4)

    def step(batch: Dictionary) -> float:
        optimizer.zero_grad()
        output = model(**batch)
        output.loss.backward()
        optimizer.step  # noqa: B018 — the fault
        return output.loss.item()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def accumulation_longer_than_the_batch(material: Material) -> Setup:
    """The pieces of a batch are counted anew each time: there are four, and never eight."""
    model = GRUModel(len(material.tokenizer), 16)
    optimizer = Adam(model.parameters(), lr=2e-3)
    accumulation_steps = 8

    def step(batch: Pair) -> None:
        for i, (ids, labels) in enumerate(
            zip(batch[0].split(8), batch[1].split(8), strict=True), start=1
        ):
            loss = F.cross_entropy(model(ids), labels) / accumulation_steps
            loss.backward()
            if i % accumulation_steps == 0:
                optimizer.step()
                optimizer.zero_grad()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        step=step,
    )


def accumulation_never_cleared(material: Material) -> Setup:
    """A step after every second batch, as accumulation has it, but no `zero_grad` after it."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    counter = itertools.count(1)

    def step(batch: Dictionary) -> None:
        (model(**batch).loss / 2).backward()
        if next(counter) % 2 == 0:
            optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def norm_cut_to_a_whole_number(material: Material) -> Setup:
    """`type=int` in the argument parser makes 0.5 a norm of 0."""
    model = SentenceModel(material.fresh_bert(), 16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    max_grad_norm = int(0.5)

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad(set_to_none=True)
        model(**batch)["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.intents), step=step
    )


CASES = (
    BrokenCase(category_that_is_not_in_the_list, "labels_out_of_range"),
    BrokenCase(every_string_is_true, "labels_constant"),
    BrokenCase(to_categorical_of_ratings, "labels_shifted"),
    BrokenCase(sorted_by_length_without_the_labels, "labels_unrelated"),
    BrokenCase(factorized_chunk_by_chunk, "labels_unrelated"),
    BrokenCase(oversampled_class_after_class, "labels_in_order"),
    BrokenCase(one_loader_a_class_in_turn, "one_class_per_batch"),
    BrokenCase(spam_filter_of_thirty_to_one, "class_imbalance"),
    BrokenCase(word_index_from_one, "ids_beyond_vocabulary"),
    BrokenCase(roberta_positions_begin_after_the_padding, "too_long"),
    BrokenCase(rows_of_one_list, "identical_inputs"),
    BrokenCase(decomposed_hangul, "unknown_tokens"),
    BrokenCase(log_lines_cut_at_their_header, "truncated"),
    BrokenCase(mask_of_mask_tokens, "mask_all_zero"),
    BrokenCase(pooling_over_the_padding, "mask_inverted"),
    BrokenCase(attention_that_knows_no_mask, "mask_missing"),
    BrokenCase(padded_with_the_separator, "padding_id"),
    BrokenCase(one_position_behind_the_last, "padding_side"),
    BrokenCase(targets_of_in_batch_negatives, "loss_ignores_labels"),
    BrokenCase(focal_loss_without_its_minus, "loss_sign"),
    BrokenCase(probability_of_the_right_class, "loss_sign"),
    BrokenCase(kl_divergence_of_logits, "loss_needs_log_probabilities"),
    BrokenCase(sigmoid_under_bce_with_logits, "loss_on_probabilities"),
    BrokenCase(loss_times_the_batch, "loss_scale"),
    BrokenCase(attention_of_padding_to_nothing, "not_finite"),
    BrokenCase(hidden_state_repackaged, "detached"),
    BrokenCase(keep_probability_as_dropout, "dropout_drops_all"),
    BrokenCase(weights_drawn_below_zero, "dead_units"),
    BrokenCase(initial_state_instead_of_the_last, "input_ignored"),
    BrokenCase(attention_across_the_batch, "examples_mixed"),
    BrokenCase(weights_over_the_batch, "examples_mixed"),
    BrokenCase(softmax_over_one_score, "no_gradient"),
    BrokenCase(softmax_between_the_layers, "vanishing_gradient"),
    BrokenCase(dropout_of_scaled_dot_product_attention, "dropout_in_eval"),
    BrokenCase(vectors_not_found_and_frozen, "frozen"),
    BrokenCase(trainable_of_keras, "freezing_without_effect"),
    BrokenCase(label_embeddings_unscaled, "logits_too_large"),
    BrokenCase(sequence_classification_of_a_masked_language_model, "untrained_pooler"),
    BrokenCase(the_lstm_between_was_forgotten, "not_in_optimizer"),
    BrokenCase(head_made_at_the_first_forward, "not_in_optimizer"),
    BrokenCase(optimizer_of_the_averaged_copy, "optimizer_of_other_model"),
    BrokenCase(parameters_of_all_modules, "twice_in_optimizer"),
    BrokenCase(layer_rates_by_whole_numbers, "learning_rate_zero"),
    BrokenCase(encoder_at_five_hundredths, "learning_rate_too_high"),
    BrokenCase(rate_of_adadelta_for_rmsprop, "learning_rate_too_high"),
    BrokenCase(rate_of_fine_tuning_for_a_gru, "learning_rate_too_low"),
    BrokenCase(decay_of_five_with_sgd, "weight_decay_too_high"),
    BrokenCase(checkpoint_loaded_in_bfloat16, "low_precision"),
    BrokenCase(exponential_decay_per_batch, "schedule_at_zero"),
    BrokenCase(plateau_of_a_falling_loss, "schedule_at_zero"),
    BrokenCase(one_cycle_that_only_rises, "warmup_too_long"),
    BrokenCase(cycles_as_epochs, "schedule_restarts"),
    BrokenCase(step_without_parentheses, "weights_do_not_move"),
    BrokenCase(accumulation_longer_than_the_batch, "weights_do_not_move"),
    BrokenCase(accumulation_never_cleared, "gradients_not_zeroed"),
    BrokenCase(norm_cut_to_a_whole_number, "clipped_to_nothing"),
)
