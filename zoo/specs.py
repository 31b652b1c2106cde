"""The frozen records that plugins yield. Their targets are text and are imported when built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from zoo.errors import PluginError, did_you_mean

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
CLAIMS = ("compile", "export")
_RESOURCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[\w./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What every record has: a name, and where the thing itself is to be imported from.

    `name` is lower case, digits, `.`, `_` and `-`; `target` is `"package.module:Attribute"`.
    Raises `PluginError` for a name or a target of another form.
    """

    name: str
    target: str
    description: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise PluginError(
                f"{type(self).__name__} name {self.name!r}: use lower-case letters, digits, "
                "'.', '_' and '-', beginning with a letter or a digit"
            )
        if not isinstance(self.target, str) or not _TARGET.fullmatch(self.target):
            raise PluginError(
                f"{type(self).__name__} {self.name!r}: target {self.target!r} must be text of the "
                "form 'package.module:Attribute'"
            )


def _check_claims(name: str, claims: Iterable[str]) -> None:
    for claim in claims:
        if claim not in CLAIMS:
            raise PluginError(
                f"spec {name!r}: there is no claim {claim!r}{did_you_mean(str(claim), CLAIMS)}; "
                f"known: {', '.join(CLAIMS)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSpec(Spec):
    """An encoder: token ids → hidden states `(batch, seq, hidden)`.

    `checkpoint` is a hub id, loaded at `revision`. `configuration` is the architecture in the words
    of transformers (`model_type`, `hidden_size`, …), what `pretrained=False` builds from together
    with `vocabulary`. `vocabulary` and `weights` are files inside a package, written
    `"package:folder/file"`. `weights` are used before `checkpoint`, and have this vocabulary where
    there is one. An encoder that `takes_checkpoint` is asked for as `name:checkpoint`.
    `learning_rate` is the one at which its weights are fine-tuned (None: what suits a BERT base,
    see `Recipe`). `parameters` counts the encoder as built from its own checkpoint or weights.
    `claims` as in `HeadSpec`.
    """

    checkpoint: str | None = None
    revision: str | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: str | None = None
    weights: str | None = None
    takes_checkpoint: bool = False
    learning_rate: float | None = None
    parameters: int | None = None
    languages: tuple[str, ...] = ()
    licence: str | None = None
    paper: str | None = None
    claims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # zero-argument super() does not survive the class that slots=True builds anew
        Spec.__post_init__(self)
        _check_claims(self.name, self.claims)
        for resource in (self.vocabulary, self.weights):
            if resource is not None and not _RESOURCE.fullmatch(resource):
                raise PluginError(
                    f"EncoderSpec {self.name!r}: {resource!r} must name a file inside a package as "
                    "'package:folder/file'"
                )
        # another type is refused where the manifest is read, with all other fields
        is_number = isinstance(self.learning_rate, int | float)
        if self.learning_rate is not None and is_number and not 0 < self.learning_rate < 1:
            raise PluginError(
                f"EncoderSpec {self.name!r}: learning_rate must be above 0 and below 1, got "
                f"{self.learning_rate!r}"
            )
        object.__setattr__(self, "configuration", MappingProxyType(dict(self.configuration)))

    @property
    def has_pretrained_weights(self) -> bool:
        """Whether `pretrained=True` has anything to load."""
        return bool(self.weights or self.checkpoint or self.takes_checkpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSpec(Spec):
    """A head: hidden states `(batch, seq, hidden)` + attention mask → logits `(batch, label)`.

    `parameters` counts the head at `hidden_size` 768 with 2 labels and default options. `claims`
    says what else it works under, `"compile"` (torch.compile) and `"export"` (torch.export);
    `zoo check` holds it to that.
    """

    parameters: int | None = None
    licence: str | None = None
    paper: str | None = None
    claims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Spec.__post_init__(self)
        _check_claims(self.name, self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec(Spec):
    """A task; its target is a function without arguments that returns a `zoo.Task`."""

    num_labels: int | None = None
    languages: tuple[str, ...] = ()
    licence: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec(Spec):
    """A command of `zoo`; its target is a click command, `description` its line in `zoo --help`."""
