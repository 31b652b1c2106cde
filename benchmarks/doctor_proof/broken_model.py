"""The model itself: what its forward computes, and what of it is trained."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import AdamW

from doctor_proof.material import Material, mean_of_tokens
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents
from doctor_proof.setups import BrokenCase, Setup


def logarithm_of_counts(material: Material) -> Setup:
    """A bag of words with `log(count)`: most counts are 0."""

    class BagOfWords(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.vocab_size = vocab_size
            self.fc = nn.Linear(vocab_size, 16)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            counts = F.one_hot(ids, self.vocab_size).sum(dim=1).float()
            return self.fc(torch.log(counts))

    model = BagOfWords(len(material.tokenizer))
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=1e-2), batches=batches)


def root_of_no_variance(material: Material) -> Setup:
    """Statistics pooling after a ReLU: the gradient of `sqrt` at 0 is infinite."""

    class StatisticsPooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.project = nn.Linear(64, 64)
            self.fc = nn.Linear(128, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            hidden = torch.relu(self.project(hidden))
            mean = mean_of_tokens(hidden, attention_mask)
            variance = mean_of_tokens((hidden - mean.unsqueeze(1)) ** 2, attention_mask)
            return self.fc(torch.cat([mean, torch.sqrt(variance)], dim=1))

    model = StatisticsPooling()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def no_grad_around_the_encoder(material: Material) -> Setup:
    """`torch.no_grad()` was copied from an example of inference."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.classifier(self.dropout(hidden[:, 0]))

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        tokenizer=material.tokenizer,
    )


def states_by_way_of_numpy(material: Material) -> Setup:
    """Hidden states go through numpy, and the gradient does not."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.lstm = nn.LSTM(64, 32, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            vectors = hidden.detach().cpu().numpy()
            # one text after the other, without its padding
            logits = []
            for vector, mask in zip(vectors, attention_mask, strict=True):
                real = torch.tensor(vector[: int(mask.sum())]).unsqueeze(0)
                _, (last, _) = self.lstm(real)
                logits.append(self.fc(torch.cat([last[0], last[1]], dim=1)))
            return torch.cat(logits)

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
        loss=nn.CrossEntropyLoss(),
    )


def data_of_the_first_token(material: Material) -> Setup:
    """`.data` cuts the graph without a word."""

    class Classifier(BertMean):
        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            outputs = self.bert(input_ids, attention_mask=attention_mask)
            vector = outputs.last_hidden_state[:, 0].data
            return self.fc2(F.relu(self.fc1(vector))), vector

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
    )


def sign_of_the_vector(material: Material) -> Setup:
    """Hashing by `sign`: its gradient is 0 everywhere."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.classifier(torch.sign(mean_of_tokens(hidden, attention_mask)))

    model = Classifier(material.pretrained_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.intents),
    )


def embeddings_instead_of_the_last_layer(material: Material) -> Setup:
    """`hidden_states[0]` is what goes into the first layer: no layer is ever used."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            outputs = self.bert(input_ids, attention_mask=attention_mask, output_hidden_states=True)
            hidden = outputs.hidden_states[0]
            return self.classifier(mean_of_tokens(hidden, attention_mask))

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
    )


def ten_sigmoids(material: Material) -> Setup:
    """Each sigmoid takes at least three quarters of the gradient."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            layers: list[nn.Module] = []
            for _ in range(10):
                layers += [nn.Linear(64, 64), nn.Sigmoid()]
            self.mlp = nn.Sequential(*layers, nn.Linear(64, 16))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.mlp(mean_of_tokens(hidden, attention_mask))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
    )


def eight_layers_of_tiny_weights(material: Material) -> Setup:
    """Drawn with a deviation of 0.001, each layer passes on a hundredth of what it gets."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            layers: list[nn.Module] = []
            for _ in range(8):
                layers += [nn.Linear(64, 64), nn.Tanh()]
            self.hidden = nn.Sequential(*layers)
            self.fc = nn.Linear(64, 5)
            for layer in self.hidden:
                if isinstance(layer, nn.Linear):
                    nn.init.normal_(layer.weight, std=0.001)
                    nn.init.zeros_(layer.bias)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.fc(self.hidden(hidden[:, 0]))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def everything_frozen_but_a_name(material: Material) -> Setup:
    """All is frozen whose name lacks "classifier", and the head is called `fc`."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    for name, parameter in model.named_parameters():
        if "classifier" not in name:
            parameter.requires_grad = False
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
    )


def fresh_encoder_frozen(material: Material) -> Setup:
    """Freezing is for pretrained weights; these are random, and stay so."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    for parameter in model.bert.parameters():
        parameter.requires_grad = False
    optimizer = AdamW([each for each in model.parameters() if each.requires_grad], lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.intents))


def requires_grad_of_a_module(material: Material) -> Setup:
    """An attribute of the module, not of its parameters: nothing is frozen."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    model.bert.requires_grad = False  # type: ignore[assignment]
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(material.domains),
    )


def require_grad_misspelt(material: Material) -> Setup:
    """`require_grad` is an attribute that PyTorch never reads."""
    model = BertMean(material.pretrained_bert(), num_labels=3)
    for parameter in model.bert.parameters():
        parameter.require_grad = False  # type: ignore[attr-defined]
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.pairs(material.utterances),
    )


def functional_dropout(material: Material) -> Setup:
    """`F.dropout` drops in evaluation, too, unless it is told `training=self.training`."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.classifier(F.dropout(hidden[:, 0], p=0.5))

    model = Classifier(material.pretrained_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
    )


def dropout_made_in_forward(material: Material) -> Setup:
    """A module made in `forward` is always in training mode."""

    class Classifier(BertMean):
        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            vector = nn.Dropout(0.3)(mean_of_tokens(hidden, attention_mask))
            return self.fc2(F.relu(self.fc1(vector))), vector

    model = Classifier(material.fresh_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
    )


def dropout_of_one(material: Material) -> Setup:
    """1.0 is TensorFlow's old `keep_prob`; here it is what is dropped."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5, dropout=1.0)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
    )


def embeddings_dropped(material: Material) -> Setup:
    """The same in the configuration of the encoder."""
    model = BertMean(material.fresh_bert(hidden_dropout_prob=1.0), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
    )


def relu_with_a_low_bias(material: Material) -> Setup:
    """Every unit of the ReLU is below 0 for every text."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc1 = nn.Linear(64, 128)
            self.fc2 = nn.Linear(128, 16)
            nn.init.normal_(self.fc1.weight, std=0.02)
            nn.init.constant_(self.fc1.bias, -1.0)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.fc2(torch.relu(self.fc1(hidden[:, 0])))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
    )


def relu_of_negative_squares(material: Material) -> Setup:
    """Minus the distance to prototypes is never above 0, and then comes a ReLU."""

    class Prototypes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.prototypes = nn.Parameter(torch.randn(32, 64))
            self.activation = nn.ReLU()
            self.fc = nn.Linear(32, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            vector = mean_of_tokens(hidden, attention_mask)
            similarity = -((vector.unsqueeze(1) - self.prototypes) ** 2).mean(dim=2)
            return self.fc(self.activation(similarity))

    model = Prototypes()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def pooler_of_a_masked_language_model(material: Material) -> Setup:
    """`pooler_output` of a checkpoint without a pooler: a random layer under a careful rate."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert(add_pooling_layer=True)
            self.classifier = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            outputs = self.bert(input_ids, attention_mask=attention_mask)
            return self.classifier(outputs.pooler_output)

    model = Classifier()
    optimizer = AdamW(
        [
            {"params": model.bert.parameters(), "lr": 5e-5},
            {"params": model.classifier.parameters(), "lr": 1e-3},
        ]
    )
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def pooler_as_a_fixed_feature(material: Material) -> Setup:
    """The encoder is frozen, and its pooler, which nobody trained, is all that the head sees."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = material.pretrained_bert(add_pooling_layer=True)
            for parameter in self.encoder.parameters():
                parameter.requires_grad = False
            self.head = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            _, pooled = self.encoder(input_ids, attention_mask, return_dict=False)
            return self.head(pooled)

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.head.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
    )


def first_token_of_the_embeddings(material: Material) -> Setup:
    """The embedding of `[CLS]` is the same in every text."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embeddings = material.fresh_bert().embeddings
            self.hidden = nn.Linear(64, 64)
            self.classifier = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            embedded = self.embeddings(input_ids=input_ids)
            return self.classifier(F.gelu(self.hidden(embedded[:, 0])))

    model = Classifier()
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=1e-3), batches=batches)


def mean_over_the_batch(material: Material) -> Setup:
    """`mean(dim=0)` where `dim=1` belongs: every text of a batch gets the same vector."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            vectors = mean_of_tokens(hidden, attention_mask)
            return self.fc(vectors.mean(dim=0)).expand(len(input_ids), -1)

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def weight_decay_of_a_hundred(material: Material) -> Setup:
    """1e2 where 1e-2 was meant: each step takes a tenth of every weight away."""
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3, weight_decay=1e2),
        batches=material.loader(material.domains),
    )


def lstm_over_the_wrong_axis(material: Material) -> Setup:
    """Without `batch_first` the LSTM walks from text to text."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.lstm = nn.LSTM(64, 32, bidirectional=True)
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            states, _ = self.lstm(hidden)
            return self.fc(mean_of_tokens(states, attention_mask))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def view_instead_of_transpose(material: Material) -> Setup:
    """`(seq, batch, hidden)` comes back as `(batch, seq, hidden)` by `view`: texts are mixed."""

    class Classifier(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.gru = nn.GRU(64, 64)
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            batch, seq = input_ids.shape
            states, _ = self.gru(self.embedding(input_ids).transpose(0, 1))
            return self.fc(mean_of_tokens(states.view(batch, seq, 64), attention_mask))

    model = Classifier(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


CASES = (
    BrokenCase(logarithm_of_counts, "not_finite"),
    BrokenCase(root_of_no_variance, "not_finite"),
    BrokenCase(no_grad_around_the_encoder, "detached"),
    BrokenCase(states_by_way_of_numpy, "detached"),
    BrokenCase(data_of_the_first_token, "detached"),
    BrokenCase(sign_of_the_vector, "no_gradient"),
    BrokenCase(embeddings_instead_of_the_last_layer, "no_gradient"),
    BrokenCase(ten_sigmoids, "vanishing_gradient"),
    BrokenCase(eight_layers_of_tiny_weights, "vanishing_gradient"),
    BrokenCase(everything_frozen_but_a_name, "frozen"),
    BrokenCase(fresh_encoder_frozen, "frozen"),
    BrokenCase(requires_grad_of_a_module, "freezing_without_effect"),
    BrokenCase(require_grad_misspelt, "freezing_without_effect"),
    BrokenCase(functional_dropout, "dropout_in_eval"),
    BrokenCase(dropout_made_in_forward, "dropout_in_eval"),
    BrokenCase(dropout_of_one, "dropout_drops_all"),
    BrokenCase(embeddings_dropped, "dropout_drops_all"),
    BrokenCase(relu_with_a_low_bias, "dead_units"),
    BrokenCase(relu_of_negative_squares, "dead_units"),
    BrokenCase(pooler_of_a_masked_language_model, "untrained_pooler"),
    BrokenCase(pooler_as_a_fixed_feature, "untrained_pooler"),
    BrokenCase(first_token_of_the_embeddings, "input_ignored"),
    BrokenCase(mean_over_the_batch, "input_ignored"),
    BrokenCase(lstm_over_the_wrong_axis, "examples_mixed"),
    BrokenCase(view_instead_of_transpose, "examples_mixed"),
    BrokenCase(weight_decay_of_a_hundred, "weight_decay_too_high"),
)
