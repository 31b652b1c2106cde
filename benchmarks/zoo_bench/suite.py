"""A suite: the YAML file that says which pairs meet which tasks, with which seeds and recipe."""

from __future__ import annotations

import importlib.resources
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PrivateAttr,
    ValidationError,
    field_validator,
)

from zoo.errors import RecipeError, ZooError, did_you_mean
from zoo.recipe import Recipe
from zoo.seeds import LARGEST_SEED
from zoo.strict_yaml import YamlDocument, load_yaml
from zoo_bench.records import Protocol
from zoo_bench.resources import Resources

SUFFIX = ".yaml"
# what does not decide how many steps a pair takes, over which batches, and when it stops
OVERRIDABLE = (
    "class_weights",
    "encoder_learning_rate",
    "gradient_accumulation",
    "head_learning_rate",
    "label_smoothing",
    "max_gradient_norm",
    "weight_decay",
)
_MOST_THREADS = 1024
_EXAMPLES = {
    "encoders": "[bert-nano]",
    "heads": "[mlp, linear]",
    "seeds": "[0, 1, 2]",
    "tasks": "[ko-intents]",
}
# what pydantic finds missing, by its name for the fault
_IN_WORDS = {
    "bool_type": "true or false",
    "dict_type": "a mapping of names to values",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "string_too_short": "a name",
    "string_type": "text; what looks like a number goes in quotes",
}

Path_ = tuple[str | int, ...]


class SuiteError(ZooError):
    """A suite that cannot be run as it is written."""


class Choice(BaseModel):
    """Encoders or heads: a name or a pattern of names, and the options they are built with.

    `recipe` has values of their own in place of the suite's; only those of `OVERRIDABLE`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1)
    options: dict[str, JsonValue] = {}
    recipe: dict[str, JsonValue] = {}


class EncoderChoice(Choice):
    """Encoders; `pretrained: false` begins with random weights, None is what the suite says."""

    pretrained: bool | None = None


class TaskChoice(BaseModel):
    """A task and what its runs have in place of the suite's recipe, the same for every pair.

    `3i4k@1000` has 1,000 of its training examples, drawn anew by every seed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1)
    recipe: dict[str, JsonValue] = {}


def _as_choice(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _as_several(value: Any) -> Any:
    # strict: what a validator hands on is no JSON any more, and a list no tuple
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_AsChoice = BeforeValidator(_as_choice)
_AsSeveral = BeforeValidator(_as_several)
_NotEmpty = Field(min_length=1)


class Suite(BaseModel):
    """Pairs × tasks × seeds under one recipe. Read it with `load_suite`.

    `encoders` and `heads` are names or patterns (`*-nano`), or mappings of `name`, `options` and
    `recipe`, for encoders of `pretrained` too; `tasks` are names, or mappings of `name` and
    `recipe`; one name alone needs no list. `exclude` has patterns of runs to leave out, as
    `--only` has of runs to keep. The recipe must fix `epochs`: every pair of a comparison takes the
    same steps. `threads` is per run; `pretrained: false` starts every encoder from random weights;
    `baselines` adds the majority class and TF-IDF with a linear SVM; `resources` is what a run
    takes of a cluster.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")
    description: str = ""
    protocol: Protocol
    encoders: Annotated[tuple[Annotated[EncoderChoice, _AsChoice], ...], _NotEmpty, _AsSeveral]
    heads: Annotated[tuple[Annotated[Choice, _AsChoice], ...], _NotEmpty, _AsSeveral]
    tasks: Annotated[tuple[Annotated[TaskChoice, _AsChoice], ...], _NotEmpty, _AsSeveral]
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, le=LARGEST_SEED)], ...], Field(min_length=1)]
    recipe: dict[str, Any]
    exclude: Annotated[tuple[str, ...], _AsSeveral] = ()
    baselines: bool = True
    threads: int = Field(1, ge=1, le=_MOST_THREADS)
    pretrained: bool = True
    resources: Resources = Resources()

    _recipe: Recipe = PrivateAttr()

    @field_validator("seeds", "tasks", "exclude")
    @classmethod
    def _refuse_repeats(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [getattr(value, "name", value) for value in values]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"{repeated[0]!r} stands there twice")
        return values

    @property
    def training(self) -> Recipe:
        """The recipe of every pair."""
        return self._recipe

    @classmethod
    def from_document(cls, document: YamlDocument) -> Self:
        """The suite of a YAML document; raises one `SuiteError` that names every fault."""
        if not isinstance(document.data, Mapping):
            raise SuiteError(f"{document.source}: a suite is a mapping of names to values")
        faults: list[str] = []
        suite = None
        try:
            # as JSON: strict, but with lists where the suite has tuples
            suite = cls.model_validate_json(json.dumps(document.data))
        except ValidationError as error:
            faults += [
                _explain(document, fault)
                for fault in error.errors(include_url=False)
                if not _is_consequence(fault)
            ]
        recipe = _recipe_of(document, faults)
        faults += _faults_of_overrides(document)
        if faults or suite is None or recipe is None:
            raise SuiteError("\n".join(faults))
        suite._recipe = recipe
        return suite


def _recipe_of(document: YamlDocument, faults: list[str]) -> Recipe | None:
    """The suite's recipe; what is wrong with it is added to `faults`."""
    values = document.data.get("recipe")
    if not isinstance(values, Mapping):
        return None  # the suite's own check has said so
    inside = {
        path[1:]: line for path, line in document.lines.items() if path[:1] == ("recipe",) != path
    }
    try:
        recipe = Recipe.from_mapping(values, source=str(document.source), lines=inside)
    except RecipeError as error:
        faults += str(error).splitlines()
        return None
    if recipe.epochs is None:
        faults.append(_no_epochs(document, ("recipe",)))
    return recipe


def _no_epochs(document: YamlDocument, path: Path_) -> str:
    return (
        f"{_place(document, path)}: a suite fixes epochs, so that every pair takes the same steps; "
        "write epochs: 5, say"
    )


def _faults_of_overrides(document: YamlDocument) -> Iterator[str]:
    """What is wrong with the recipes of single encoders, heads and tasks."""
    for kind in ("encoders", "heads", "tasks"):
        choices = document.data.get(kind)
        for index, choice in enumerate(choices if isinstance(choices, list) else ()):
            values = choice.get("recipe") if isinstance(choice, Mapping) else None
            if not isinstance(values, Mapping):
                continue
            path = (kind, index, "recipe")
            for key in values:
                if kind != "tasks" and key in Recipe.model_fields and key not in OVERRIDABLE:
                    yield (
                        f"{_place(document, (*path, key))}: {key} is the same for every pair of a "
                        f"suite; an encoder or a head may have its own {', '.join(OVERRIDABLE)}"
                    )
            if kind == "tasks" and "epochs" in values and values["epochs"] is None:
                yield _no_epochs(document, (*path, "epochs"))
            depth = len(path)
            inside = {
                place[depth:]: line
                for place, line in document.lines.items()
                if place[:depth] == path != place
            }
            try:
                Recipe.from_mapping(values, source=str(document.source), lines=inside)
            except RecipeError as error:
                yield from str(error).splitlines()


def _is_consequence(fault: Any) -> bool:
    """Whether a list is too short only because its items were at fault."""
    return fault["type"] == "too_short" and bool(fault["input"])


def _explain(document: YamlDocument, fault: Any) -> str:
    """One line: where, what, and what is near to what was written."""
    path: Path_ = tuple(fault["loc"])
    place = _place(document, path)
    where = ".".join(map(str, path))
    if fault["type"] == "extra_forbidden":
        known = _known_keys(path)
        hint = did_you_mean(str(path[-1]), known) or f"; known: {', '.join(known)}"
        return f"{place}: there is no {where!r}{hint}"
    if fault["type"] == "missing":
        return f"{place}: {where} is missing"
    if fault["type"] == "value_error":
        return f"{place}: {where}: {fault['ctx']['error']}, got {fault['input']!r:.60}"
    return f"{place}: {where}: {_expected(path, fault)}; got {_written(fault['input'])}"


def _expected(path: Path_, fault: Any) -> str:
    """What belongs there, in words and with an example where a word alone may not do."""
    key, bounds = path[0], fault.get("ctx", {})
    match fault["type"]:
        case "tuple_type" if key == "seeds":
            return "write a list of whole numbers, such as [0, 1, 2]"
        case "tuple_type":
            return "write a name, or a list of names"
        case "too_short":
            return f"write one at least, such as {_EXAMPLES[str(key)]}"
        case "string_pattern_mismatch":
            return (
                "write small letters a to z, digits, '.', '_' and '-', a letter or a digit first, "
                "such as my-suite: the folder of the results is called so"
            )
        case "string_too_long":
            return f"write {bounds['max_length']} characters at most"
        case "greater_than":
            return f"write a number above {bounds['gt']:.15g}"
        case "greater_than_equal":
            return f"write {bounds['ge']:.15g} or more"
        case "less_than_equal":
            return f"write {bounds['le']:.15g} or less"
        case "model_type" | "dict_type" | "model_attributes_type" if type(path[-1]) is int:
            return "write a name, or a mapping of name and what else there is to say"
        case kind if kind in _IN_WORDS:
            return f"write {_IN_WORDS[kind]}"
    message: str = fault["msg"]
    return f"{message[:1].lower()}{message[1:]}"


def _written(value: Any) -> str:
    """As the file has it, in one line: true and null, where Python has True and None."""
    # a validator of ours makes a tuple of a list
    text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    return f"{text:.60}"


def _known_keys(path: Path_) -> Sequence[str]:
    owner: type[BaseModel] = Suite
    if len(path) > 1:
        owners: dict[str, type[BaseModel]] = {
            "encoders": EncoderChoice,
            "heads": Choice,
            "protocol": Protocol,
            "resources": Resources,
            "tasks": TaskChoice,
        }
        owner = owners[str(path[0])]
    return sorted(owner.model_fields)


def _place(document: YamlDocument, path: Path_) -> str:
    """The source with the line of the nearest thing that the document has a line for."""
    for length in range(len(path), 0, -1):
        if line := document.lines.get(path[:length]):
            return f"{document.source}, line {line}"
    return str(document.source)


def shipped_suites() -> dict[str, Path]:
    """The suites that come with the benchmark, by name."""
    folder = Path(str(importlib.resources.files("zoo_bench").joinpath("suites")))
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def load_suite(name_or_path: str) -> Suite:
    """The suite of a YAML file, or the shipped one of this name."""
    shipped = shipped_suites()
    path = Path(name_or_path)
    if name_or_path in shipped:
        path = shipped[name_or_path]
    # not pathlib's, which raises for a name that is too long for a file
    elif not os.path.isfile(path):  # noqa: PTH113
        raise SuiteError(
            f"there is no file {name_or_path!r} and no suite of this name"
            f"{did_you_mean(name_or_path, shipped)} (shipped: {', '.join(shipped)})"
        )
    return Suite.from_document(load_yaml(path))
