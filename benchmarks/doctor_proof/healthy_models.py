"""Sound models of many kinds, each trained from where it stands."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import Adam, AdamW
from transformers import BertForSequenceClassification, BertModel, get_linear_schedule_with_warmup

import zoo
from doctor_proof.material import LONGEST, Material, Rows, mean_of_tokens
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents, LSTMClassifier
from doctor_proof.setups import HealthyCase, Setup
from zoo.optimization import make_optimizer, make_schedule


def one_linear_layer(material: Material) -> Setup:
    """The mission's: a single linear layer on the first token is no fault."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    loader = material.loader(material.intents)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_linear_schedule_with_warmup(optimizer, 35, 5 * len(loader))
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=5 * len(loader),
        tokenizer=material.tokenizer,
    )


def one_linear_layer_on_pretrained(material: Material) -> Setup:
    """The usual fine-tuning, with a rate of its own for the head."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    loader = material.loader(material.domains)
    optimizer = AdamW(
        [
            {"params": model.bert.parameters(), "lr": 3e-4},
            {"params": model.classifier.parameters(), "lr": 3e-3},
        ],
        weight_decay=0.01,
    )
    scheduler = get_linear_schedule_with_warmup(optimizer, 21, 3 * len(loader))
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=3 * len(loader),
        tokenizer=material.tokenizer,
    )


def mean_and_two_layers(material: Material) -> Setup:
    """A tuple of logits and vector."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
    )


def electra_with_its_own_loss(material: Material) -> Setup:
    """An output of transformers, batches as its Trainer has them."""
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def bert_for_sequence_classification(material: Material) -> Setup:
    """transformers' own class from scratch: its pooler is fresh as all the rest, and trains."""
    model = BertForSequenceClassification(material.config(num_labels=5))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def pooler_that_nobody_reads(material: Material) -> Setup:
    """`BertModel` brings a pooler; the head reads the first token and leaves it alone."""

    class Classifier(nn.Module):
        def __init__(self, bert: BertModel) -> None:
            super().__init__()
            self.bert = bert
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bert(input_ids, attention_mask).last_hidden_state[:, 0])

    model = Classifier(material.pretrained_bert(add_pooling_layer=True))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.pairs(material.domains),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def transformer_of_pytorch(material: Material) -> Setup:
    """`nn.TransformerEncoder` with its mask the right way round."""

    class Classifier(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.position = nn.Parameter(torch.zeros(LONGEST, 64))
            layer = nn.TransformerEncoderLayer(64, 2, 128, dropout=0.1, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.fc = nn.Linear(64, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.embedding(ids) + self.position[: ids.shape[1]]
            x = self.encoder(x, src_key_padding_mask=mask == 0)
            return self.fc(mean_of_tokens(x, mask))

    model = Classifier(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
    )


def bidirectional_lstm(material: Material) -> Setup:
    """Own embeddings, packed, without any tokenizer to look at."""
    model = LSTMClassifier(len(material.tokenizer), num_labels=16)
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]
    return Setup(
        model=model, optimizer=Adam(model.parameters(), lr=3e-3), batches=batches, steps=350
    )


def convolutions(material: Material) -> Setup:
    """TextCNN (Kim 2014), its maximum over real tokens only."""

    class TextCNN(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.convs = nn.ModuleList(nn.Conv1d(64, 48, size, padding="same") for size in (1, 3))
            self.dropout = nn.Dropout(0.3)
            self.fc = nn.Linear(96, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            # padding is embedded as zeros, which is what the convolution pads with itself
            x = self.embedding(ids).transpose(1, 2)
            is_padding = (ids == 0).unsqueeze(1)
            pooled = [
                F.relu(conv(x)).masked_fill(is_padding, 0.0).amax(dim=2) for conv in self.convs
            ]
            return self.fc(self.dropout(torch.cat(pooled, dim=1)))

    model = TextCNN(len(material.tokenizer))
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.domains)]
    return Setup(model=model, optimizer=Adam(model.parameters(), lr=1e-3), batches=batches)


def bag_of_words(material: Material) -> Setup:
    """Logarithms of 1 + count under one linear layer."""

    class BagOfWords(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.vocab_size = vocab_size
            self.fc = nn.Linear(vocab_size, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            words = F.one_hot(ids, self.vocab_size) * mask.unsqueeze(-1)
            return self.fc(torch.log1p(words.sum(dim=1).float()))

    model = BagOfWords(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-3),
        batches=material.pairs(material.intents),
    )


def embedding_bag(material: Material) -> Setup:
    """As fastText: the mean of the embeddings, which leaves the padding out."""

    class FastText(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.bag = nn.EmbeddingBag(vocab_size, 64, mode="mean", padding_idx=0)
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bag(ids))

    model = FastText(len(material.tokenizer))
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.domains)]
    return Setup(model=model, optimizer=Adam(model.parameters(), lr=1e-2), batches=batches)


def attention_pooling(material: Material) -> Setup:
    """Padding gets a score of minus infinity, which is right before a softmax."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.score = nn.Linear(64, 1, bias=False)
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            scores = self.score(torch.tanh(hidden)).squeeze(-1)
            weights = scores.masked_fill(attention_mask == 0, float("-inf")).softmax(dim=1)
            return self.fc((weights.unsqueeze(-1) * hidden).sum(dim=1))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        tokenizer=material.tokenizer,
    )


def dropout_of_a_half(material: Material) -> Setup:
    """Much dropout is not too much dropout."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5, dropout=0.5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
    )


def relu_and_batch_norm(material: Material) -> Setup:
    """Three layers with ReLU, of whose units some are silent at any text."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.head = nn.Sequential(
                nn.Linear(64, 128),
                nn.BatchNorm1d(128),
                nn.ReLU(),
                nn.Dropout(0.2),
                nn.Linear(128, 64),
                nn.ReLU(),
                nn.Linear(64, 5),
            )

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.head(mean_of_tokens(hidden, attention_mask))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def frozen_encoder(material: Material) -> Setup:
    """Pretrained and frozen on purpose; the optimizer holds the head."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    for parameter in model.bert.parameters():
        parameter.requires_grad = False
    return Setup(
        model=model,
        optimizer=AdamW(model.classifier.parameters(), lr=3e-3),
        batches=material.loader(material.domains),
    )


def frozen_features(material: Material) -> Setup:
    """Frozen by `requires_grad_` and `no_grad` alike, all parameters given to the optimizer."""

    class Classifier(BertMean):
        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            with torch.no_grad():
                hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            vector = mean_of_tokens(hidden, attention_mask)
            return self.fc2(F.leaky_relu(self.fc1(vector))), vector

    model = Classifier(material.pretrained_bert(), num_labels=16)
    model.bert.requires_grad_(False)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=2e-3),
        batches=material.pairs(material.intents),
    )


def frozen_embeddings(material: Material) -> Setup:
    """The lower part of a pretrained encoder stays, the upper part learns."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    for parameter in model.bert.embeddings.parameters():
        parameter.requires_grad = False
    optimizer = AdamW(filter(lambda each: each.requires_grad, model.parameters()), lr=3e-4)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def nano_with_bilstm(material: Material) -> Setup:
    """Zoo's own pair, optimizer and schedule."""
    rows = material.intents
    classifier = zoo.build("bert-nano", "bilstm", num_labels=16, pretrained=False, seed=0)
    recipe = zoo.Recipe().resolved(is_pretrained=False)
    batches = _batches_of_zoo(classifier, rows)
    steps = (recipe.epochs or 1) * len(batches)
    optimizer = make_optimizer(classifier, recipe)
    return Setup(
        model=classifier,
        optimizer=optimizer,
        batches=batches,
        scheduler=make_schedule(optimizer, recipe, steps),
        steps=steps,
        tokenizer=classifier.tokenizer,
    )


def electra_nano_with_textcnn(material: Material) -> Setup:
    """Another pair on another task, at a constant rate."""
    classifier = zoo.build("koelectra-nano", "textcnn", num_labels=3, pretrained=False, seed=0)
    optimizer = AdamW(classifier.parameters(), lr=5e-4)
    return Setup(
        model=classifier,
        optimizer=optimizer,
        batches=_batches_of_zoo(classifier, material.utterances),
        tokenizer=classifier.tokenizer,
        texts=material.utterances.texts,
    )


def _batches_of_zoo(
    classifier: zoo.TextClassifier, rows: Rows, size: int = 16
) -> list[dict[str, torch.Tensor]]:
    batches = []
    for start in range(0, len(rows.labels), size):
        encoded = classifier.tokenizer(
            list(rows.texts[start : start + size]), padding=True, return_tensors="pt"
        )
        labels = torch.tensor(rows.labels[start : start + size])
        batches.append({**encoded, "labels": labels})
    return batches


CASES = tuple(
    HealthyCase(author)
    for author in (
        one_linear_layer,
        one_linear_layer_on_pretrained,
        mean_and_two_layers,
        electra_with_its_own_loss,
        bert_for_sequence_classification,
        pooler_that_nobody_reads,
        transformer_of_pytorch,
        bidirectional_lstm,
        convolutions,
        bag_of_words,
        embedding_bag,
        attention_pooling,
        dropout_of_a_half,
        relu_and_batch_norm,
        frozen_encoder,
        frozen_features,
        frozen_embeddings,
        nano_with_bilstm,
        electra_nano_with_textcnn,
    )
)
