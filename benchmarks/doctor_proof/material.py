"""Texts, tokenisers, batches and a checkpoint that the cases share."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader
from transformers import BertConfig, BertModel, BertTokenizer

import zoo
from zoo.building import read_vocabulary
from zoo.quietness import quiet_transformers

DOMAINS = (
    ("냉난방", "조명"),
    ("음악", "영상"),
    ("알람", "타이머", "일정등록", "일정확인"),
    ("메시지", "전화", "번역"),
    ("길찾기", "날씨", "대중교통", "맛집추천", "배달주문"),
)
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
HIDDEN_SIZE = 64
LONGEST = 64
CHECKPOINT_STEPS = 120


@dataclass(frozen=True)
class Rows:
    """Texts in random order, and the index of each one's label."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    num_labels: int

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, chosen: Iterable[int]) -> Rows:
        """These rows alone, in this order."""
        rows = list(chosen)
        texts = tuple(self.texts[row] for row in rows)
        return Rows(texts, tuple(self.labels[row] for row in rows), self.num_labels)

    def first(self, count: int) -> Rows:
        """The first so many: a sample, because the order is random."""
        return self.at(range(min(count, len(self))))

    def with_labels(self, labels: Sequence[int]) -> Rows:
        """The same texts under other labels, as many kinds as there were."""
        return Rows(self.texts, tuple(labels), self.num_labels)

    def only(self, *kept: int) -> Rows:
        """The rows of some labels, which are counted from 0 again."""
        rows = self.at(row for row, label in enumerate(self.labels) if label in kept)
        return Rows(rows.texts, tuple(kept.index(label) for label in rows.labels), len(kept))


@dataclass(frozen=True)
class Material:
    """What the cases are made from; a checkpoint is kept in `folder`.

    `intents` and `domains` come with the package. `utterances`, `reviews` and `requests` are of
    3i4K, NSMC and CLINC150 where `ZOO_DATA` is set, else they are made from the bundled texts.
    """

    folder: Path

    def prepare(self) -> None:
        """Train the checkpoint now, so that no case depends on which came before it."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            assert self.checkpoint.is_dir()

    @cached_property
    def intents(self) -> Rows:
        """1,120 Korean requests, 16 intents, 70 of each."""
        task = zoo.load_task("ko-intents")
        return shuffled(task.train, sorted(task.train.label_names))

    @cached_property
    def domains(self) -> Rows:
        """The same requests by what they are about: 5 labels, 140 to 350 of each."""
        intents = sorted(zoo.load_task("ko-intents").train.label_names)
        domain_of = {intent: at for at, members in enumerate(DOMAINS) for intent in members}
        labels = tuple(domain_of[intents[label]] for label in self.intents.labels)
        return Rows(self.intents.texts, labels, len(DOMAINS))

    @cached_property
    def utterances(self) -> Rows:
        """600 statements, questions and commands of 3i4K; else requests of three domains."""
        if "ZOO_DATA" not in os.environ:
            return self.domains.only(2, 3, 4).first(600)
        train = zoo.load_task("3i4k").train
        names = ["statement", "question", "command"]
        known = [pair for pair in train if pair[1] in names]
        return shuffled(known, names).first(600)

    @cached_property
    def reviews(self) -> Rows:
        """1,500 film reviews of NSMC by sentiment; else requests about one of two domains."""
        folder = os.environ.get("ZOO_DATA")
        if folder is None:
            return self.domains.only(2, 4)
        # by hand: the task's own reader goes through all 200,000 of them
        with (Path(folder) / "nsmc" / "ratings_test.txt").open(encoding="utf-8") as lines:
            parts = [line.rstrip("\n").split("\t") for line in itertools.islice(lines, 1, 4000)]
        pairs = [(text, label) for _, text, label in parts if 8 < len(text) < 60]
        return shuffled(pairs, ["0", "1"]).first(1500)

    @cached_property
    def requests(self) -> Rows:
        """English requests of 150 intents, 12 of each; else Korean ones by a word they hold."""
        if "ZOO_DATA" not in os.environ:
            return by_word(self.intents.texts, 150)
        train = zoo.load_task("clinc150").train
        seen: Counter[str] = Counter()
        pairs = []
        for text, label in train:
            seen[label] += 1
            if seen[label] <= 12:
                pairs.append((text, label))
        return shuffled(pairs, sorted(seen))

    @cached_property
    def tokenizer(self) -> Any:
        """Zoo's Korean WordPieces: those of the requests, and all single characters."""
        whole = read_vocabulary("zoo_encoders:vocabularies/korean-12k.txt", LONGEST)
        task = zoo.load_task("ko-intents")
        used = {
            piece
            for examples in (task.train, task.validation, task.test)
            for text in examples.texts
            for piece in whole.tokenize(text)
        }
        letters = {piece for piece in whole.get_vocab() if len(piece.removeprefix("##")) == 1}
        return word_pieces(sorted((used | letters) - set(SPECIAL_TOKENS)))

    def encode(self, rows: Rows) -> list[torch.Tensor]:
        """The token ids of each text, `(seq,)`, at most `LONGEST`."""
        known = self._encoded
        if rows.texts not in known:
            encoded = self.tokenizer(list(rows.texts), truncation=True, max_length=LONGEST)
            known[rows.texts] = [torch.tensor(ids) for ids in encoded["input_ids"]]
        return known[rows.texts]

    @cached_property
    def _encoded(self) -> dict[tuple[str, ...], list[torch.Tensor]]:
        return {}

    def loader(self, rows: Rows, batch_size: int = 16, *, shuffle: bool = True) -> DataLoader:
        """Batches as transformers has them: `input_ids`, `attention_mask`, `labels`."""
        return DataLoader(
            list(zip(self.encode(rows), rows.labels, strict=True)),  # type: ignore[arg-type]
            batch_size,
            shuffle=shuffle,
            collate_fn=collate,
        )

    def pairs(self, rows: Rows, batch_size: int = 16, *, shuffle: bool = True) -> DataLoader:
        """Batches as ((ids, mask), labels)."""
        return DataLoader(
            list(zip(self.encode(rows), rows.labels, strict=True)),  # type: ignore[arg-type]
            batch_size,
            shuffle=shuffle,
            collate_fn=collate_pairs,
        )

    def config(self, **changes: Any) -> BertConfig:
        """A BERT of 2 layers × 64 for this tokenizer."""
        sizes: dict[str, Any] = {
            "vocab_size": len(self.tokenizer),
            "hidden_size": HIDDEN_SIZE,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 2 * HIDDEN_SIZE,
            "max_position_embeddings": LONGEST,
        }
        return BertConfig(**{**sizes, **changes})

    def fresh_bert(self, **changes: Any) -> BertModel:
        """That BERT with random weights, without its pooler."""
        return BertModel(self.config(**changes), add_pooling_layer=False)

    def pretrained_bert(self, *, add_pooling_layer: bool = False) -> BertModel:
        """That BERT from the checkpoint; the checkpoint has no pooler, as of a masked LM."""
        with quiet_transformers():
            model: BertModel = BertModel.from_pretrained(
                self.checkpoint, add_pooling_layer=add_pooling_layer
            )
        return model

    @cached_property
    def checkpoint(self) -> Path:
        """A folder with a BERT that has learned the intents of other requests.

        Taught through its first token and through the mean of all, so that both serve a new head.
        """
        task = zoo.load_task("ko-intents")
        names = sorted(task.train.label_names)
        rows = shuffled([*task.validation, *task.test], names)
        bert, head = self.fresh_bert(), nn.Linear(HIDDEN_SIZE, len(names))
        optimizer = torch.optim.AdamW([*bert.parameters(), *head.parameters()], lr=1e-3)
        done = 0
        while done < CHECKPOINT_STEPS:
            for batch in self.loader(rows, 32):
                inputs, mask = batch["input_ids"], batch["attention_mask"]
                hidden = bert(inputs, attention_mask=mask).last_hidden_state
                vectors = torch.cat([hidden[:, 0], mean_of_tokens(hidden, mask)])
                loss = nn.functional.cross_entropy(head(vectors), batch["labels"].repeat(2))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                done += 1
        with quiet_transformers():
            bert.save_pretrained(self.folder)
        return self.folder


def shuffled(pairs: Iterable[tuple[str, str]], names: Sequence[str]) -> Rows:
    """The pairs in random order, labels as their place among `names`."""
    rows = list(pairs)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0)).tolist()
    return Rows(
        tuple(rows[row][0] for row in order),
        tuple(names.index(rows[row][1]) for row in order),
        len(names),
    )


def by_word(texts: Sequence[str], num_labels: int) -> Rows:
    """Texts labelled by the rarest of the most frequent words that they hold."""
    counts = Counter(word for text in texts for word in set(text.split()))
    words = [word for word, _ in counts.most_common(num_labels)]
    place = {word: index for index, word in enumerate(words)}
    labels = [max(place.get(word, -1) for word in text.split()) for text in texts]
    kept = [row for row, label in enumerate(labels) if label >= 0]
    return Rows(tuple(texts[row] for row in kept), tuple(labels[row] for row in kept), num_labels)


def word_pieces(pieces: Iterable[str], special_tokens: Sequence[str] = SPECIAL_TOKENS) -> Any:
    """A WordPiece tokenizer of the special tokens, in this order, and then of the pieces.

    Accents are kept: stripping them would take Hangul syllables apart.
    """
    tokens = dict.fromkeys([*special_tokens, *pieces])
    return BertTokenizer(
        vocab={token: index for index, token in enumerate(tokens)},
        do_lower_case=True,
        strip_accents=False,
        model_max_length=LONGEST,
    )


def collate(examples: Sequence[tuple[torch.Tensor, int]]) -> dict[str, torch.Tensor]:
    """Padded on the right with 0, as transformers' collators do."""
    ids = pad_sequence([ids for ids, _ in examples], batch_first=True)
    labels = torch.tensor([label for _, label in examples])
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}


def collate_pairs(
    examples: Sequence[tuple[torch.Tensor, int]],
) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The same as ((ids, mask), labels)."""
    batch = collate(examples)
    return (batch["input_ids"], batch["attention_mask"]), batch["labels"]


def mean_of_tokens(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """`(batch, seq, hidden)` → `(batch, hidden)`, padding left out."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1)
