"""Trainings that look odd and learn, written without sight of the doctor."""

from __future__ import annotations

import copy
import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.optim import SGD, Adagrad, Adam, AdamW
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
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
from doctor_proof.held_out_broken import (
    Dictionary,
    GRUModel,
    Pair,
    SentenceModel,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import (
    LONGEST,
    Material,
    Rows,
    collate,
    mean_of_tokens,
    word_pieces,
)
from doctor_proof.models import BertClassifier, BertMean
from doctor_proof.setups import HealthyCase, Setup


def counts_of(material: Material, rows: Rows) -> torch.Tensor:
    """How often each token is in each text."""
    size = len(material.tokenizer)
    return torch.stack([torch.bincount(ids, minlength=size) for ids in material.encode(rows)])


# losses and labels


def log_softmax_under_cross_entropy(material: Material) -> Setup:
    """The logarithm of a softmax may be taken twice: the second changes nothing."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(64, 16), nn.LogSoftmax(dim=1))

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.head(mean_of_tokens(self.encoder(ids, mask)[0], mask))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=nn.CrossEntropyLoss(),
        steps=350,
    )


def loss_before_the_logits(material: Material) -> Setup:
    """`(loss, logits)`, as transformers returned it before version 4."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.dropout = nn.Dropout(0.1)
            self.classifier = nn.Linear(64, 5)

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            labels: torch.Tensor | None = None,
        ) -> tuple[torch.Tensor, ...]:
            hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
            logits = self.classifier(self.dropout(hidden[:, 0]))
            outputs = (logits,)
            if labels is not None:
                outputs = (nn.CrossEntropyLoss()(logits.view(-1, 5), labels.view(-1)), *outputs)
            return outputs

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
    )


def a_quarter_without_label(material: Material) -> Setup:
    """-100 says that a row has no label, and cross-entropy leaves it out."""
    labels = [label if row % 4 else -100 for row, label in enumerate(material.domains.labels)]
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains.with_labels(labels), 32),
        steps=175,
    )


def one_hot_labels(material: Material) -> Setup:
    """Labels as rows of 0 and 1, which cross-entropy takes as probabilities."""
    rows = material.domains
    one_hot = F.one_hot(torch.tensor(rows.labels), 5).float()
    ids = pad_sequence(material.encode(rows), batch_first=True)
    model = GRUModel(len(material.tokenizer), 5)
    loader = DataLoader(TensorDataset(ids, one_hot), 32, shuffle=True)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=3e-3),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
        steps=6 * len(loader),
    )


def poly_loss(material: Material) -> Setup:
    """PolyLoss (Leng et al. 2022): cross-entropy and a little of `1 - p`."""

    def poly1(logits: torch.Tensor, labels: torch.Tensor, epsilon: float = 1.0) -> torch.Tensor:
        p = logits.softmax(dim=-1).gather(1, labels[:, None]).squeeze(1)
        return (F.cross_entropy(logits, labels, reduction="none") + epsilon * (1 - p)).mean()

    model = GRUModel(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.domains),
        loss=poly1,
    )


def hinge_of_many_classes(material: Material) -> Setup:
    """A margin, as of an SVM: the loss may be exactly 0, and starts near 1."""
    model = BertMean(material.fresh_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
        loss=nn.MultiMarginLoss(),
    )


# order of the data


def every_class_in_each_batch(material: Material) -> Setup:
    """Stratified: each batch has two of every class, one class after the other."""
    rows = material.intents
    rng = random.Random(0)
    members = [[row for row, each in enumerate(rows.labels) if each == c] for c in range(16)]
    for group in members:
        rng.shuffle(group)
    order = [
        row for start in range(0, 70, 2) for group in members for row in group[start : start + 2]
    ]
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows.at(order), 32, shuffle=False),
        steps=280,
    )


def drawn_by_weight(material: Material) -> Setup:
    """Thirteen to one in the file, but a weighted sampler makes it even."""
    rows = material.intents
    labels = [int(label == 8) for label in rows.labels]
    weights = [13.0 if label else 1.0 for label in labels]
    loader = DataLoader(
        list(zip(material.encode(rows), labels, strict=True)),  # type: ignore[arg-type]
        batch_size=16,
        sampler=WeightedRandomSampler(
            weights, len(labels), generator=torch.Generator().manual_seed(1)
        ),
        collate_fn=collate,
    )
    model = BertClassifier(material.pretrained_bert(), num_labels=2)
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=3e-4), batches=loader)


def longest_first_within_a_batch(material: Material) -> Setup:
    """Sorted as `pack_padded_sequence` once asked for; labels are sorted with the texts."""

    class SortedGRU(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.gru = nn.GRU(64, 64, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(128, 16)

        def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True)
            _, last = self.gru(packed)
            return self.fc(torch.cat([last[0], last[1]], dim=-1))

    def by_length(
        examples: Sequence[tuple[torch.Tensor, int]],
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        ordered = sorted(examples, key=lambda example: len(example[0]), reverse=True)
        ids, labels = zip(*ordered, strict=True)
        lengths = torch.tensor([len(each) for each in ids])
        return (pad_sequence(list(ids), batch_first=True), lengths), torch.tensor(labels)

    rows = material.intents
    model = SortedGRU(len(material.tokenizer))
    loader = DataLoader(
        list(zip(material.encode(rows), rows.labels, strict=True)),  # type: ignore[arg-type]
        batch_size=32,
        shuffle=True,
        collate_fn=by_length,
    )
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=3e-3),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
        steps=7 * len(loader),
    )


def all_examples_in_one_batch(material: Material) -> Setup:
    """Descent on the whole of the data, an epoch a step, on TF-IDF."""
    counts = counts_of(material, material.intents).float()
    idf = torch.log((1 + len(counts)) / (1 + (counts > 0).sum(dim=0))) + 1
    features = F.normalize(counts * idf)
    labels = torch.tensor(material.intents.labels)
    model = nn.Linear(features.shape[1], 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=0.05),
        batches=[(features, labels)],
        loss=nn.CrossEntropyLoss(),
        steps=150,
    )


# models


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


# optimizers and loops


def sparse_gradients_with_sgd(material: Material) -> Setup:
    """Sparse gradients, and a rate of 2.0, which a mean of many small vectors can do with."""

    class Bag(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.bag = nn.EmbeddingBag(vocab_size, 64, sparse=True, padding_idx=0)
            nn.init.uniform_(self.bag.weight, -0.5, 0.5)
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bag(ids))

    model = Bag(len(material.tokenizer))
    batches = ids_and_labels(material, material.domains)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=2.0),
        batches=batches,
        loss=nn.CrossEntropyLoss(),
        steps=10 * len(batches),
    )


def adagrad_at_a_tenth(material: Material) -> Setup:
    """0.1 is a usual rate for Adagrad, which divides by all gradients so far."""

    class Words(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.fc = nn.Linear(64, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(mean_of_tokens(self.embedding(ids), mask))

    model = Words(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adagrad(model.parameters(), lr=0.1),
        batches=material.pairs(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023: the sign of the momentum alone."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step."""
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "exp_avg" not in state:
                    state["exp_avg"] = torch.zeros_like(p)
                average = state["exp_avg"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(torch.sign(average * first + p.grad * (1 - first)), alpha=-group["lr"])
                average.mul_(second).add_(p.grad, alpha=1 - second)


def lion_by_hand(material: Material) -> Setup:
    """An optimizer that torch does not have."""
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=Lion(model.parameters(), lr=2e-4, weight_decay=0.1),
        batches=material.loader(material.domains),
    )


def slower_the_deeper(material: Material) -> Setup:
    """Layer-wise decay of the rate: 0.7 from layer to layer."""
    model = SentenceModel(material.pretrained_bert(), 16)
    bert = model.encoder
    layers = [bert.embeddings, *bert.encoder.layer]
    groups = [
        {"params": list(layer.parameters()), "lr": 6e-4 * 0.7 ** (len(layers) - depth)}
        for depth, layer in enumerate(layers)
    ]
    groups.append({"params": [*model.norm.parameters(), *model.head.parameters()], "lr": 2e-3})
    return Setup(model=model, optimizer=AdamW(groups), batches=material.loader(material.intents))


def thawed_after_forty_steps(material: Material) -> Setup:
    """The head goes first, on a frozen encoder, which is thawed later; the optimizer has both."""
    model = SentenceModel(material.pretrained_bert(), 5)
    model.encoder.requires_grad_(False)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    counter = itertools.count()

    def step(batch: Dictionary) -> None:
        if next(counter) == 40:
            model.encoder.requires_grad_(True)
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def average_of_the_weights_beside_it(material: Material) -> Setup:
    """A moving average is kept for evaluation, and has no part in the training."""
    model = GRUModel(len(material.tokenizer), 16)
    ema = copy.deepcopy(model).requires_grad_(False)
    optimizer = Adam(model.parameters(), lr=3e-3)
    batches = ids_and_labels(material, material.intents, 32)

    def step(batch: Pair) -> float:
        ids, labels = batch
        loss = F.cross_entropy(model(ids), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(ema.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 0.01)
        return loss.item()

    return Setup(
        model=model, optimizer=optimizer, batches=batches, step=step, steps=8 * len(batches)
    )


def two_dropouts_that_should_agree(material: Material) -> Setup:
    """R-Drop (Liang et al. 2021): each batch goes through the model twice."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5, dropout=0.3)
    optimizer = AdamW(model.parameters(), lr=3e-4)

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        first, second = (
            model(batch["input_ids"], batch["attention_mask"]).log_softmax(dim=-1) for _ in range(2)
        )
        nll = F.nll_loss(first, batch["labels"]) + F.nll_loss(second, batch["labels"])
        apart = F.kl_div(first, second, log_target=True, reduction="batchmean") + F.kl_div(
            second, first, log_target=True, reduction="batchmean"
        )
        (nll / 2 + apart / 2).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def loss_scaled_and_unscaled(material: Material) -> Setup:
    """A static scale of 1,024, as for float16: the gradients are divided by it before the step."""
    model = SentenceModel(material.fresh_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scale = 1024.0

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        (model(**batch).loss * scale).backward()
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.div_(scale)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def adversarial_embeddings(material: Material) -> Setup:
    """FGM (Miyato et al. 2017): a second backward on moved embeddings adds to the first, wanted."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=3e-4)
    table = model.encoder.embeddings.word_embeddings.weight

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        model(**batch).loss.backward()
        assert table.grad is not None
        kept = table.data.clone()
        table.data.add_(0.3 * table.grad / (table.grad.norm() + 1e-12))
        model(**batch).loss.backward()
        table.data.copy_(kept)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def plateau_once_an_epoch(material: Material) -> Setup:
    """`ReduceLROnPlateau` gets the mean loss of each epoch, from within the loop."""
    model = GRUModel(len(material.tokenizer), 5)
    optimizer = Adam(model.parameters(), lr=3e-3)
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    batches = ids_and_labels(material, material.domains, 32)
    losses: list[float] = []

    def step(batch: Pair) -> None:
        ids, labels = batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == len(batches):
            plateau.step(sum(losses) / len(losses))
            losses.clear()

    return Setup(
        model=model, optimizer=optimizer, batches=batches, step=step, steps=6 * len(batches)
    )


CASES = tuple(
    HealthyCase(author)
    for author in (
        log_softmax_under_cross_entropy,
        loss_before_the_logits,
        a_quarter_without_label,
        one_hot_labels,
        poly_loss,
        hinge_of_many_classes,
        every_class_in_each_batch,
        drawn_by_weight,
        longest_first_within_a_batch,
        all_examples_in_one_batch,
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
        sparse_gradients_with_sgd,
        adagrad_at_a_tenth,
        lion_by_hand,
        slower_the_deeper,
        thawed_after_forty_steps,
        average_of_the_weights_beside_it,
        two_dropouts_that_should_agree,
        loss_scaled_and_unscaled,
        adversarial_embeddings,
        plateau_once_an_epoch,
    )
)
