"""What is learned: masked tokens, the words of a text from its first token, replaced tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from pretraining.batches import Batch
    from zoo.transformers_encoder import TransformersEncoder


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids that masking needs; those below `first_word` are special tokens and stay."""

    mask_id: int
    first_word: int
    size: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A batch with some tokens hidden.

    `input_ids` is `(batch, seq)`, `places` and `originals` are `(chosen)`; a place counts the
    batch's tokens row by row.
    """

    input_ids: torch.Tensor
    places: torch.Tensor
    originals: torch.Tensor

    def of(self, states: torch.Tensor) -> torch.Tensor:
        """What `states`, `(batch, seq, …)`, hold at the chosen places."""
        return states.flatten(0, 1)[self.places]


def mask_tokens(
    batch: Batch, vocabulary: Vocabulary, rate: float, generator: torch.Generator
) -> Masked:
    """Choose `rate` of the tokens: 80 % become the mask, 10 % another token, 10 % stay.

    Devlin et al. 2019, section 3.1, https://arxiv.org/abs/1810.04805
    """
    ids = batch.input_ids
    # where the ids are: a generator draws on its own device alone
    chance = torch.rand(ids.shape, generator=generator, device=ids.device)
    chosen = (chance < rate) & (ids >= vocabulary.first_word)
    fate = torch.rand(ids.shape, generator=generator, device=ids.device)
    others = torch.randint(
        vocabulary.first_word, vocabulary.size, ids.shape, generator=generator, device=ids.device
    )
    hidden = ids.masked_fill(chosen & (fate < 0.8), vocabulary.mask_id)
    hidden = torch.where(chosen & (fate >= 0.9), others, hidden)
    # found once: a GPU stops for each look at how many there are
    places = chosen.flatten().nonzero().squeeze(1)
    return Masked(hidden, places, ids.flatten()[places])


class TokenPredictor(nn.Module):
    """States → a score for every token, over the encoder's own embedding table."""

    def __init__(self, encoder: TransformersEncoder) -> None:
        super().__init__()
        table = encoder.model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
        width = encoder.hidden_size
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.table = table
        # ELECTRA's embeddings are narrower than its states
        self.widen = (
            nn.Identity()
            if table.embedding_dim == width
            else nn.Linear(table.embedding_dim, width, bias=False)
        )
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """`(states, hidden)` → logits `(states, token)`."""
        return functional.linear(self.transform(states), self.widen(self.table.weight), self.bias)


class MaskedLanguageModel(nn.Module):
    """Masked tokens from their states, and a text's words from its first token.

    No masked token tells the first token anything, and it is the one that the heads `linear` and
    `mlp` read. So it learns to name the words of its text, their order aside (Ma et al. 2024,
    https://arxiv.org/abs/2401.11248), through a predictor of its own.
    """

    def __init__(
        self,
        encoder: TransformersEncoder,
        vocabulary: Vocabulary,
        *,
        masking_rate: float = 0.15,
        word_weight: float = 0.2,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.vocabulary = vocabulary
        self.masking_rate = masking_rate
        self.word_weight = word_weight
        self.token_predictor = TokenPredictor(encoder)
        self.word_predictor = TokenPredictor(encoder)

    def forward(self, batch: Batch, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """The losses of a batch by name, in nats per prediction; `loss` is the one to minimise."""
        masked = mask_tokens(batch, self.vocabulary, self.masking_rate, generator)
        # (batch, seq, hidden)
        states = self.encoder(masked.input_ids, batch.attention_mask)
        logits = self.token_predictor(masked.of(states))
        token_loss = functional.cross_entropy(logits, masked.originals)
        word_loss = words_from_first_token(
            self.word_predictor(states[:, 0]), batch, self.vocabulary
        )
        loss = token_loss + self.word_weight * word_loss
        return {"loss": loss, "masked tokens": token_loss, "words of a text": word_loss}


def words_from_first_token(
    logits: torch.Tensor, batch: Batch, vocabulary: Vocabulary
) -> torch.Tensor:
    """The mean loss of the words of texts, one distribution a text: `logits` `(batch, token)`."""
    is_word = batch.input_ids >= vocabulary.first_word
    losses = -functional.log_softmax(logits, dim=-1).gather(1, batch.input_ids)
    return (losses * is_word).sum() / is_word.sum().clamp(min=1)


class ReplacedTokenDetection(nn.Module):
    """Which tokens a generator has replaced (Clark et al. 2020, https://arxiv.org/abs/2003.10555).

    The generator is a finished masked language model that learns no more. Trained together, a
    generator this small needs most of the time to say anything plausible, and its loss drowns in
    the discriminator's weight of 50 under one gradient clip.
    """

    def __init__(
        self,
        encoder: TransformersEncoder,
        generator: MaskedLanguageModel,
        *,
        masking_rate: float = 0.25,
        word_weight: float = 0.02,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.masking_rate = masking_rate
        self.word_weight = word_weight
        # in a list: its weights are neither trained nor stored with this model's
        self._generator = [generator.eval().requires_grad_(False)]
        self.vocabulary = generator.vocabulary
        width = encoder.hidden_size
        self.detector = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))
        self.word_predictor = TokenPredictor(encoder)

    def forward(self, batch: Batch, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """The losses of a batch by name; `loss` is the one to minimise."""
        ids = batch.input_ids
        replaced = self.replace(batch, generator)
        states = self.encoder(replaced, batch.attention_mask)
        is_word = ids >= self.vocabulary.first_word
        # (batch, seq)
        scores = self.detector(states).squeeze(-1)
        truth = (replaced != ids).float()
        found = functional.binary_cross_entropy_with_logits(scores[is_word], truth[is_word])
        word_loss = words_from_first_token(
            self.word_predictor(states[:, 0]), batch, self.vocabulary
        )
        loss = found + self.word_weight * word_loss
        return {"loss": loss, "replaced tokens": found, "words of a text": word_loss}

    @torch.no_grad()
    def replace(self, batch: Batch, generator: torch.Generator) -> torch.Tensor:
        """The batch's ids, those that were masked drawn from what the generator thinks likely."""
        model = self._generator[0].to(batch.input_ids.device)
        masked = mask_tokens(batch, self.vocabulary, self.masking_rate, generator)
        # the generator sees the mask at every chosen place
        hidden = batch.input_ids.flatten().index_fill(0, masked.places, self.vocabulary.mask_id)
        states = model.encoder(hidden.view_as(batch.input_ids), batch.attention_mask)
        chances = model.token_predictor(masked.of(states)).float().softmax(-1)
        chances[:, : self.vocabulary.first_word] = 0
        drawn = torch.multinomial(chances, 1, generator=generator).squeeze(-1)
        replaced = batch.input_ids.flatten().index_copy(0, masked.places, drawn)
        return replaced.view_as(batch.input_ids)
