"""Saved classifiers: safetensors, JSON and checksums, read strictly."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.nn.utils.parametrize import type_before_parametrizations
from transformers import AutoTokenizer
from transformers.utils import SAFE_WEIGHTS_INDEX_NAME, SAFE_WEIGHTS_NAME, cached_file

from zoo.checksums import check_checksums
from zoo.errors import CheckpointError
from zoo.hub import locate
from zoo.saved_classifier import check_is_classifier
from zoo.seeds import seeded

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.configuration import ClassifierConfig

HUB_OPTIONS = ("revision", "token", "cache_dir", "local_files_only", "subfolder", "force_download")


def load(
    classifier_class: type[TextClassifier],
    source: str,
    *,
    config: ClassifierConfig | None = None,
    dtype: torch.dtype | str | None = None,
    device_map: Any = None,
    **options: Any,
) -> Any:
    """A classifier from a folder or a hub id; see `TextClassifier.from_pretrained`."""
    if options.pop("ignore_mismatched_sizes", False):
        raise CheckpointError(
            f"{source}: ignore_mismatched_sizes would leave weights random that were trained; for "
            "other labels, build and train a new classifier"
        )
    wants_information = options.pop("output_loading_info", False)
    hub = {name: options[name] for name in HUB_OPTIONS if options.get(name) is not None}
    hub |= on_hub(source, hub)
    if config is None:
        config = read_configuration(classifier_class, source, hub)
    tokenizer = read_tokenizer(source, hub)
    files = weight_files(source, hub)
    check_checksums(files)
    # the weights drawn here are all replaced; drawing them must not move the global generators
    with seeded(0, "load"):
        classifier = classifier_class(config, tokenizer=tokenizer)
    fill(classifier, files, source)
    module: torch.nn.Module = classifier
    module.to(device=only_device(device_map), dtype=wanted_dtype(dtype, config)).eval()
    if wants_information:
        # transformers' report; anything but nothing has raised already
        kinds = ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")
        return classifier, {kind: [] for kind in kinds}
    return classifier


def on_hub(source: str, hub: Mapping[str, Any]) -> dict[str, Any]:
    """The options by which a classifier on the hub is read from one commit, or from the cache."""
    if Path(source).is_dir():
        return {}
    place = locate(
        source,
        hub.get("revision"),
        token=hub.get("token"),
        cache_dir=hub.get("cache_dir"),
        local_files_only=hub.get("local_files_only", False),
    )
    return {"revision": place.commit, "local_files_only": place.is_local}


def read_configuration(
    classifier_class: type[TextClassifier], source: str, hub: Mapping[str, Any]
) -> ClassifierConfig:
    """The configuration of a saved classifier; raises `CheckpointError` for anything else."""
    config_class = classifier_class.config_class
    try:
        values, _ = config_class.get_config_dict(source, **hub)
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise CheckpointError(f"{source}: no saved classifier is there ({reason})") from error
    if not values:
        raise CheckpointError(f"{source}: no saved classifier is there (config.json is missing)")
    check_is_classifier(values, source)
    return config_class.from_dict(values)


def read_tokenizer(source: str, hub: Mapping[str, Any]) -> Any:
    """The tokenizer saved beside the weights."""
    try:
        return AutoTokenizer.from_pretrained(source, trust_remote_code=False, **hub)
    except Exception as error:  # transformers and tokenizers each raise their own
        reason = str(error).strip().split("\n")[0]
        raise CheckpointError(f"{source}: its tokenizer cannot be read ({reason})") from error


def weight_files(source: str, hub: Mapping[str, Any]) -> list[Path]:
    """The safetensors of a checkpoint: one file, or the shards that its index names."""
    absent_is_none = {"_raise_exceptions_for_missing_entries": False}
    single = cached_file(source, SAFE_WEIGHTS_NAME, **absent_is_none, **hub)
    if single is not None:
        return [Path(single)]
    index = cached_file(source, SAFE_WEIGHTS_INDEX_NAME, **absent_is_none, **hub)
    if index is None:
        raise CheckpointError(
            f"{source}: neither {SAFE_WEIGHTS_NAME} nor {SAFE_WEIGHTS_INDEX_NAME} is there; zoo "
            "reads safetensors only"
        )
    try:
        weight_map = json.loads(Path(index).read_text("utf-8"))["weight_map"]
        names = sorted(set(weight_map.values()))
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{index}: this is no index of weights ({error})") from error
    shards = [cached_file(source, name, **absent_is_none, **hub) for name in names]
    if None in shards:
        raise CheckpointError(
            f"{source}: {names[shards.index(None)]} is missing, which its index names"
        )
    return [Path(shard) for shard in shards if shard is not None]


def fill(classifier: TextClassifier, files: list[Path], source: str) -> None:
    """Put the stored weights into the classifier: all of them, and no others."""
    stored: dict[str, torch.Tensor] = {}
    for file in files:
        try:
            stored.update(load_file(file))
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{file}: truncated or no safetensors file ({error})") from error
    wanted = classifier.state_dict()
    # tied weights are stored once, under one of their names
    tied = getattr(classifier, "all_tied_weights_keys", {})
    for name, same_as in tied.items():
        if name not in stored and same_as in stored:
            stored[name] = stored[same_as]
    faults = [f"{name} is missing" for name in wanted.keys() - stored.keys()]
    faults += [f"{name} is not part of it" for name in stored.keys() - wanted.keys()]
    faults += [
        f"{name} has shape {tuple(stored[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in wanted.keys() & stored.keys()
        if stored[name].shape != wanted[name].shape
    ]
    if faults:
        raise CheckpointError(
            f"{source}: {len(faults)} weights do not fit the classifier that its config.json "
            f"describes (first: {min(faults)}); nothing was loaded"
        )
    classifier.load_state_dict(stored)


def wanted_dtype(dtype: torch.dtype | str | None, config: ClassifierConfig) -> torch.dtype:
    """The type that was asked for, else the one that the weights were saved in."""
    wanted = config.dtype if dtype in (None, "auto") else dtype
    if isinstance(wanted, str):
        wanted = getattr(torch, wanted, wanted)
    if not isinstance(wanted, torch.dtype) or not wanted.is_floating_point:
        raise CheckpointError(f"dtype must be a floating-point type of torch, got {dtype!r}")
    return wanted


def only_device(device_map: Any) -> torch.device | None:
    """The one device of a `device_map`; a classifier is small enough for one."""
    if device_map is None:
        return None
    if isinstance(device_map, Mapping):
        devices = set(device_map.values())
        if len(devices) != 1:
            raise CheckpointError(f"device_map must name one device, got {device_map!r}")
        device_map = devices.pop()
    if device_map == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device_map)
    except (RuntimeError, TypeError) as error:
        raise CheckpointError(
            f"device_map must name one device, such as 'cpu' or 'cuda:0', got {device_map!r}"
        ) from error


def check_saveable(classifier: TextClassifier) -> None:
    """Raise `CheckpointError` for a component that no other process could build again.

    That is one of `__main__` or a notebook, one that was put in the place of the component that its
    record names, and one with an option that JSON cannot hold.
    """
    for kind in ("encoder", "head"):
        record = getattr(classifier.config, kind)
        # a parametrization of its own weights would make it an instance of a class without a home
        component = type_before_parametrizations(getattr(classifier, kind))
        target = str(record["target"])
        if "__main__" in (component.__module__, target.partition(":")[0]):
            raise CheckpointError(
                f"the {kind} {component.__qualname__} is defined in __main__, a script or a "
                "notebook, where no other process finds it: move its class into a module, name it "
                f"in a plugin (`zoo new {kind} NAME` begins one), and build again"
            )
        if (named := class_at(target)) and full_name(component) != full_name(named):
            raise CheckpointError(
                f"the {kind} is a {full_name(component)}, but the classifier was built with "
                f"{record['name']!r}, which is {target}: name its class in a plugin, and build "
                "with that name"
            )
        for option, value in record["options"].items():
            if not is_json(value):
                raise CheckpointError(
                    f"{kind} {record['name']!r}: its option {option} is {value!r:.80}, which no "
                    "JSON can hold; let the class take text or numbers for it"
                )


def class_at(target: str) -> type | None:
    """What an imported module has at `"module:Class"`; None where that is not imported."""
    module, _, name = target.partition(":")
    return getattr(sys.modules.get(module), name, None)


def full_name(component: type) -> str:
    """Where a class was defined; unlike the class itself the same after a reload."""
    return f"{component.__module__}:{component.__qualname__}"


def is_json(value: Any) -> bool:
    """Whether JSON has a way to write the value."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
