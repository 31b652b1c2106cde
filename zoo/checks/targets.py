"""From a name, a class or `"module:Class"` to the subject that is checked."""

from __future__ import annotations

import contextlib
import importlib.metadata
import inspect
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from transformers import BertTokenizer

from zoo import registry
from zoo.checks.encoder_checks import TEXTS
from zoo.checks.option_checks import POSITIONAL
from zoo.checks.subject import EncoderSubject, HeadSubject, Subject, is_importable
from zoo.entry_points import normalized
from zoo.errors import CheckpointError, PluginError
from zoo.options import check_options
from zoo.plugins import host
from zoo.shelf import Registered
from zoo.specs import EncoderSpec, HeadSpec, Spec
from zoo.vocabularies import read_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# tokens; long enough to find a table of positions that is too short
SMALL_TOKENIZER_LENGTH = 512

SPEC_OF_KIND: Mapping[str, type[Spec]] = {"head": HeadSpec, "encoder": EncoderSpec}


def registered_as(target: str) -> list[Registered[Any]]:
    """Every component whose spec points at `"module:Class"`."""
    found = [*registry.shelf("head").records, *registry.shelf("encoder").records]
    return [one for one in found if one.spec.target == target]


def resolve(target: str, kind: str | None = None) -> tuple[str, Registered[Any] | None, str]:
    """The kind, the registered component if there is one, and the text `"module:Class"`.

    `target` is a name, `distribution:name` or `"module:Class"`. Raises `UnknownName` or
    `PluginError`.
    """
    named = [
        one
        for each in ("head", "encoder")
        if kind in (None, each)
        for one in registry.shelf(each).candidates(target)
    ]
    if not named and ":" not in target:
        # says what is near, and which plugin was left out
        find = registry.find_encoder if kind == "encoder" else registry.find_head
        return kind or "head", find(target), ""
    if not named:
        named = [one for one in registered_as(target) if kind in (None, one.kind)]
    if not named:
        # `hf:klue/roberta-small`: of what makes encoders from checkpoints
        maker = target.partition(":")[0]
        made = registry.shelf("encoder").candidates(maker) if kind != "head" else []
        named = [one for one in made if one.spec.takes_checkpoint]
    if len(named) > 1:
        names = ", ".join(f"{one.kind} {one.full_name}" for one in named)
        raise PluginError(
            f"{target!r} is several components: {names}; check one by its full name, or say "
            "--kind head or --kind encoder"
        )
    if named:
        return named[0].kind, named[0], named[0].spec.target
    return kind or "", None, target


def subject_of(
    target: str, kind: str | None, options: Mapping[str, Any]
) -> tuple[Subject, Registered[Any]]:
    """The subject of a name or `"module:Class"`, of a kind if it is given, and its record."""
    found_kind, found, text = resolve(target, kind)
    kind = found_kind or kind_of(text)
    if kind == "head":
        subject: Subject = head_subject(target, options=options)
    else:
        subject = encoder_subject(target, options=options)
    return subject, found or unregistered(kind, text)


def head_subject(
    target: str | type,
    *,
    options: Mapping[str, Any] | None = None,
    claims: Sequence[str] | None = None,
    hidden_size: int = 64,
) -> HeadSubject:
    """The head of a name, a class or `"module:Class"`, ready to be checked."""
    component, text, found = _component(target, "head")
    given = dict(options or {})
    check_options(component, given, f"head {text!r}")
    return HeadSubject(
        component=component,
        target=text,
        name=found.name if found else text,
        options=given,
        claims=_claims(found, claims),
        hidden_size=hidden_size,
    )


def encoder_subject(
    target: str | type,
    *,
    options: Mapping[str, Any] | None = None,
    claims: Sequence[str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    vocabulary: str | None = None,
) -> EncoderSubject:
    """The encoder of a name, a class or `"module:Class"`, with random weights.

    Its spec says the configuration and the vocabulary; `configuration` and `vocabulary` replace
    them. Without any, the class gets an empty configuration and a small vocabulary of the kit.
    """
    component, text, found = _component(target, "encoder")
    given = dict(options or {})
    check_options(component, given, f"encoder {text!r}")
    if found is not None and found.spec.takes_checkpoint and configuration is None:
        raise CheckpointError(
            f"encoder {found.name!r} is made from a checkpoint and has no configuration of its "
            "own: check it in Python with one, "
            f"zoo.checks.check_encoder({found.name!r}, configuration={{'model_type': …}})"
        )
    if configuration is None:
        configuration = found.spec.configuration if found else {}
    vocabulary = vocabulary or (found.spec.vocabulary if found else None)
    limit = configuration.get("max_position_embeddings")
    return EncoderSubject(
        component=component,
        target=text,
        name=found.name if found else text,
        options=given,
        claims=_claims(found, claims),
        configuration=dict(configuration),
        tokenizer=read_vocabulary(vocabulary, limit) if vocabulary else small_tokenizer(),
    )


def small_tokenizer() -> PreTrainedTokenizerBase:
    """A tokenizer that knows single letters, for an encoder whose spec has no vocabulary."""
    letters = sorted({*string.ascii_lowercase, *string.digits, *"".join(TEXTS).lower()} - {" "})
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{one}" for one in letters),
    ]
    return BertTokenizer(
        vocab={word: index for index, word in enumerate(words)},
        do_lower_case=True,
        # stripping them would take Hangul syllables apart
        strip_accents=False,
        model_max_length=SMALL_TOKENIZER_LENGTH,
    )


def _claims(found: Registered[Any] | None, claims: Sequence[str] | None) -> Sequence[str]:
    return tuple(claims if claims is not None else found.spec.claims if found else ())


def _component(target: str | type, kind: str) -> tuple[type, str, Registered[Any] | None]:
    if isinstance(target, type):
        text = f"{target.__module__}:{target.__qualname__}"
        if not is_importable(target):
            raise PluginError(
                f"{text} cannot be imported by another process: move the class to the top level of "
                "a module that is no script"
            )
        _, found, _ = resolve(text, kind)
        return target, text, found
    _, found, text = resolve(target, kind)
    component: type = registry.import_target(found or unregistered(kind, text))
    return component, found.spec.target if found else text, found


def unregistered(kind: str, target: str) -> Registered[Any]:
    """A record of a class at `"module:Class"` that no plugin brings, or not yet."""
    name = target.lower().replace(":", ".")
    spec = SPEC_OF_KIND[kind](name=name, target=target, description="")
    return Registered(target, kind, spec, *distribution_of(target))


def distribution_of(target: str) -> tuple[str, str]:
    """The distribution that brings a target's package, and its version; `unknown` if none does."""
    package = target.partition(":")[0].partition(".")[0]
    for plugin in host().plugins:
        if plugin.module.partition(".")[0] == package:
            return plugin.distribution, plugin.version
    # the name first: an editable installation does not list its packages
    names = [package, *importlib.metadata.packages_distributions().get(package, ())]
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return normalized(name), importlib.metadata.version(name)
    return "unknown", "0"


def kind_of(target: str) -> str:
    """`"head"` or `"encoder"`, by the first parameters of an unregistered class."""
    component = registry.import_target(unregistered("head", target))
    first = list(inspect.signature(component).parameters)[:2]
    for kind, names in POSITIONAL.items():
        if tuple(first) == names:
            return kind
    raise PluginError(
        f"{target} takes {', '.join(first) or 'nothing'}; a head takes hidden_size and "
        "num_labels, an encoder configuration and tokenizer. Say --kind head or --kind encoder to "
        "have it checked all the same"
    )
