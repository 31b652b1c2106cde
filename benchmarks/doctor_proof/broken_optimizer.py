"""The optimizer holds the wrong parameters, or moves them at the wrong rate."""

from __future__ import annotations

import copy
import warnings

import torch
from torch import nn
from torch.optim import SGD, AdamW

from doctor_proof.material import Material, mean_of_tokens
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents, LSTMClassifier
from doctor_proof.setups import BrokenCase, Setup


def optimizer_of_the_encoder_only(material: Material) -> Setup:
    """The mission's first: the head keeps its random weights."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    optimizer = AdamW(model.bert.parameters(), lr=2e-4)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def optimizer_of_the_encoder_only_with_two_layers(material: Material) -> Setup:
    """The same with a deeper head, in a loop of one's own."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.bert.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()

    def step(batch: tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad()
        logits, _ = model(ids, mask)
        criterion(logits, labels).backward()
        optimizer.step()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.intents),
        loss=criterion,
        step=step,
    )


def optimizer_of_the_head_only(material: Material) -> Setup:
    """The encoder is fresh and wants to train, but only the classifier is optimised."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.classifier.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.intents))


def layers_in_a_python_list(material: Material) -> Setup:
    """`self.layers` is no nn.ModuleList, so `model.parameters()` does not know its layers."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.layers = [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 5)]

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            x = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state[:, 0]
            for layer in self.layers:
                x = layer(x)
            return x

    model = Classifier()
    optimizer = AdamW(model.parameters(), lr=2e-4)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def layers_listed_twice(material: Material) -> Setup:
    """The head is added to parameters that hold it already: it moves twice a step."""
    model = ElectraForIntents(material, num_labels=3)
    with warnings.catch_warnings():
        # torch warns of it, which many logs swallow
        warnings.simplefilter("ignore", UserWarning)
        optimizer = AdamW([*model.parameters(), *model.out_proj.parameters()], lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.utterances))


def optimizer_before_the_new_head(material: Material) -> Setup:
    """The head for the new labels replaces the one that the optimizer holds."""
    model = BertClassifier(material.pretrained_bert(), num_labels=2)
    optimizer = AdamW(model.parameters(), lr=2e-4)
    model.classifier = nn.Linear(model.bert.config.hidden_size, 16)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def optimizer_of_the_last_fold(material: Material) -> Setup:
    """Cross-validation makes a new model for each fold, but the optimizer only once."""
    template = BertMean(material.fresh_bert(), num_labels=5)
    model = copy.deepcopy(template)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    for _ in range(2):
        model = copy.deepcopy(template)
    return Setup(model=model, optimizer=optimizer, batches=material.pairs(material.domains))


def rate_of_zero(material: Material) -> Setup:
    """`1 // 1000` is 0."""
    model = LSTMClassifier(len(material.tokenizer), num_labels=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=1 // 1000)
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]
    return Setup(model=model, optimizer=optimizer, batches=batches)


def rate_of_1e_8(material: Material) -> Setup:
    """The epsilon of Adam where its rate belongs."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-8)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def rate_of_adam_with_sgd(material: Material) -> Setup:
    """2e-5 is a rate for AdamW; plain SGD hardly moves with it."""
    model = ElectraForIntents(material, num_labels=5)
    optimizer = SGD(model.parameters(), lr=2e-5)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def fresh_head_at_1e_6(material: Material) -> Setup:
    """A rate for the last steps of a large model, for a small encoder and a fresh head."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-6)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.intents),
        steps=210,
    )


def rate_of_one(material: Material) -> Setup:
    """SGD's rate of old textbooks, given to AdamW."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1.0)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.intents))


def pretrained_at_a_tenth(material: Material) -> Setup:
    """The pretrained weights are gone after a few steps."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()

    def step(batch: dict[str, torch.Tensor]) -> float:
        model.train()
        optimizer.zero_grad()
        logits = model(batch["input_ids"], batch["attention_mask"])
        loss = criterion(logits, batch["labels"])
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        loss=criterion,
        step=step,
    )


def bfloat16_weights(material: Material) -> Setup:
    """The weights themselves are bfloat16: most updates are rounded away."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5).to(torch.bfloat16)
    loader = material.loader(material.domains)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-5),
        batches=loader,
        steps=15 * len(loader),
    )


def half_precision_weights(material: Material) -> Setup:
    """`model.half()` to save memory; Adam's epsilon of 1e-8 is 0 there."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.fc = nn.Linear(64, 3)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.fc(mean_of_tokens(hidden, attention_mask))

    model = Classifier().half()
    loader = material.loader(material.utterances)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-5),
        batches=loader,
        steps=25 * len(loader),
    )


CASES = (
    BrokenCase(optimizer_of_the_encoder_only, "not_in_optimizer"),
    BrokenCase(optimizer_of_the_encoder_only_with_two_layers, "not_in_optimizer"),
    BrokenCase(optimizer_of_the_head_only, "not_in_optimizer"),
    BrokenCase(layers_in_a_python_list, "not_in_optimizer"),
    BrokenCase(layers_listed_twice, "twice_in_optimizer"),
    BrokenCase(optimizer_before_the_new_head, "optimizer_of_other_model"),
    BrokenCase(optimizer_of_the_last_fold, "optimizer_of_other_model"),
    BrokenCase(rate_of_zero, "learning_rate_zero"),
    BrokenCase(rate_of_1e_8, "learning_rate_too_low"),
    BrokenCase(rate_of_adam_with_sgd, "learning_rate_too_low"),
    BrokenCase(fresh_head_at_1e_6, "learning_rate_too_low"),
    BrokenCase(rate_of_one, "learning_rate_too_high"),
    BrokenCase(pretrained_at_a_tenth, "learning_rate_too_high"),
    BrokenCase(bfloat16_weights, "low_precision"),
    BrokenCase(half_precision_weights, "low_precision"),
)
