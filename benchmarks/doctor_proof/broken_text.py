"""What the model reads is not the text: tokens, padding, masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset, TensorDataset

from doctor_proof.material import LONGEST, Material, collate, word_pieces
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents
from doctor_proof.setups import BrokenCase, Setup

# a cut through bert-base-uncased: letters, digits and some of the most frequent English words
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = ("the", "of", "and", "in", "to", "was", "he", "is", "as", "for", "on", "with", "that", "it")
ENGLISH = (*LETTERS, *(f"##{letter}" for letter in LETTERS), *".,!?-", *WORDS, "##s", "##ing")


def encode(tokenizer: Any, texts: Sequence[str], **options: Any) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask` as tensors."""
    encoded = tokenizer(
        list(texts), return_tensors="pt", truncation=True, **{"padding": True, **options}
    )
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def batches_of(
    encoded: dict[str, torch.Tensor], labels: Sequence[int], size: int = 16
) -> list[dict[str, torch.Tensor]]:
    """Dictionaries of `size` rows each."""
    columns = {**encoded, "labels": torch.tensor(labels)}
    return [
        {name: column[start : start + size] for name, column in columns.items()}
        for start in range(0, len(labels), size)
    ]


def model_of_a_smaller_vocabulary(material: Material) -> Setup:
    """The model was made for another tokenizer, of 3,000 tokens."""
    model = BertClassifier(material.fresh_bert(vocab_size=3000), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        tokenizer=material.tokenizer,
    )


def added_tokens_without_resizing(material: Material) -> Setup:
    """Tokens were added for names, the embeddings not resized."""
    bert = material.fresh_bert()
    # a tokenizer of its own: the material's serves all
    tokenizer = word_pieces(material.tokenizer.get_vocab())
    tokenizer.add_tokens(["<장소>", "<이름>"])
    rows = material.domains
    texts = [
        f"<장소> {text}" if label == 4 else text
        for text, label in zip(rows.texts, rows.labels, strict=True)
    ]
    model = BertMean(bert, num_labels=5)
    encoded = encode(tokenizer, texts)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=tokenizer,
        texts=texts,
    )


def korean_in_english_pieces(material: Material) -> Setup:
    """An uncased English vocabulary knows no Hangul: nearly every word is `[UNK]`."""
    tokenizer = word_pieces(ENGLISH)
    encoded = encode(tokenizer, material.intents.texts)
    model = BertClassifier(material.fresh_bert(vocab_size=len(tokenizer)), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, material.intents.labels),
        tokenizer=tokenizer,
        texts=material.intents.texts,
    )


def vocabulary_of_frequent_words(material: Material) -> Setup:
    """A vocabulary of whole words that occur 20 times: Korean words are too many for that."""
    counts = Counter(word for text in material.intents.texts for word in text.split())
    tokenizer = word_pieces(word for word, count in counts.items() if count >= 20)
    encoded = encode(tokenizer, material.intents.texts, padding="max_length", max_length=32)
    model = ElectraForIntents(material, num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, material.intents.labels),
        tokenizer=tokenizer,
    )


def item_without_its_index(material: Material) -> Setup:
    """`__getitem__` returns the first text under every label."""

    class IntentDataset(Dataset):
        def __init__(self) -> None:
            self.encodings = material.encode(material.intents)
            self.labels = material.intents.labels

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return self.encodings[0], self.labels[index]

    model = BertClassifier(material.fresh_bert(), num_labels=16)
    loader = DataLoader(IntentDataset(), batch_size=16, shuffle=True, collate_fn=collate)
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=1e-3), batches=loader)


def column_as_one_text(material: Material) -> Setup:
    """`str(texts)` for each row: all begin alike, and the rest is cut off."""
    rows = material.domains
    texts = [f"{str(list(rows.texts))[:400]} {row}" for row in range(len(rows.texts))]
    model = BertMean(material.fresh_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encode(material.tokenizer, texts, max_length=32), rows.labels),
        tokenizer=material.tokenizer,
    )


def four_tokens_of_each(material: Material) -> Setup:
    """`max_length=4` keeps two pieces of a word between `[CLS]` and `[SEP]`."""
    rows = material.intents
    encoded = encode(material.tokenizer, rows.texts, max_length=4)
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def request_after_the_greeting(material: Material) -> Setup:
    """Each text begins with the same words, and is cut behind them."""
    rows = material.domains
    greeting = "안녕하세요 고객님 무엇을 도와 드릴까요 언제나 친절한 상담 도우미입니다"
    texts = [f"{greeting} {text}" for text in rows.texts]
    length = len(material.tokenizer(greeting)["input_ids"]) + 2
    encoded = encode(material.tokenizer, texts, max_length=length)
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def padded_beyond_the_positions(material: Material) -> Setup:
    """Padded to 128 tokens, of which the model has 64."""
    rows = material.intents.first(480)
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=2 * LONGEST)
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
    )


def ids_alone(material: Material) -> Setup:
    """Only `input_ids` go to BERT; 45 of 64 positions are padding, and all are averaged."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bert(input_ids).last_hidden_state.mean(dim=1))

    rows = material.intents
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=LONGEST)
    dataset = TensorDataset(encoded["input_ids"], torch.tensor(rows.labels))
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(dataset, batch_size=16, shuffle=True),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def mask_not_passed_on(material: Material) -> Setup:
    """The wrapper takes the mask and forgets it."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids).last_hidden_state
            return self.classifier(self.dropout(hidden[:, 0]))

    model = Classifier(material.pretrained_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def mask_is_where_padding_is(material: Material) -> Setup:
    """`ids == pad` where `ids != pad` belongs."""

    def padding_collate(
        examples: Sequence[tuple[torch.Tensor, int]],
    ) -> dict[str, torch.Tensor]:
        ids = pad_sequence([ids for ids, _ in examples], batch_first=True)
        labels = torch.tensor([label for _, label in examples])
        return {"input_ids": ids, "attention_mask": (ids == 0).long(), "labels": labels}

    examples = list(zip(material.encode(material.intents), material.intents.labels, strict=True))
    loader: DataLoader = DataLoader(examples, 16, shuffle=True, collate_fn=padding_collate)  # type: ignore[arg-type]
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=loader,
        tokenizer=material.tokenizer,
    )


def key_padding_mask_inverted(material: Material) -> Setup:
    """`src_key_padding_mask` of PyTorch is True where padding is, not where text is."""

    class Classifier(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.position = nn.Embedding(LONGEST, 64)
            layer = nn.TransformerEncoderLayer(64, 2, 128, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.fc = nn.Linear(64, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.embedding(ids) + self.position.weight[: ids.shape[1]]
            x = self.encoder(x, src_key_padding_mask=mask.bool())
            return self.fc(x[:, 0])

    rows = material.intents
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=LONGEST)
    dataset = list(zip(encoded["input_ids"], encoded["attention_mask"], rows.labels, strict=True))

    def stack(
        examples: Sequence[tuple[torch.Tensor, torch.Tensor, int]],
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        ids, masks, labels = zip(*examples, strict=True)
        return (torch.stack(ids), torch.stack(masks)), torch.tensor(labels)

    model = Classifier(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(dataset, 16, shuffle=True, collate_fn=stack),  # type: ignore[arg-type]
        tokenizer=material.tokenizer,
    )


def mask_never_filled(material: Material) -> Setup:
    """The mask is allocated with zeros, and left so."""
    batches = []
    for (ids, _), labels in material.pairs(material.domains):
        mask = torch.zeros_like(ids)
        batches.append({"input_ids": ids, "attention_mask": mask, "labels": labels})
    model = ElectraForIntents(material, num_labels=5)
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=1e-3), batches=batches)


def first_token_of_left_padding(material: Material) -> Setup:
    """`padding_side="left"` puts padding where the head reads."""
    rows = material.intents
    encoded = encode(
        material.tokenizer, rows.texts, padding_side="left", padding="max_length", max_length=40
    )
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
    )


def last_token_of_right_padding(material: Material) -> Setup:
    """`hidden[:, -1]`, as for GPT, is the last token of the longest text alone."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            return self.classifier(self.dropout(hidden[:, -1]))

    rows = material.domains
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=LONGEST)
    model = Classifier(material.fresh_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


class MaskFromIds(nn.Module):
    """Its mask is `input_ids != pad_token_id`, as in fairseq and T5-like code; sound by itself."""

    def __init__(self, bert: nn.Module, pad_token_id: int, num_labels: int) -> None:
        super().__init__()
        self.bert = bert
        self.pad_token_id = pad_token_id
        self.fc = nn.Linear(64, num_labels)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        mask = (input_ids != self.pad_token_id).long()
        hidden = self.bert(input_ids, attention_mask=mask).last_hidden_state
        total = (hidden * mask.unsqueeze(-1)).sum(dim=1)
        return self.fc(total / mask.sum(dim=1, keepdim=True))


def padded_with_another_id(material: Material) -> Setup:
    """Padded with 1, as RoBERTa is; here 1 is `[UNK]`."""
    rows = material.intents
    ids = pad_sequence(material.encode(rows), batch_first=True, padding_value=1)
    dataset = TensorDataset(ids, torch.tensor(rows.labels))
    model = MaskFromIds(material.fresh_bert(), pad_token_id=0, num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(dataset, batch_size=16, shuffle=True),
        tokenizer=material.tokenizer,
    )


def padded_with_zero_for_a_pad_id_of_one(material: Material) -> Setup:
    """`pad_sequence` fills with 0, but this tokenizer's pad token is 1."""
    pieces = [piece for piece in material.tokenizer.get_vocab() if piece != "[PAD]"]
    tokenizer = word_pieces(pieces, special_tokens=("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"))
    rows = material.domains
    examples = [torch.tensor(tokenizer(text)["input_ids"]) for text in rows.texts]
    batches = []
    for start in range(0, len(examples), 16):
        ids = pad_sequence(examples[start : start + 16], batch_first=True)
        batches.append((ids, torch.tensor(rows.labels[start : start + 16])))
    bert = material.fresh_bert(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id)
    model = MaskFromIds(bert, tokenizer.pad_token_id, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches,
        tokenizer=tokenizer,
        texts=rows.texts,
    )


CASES = (
    BrokenCase(model_of_a_smaller_vocabulary, "ids_beyond_vocabulary"),
    BrokenCase(added_tokens_without_resizing, "ids_beyond_vocabulary"),
    BrokenCase(korean_in_english_pieces, "unknown_tokens"),
    BrokenCase(vocabulary_of_frequent_words, "unknown_tokens"),
    BrokenCase(item_without_its_index, "identical_inputs"),
    BrokenCase(column_as_one_text, "identical_inputs"),
    BrokenCase(four_tokens_of_each, "truncated"),
    BrokenCase(request_after_the_greeting, "truncated"),
    BrokenCase(padded_beyond_the_positions, "too_long"),
    BrokenCase(ids_alone, "mask_missing"),
    BrokenCase(mask_not_passed_on, "mask_missing"),
    BrokenCase(mask_is_where_padding_is, "mask_inverted"),
    BrokenCase(key_padding_mask_inverted, "mask_inverted"),
    BrokenCase(mask_never_filled, "mask_all_zero"),
    BrokenCase(first_token_of_left_padding, "padding_side"),
    BrokenCase(last_token_of_right_padding, "padding_side"),
    BrokenCase(padded_with_another_id, "padding_id"),
    BrokenCase(padded_with_zero_for_a_pad_id_of_one, "padding_id"),
)
