"""The record of a component in a saved classifier, and what answers to it here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from zoo import name_errors, registry
from zoo.errors import CheckpointError
from zoo.fingerprint import source_sha256
from zoo.plugins import host
from zoo.shelf import Registered

# strict, because they end up in a line for the shell and the file may be a stranger's
_FORMS = {
    "name": re.compile(r".+", re.DOTALL),
    "distribution": re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"),
    "version": re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*"),
    "target": re.compile(r"[\w.]+:\w+"),
}


def component_record(found: Registered[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration keeps of a component.

    That is name, distribution, version, target, options and the hash of its source. The name is the
    short one, with the checkpoint where one was asked for: `hf:klue/roberta-small`.
    """
    name = f"{found.spec.name}:{found.checkpoint}" if found.checkpoint else found.spec.name
    identity = registry.identity(found)
    source = source_sha256(found.spec.target)
    return {"name": name, **identity, "options": dict(given), "source_sha256": source}


@dataclass(frozen=True, slots=True)
class SavedComponent:
    """An encoder or a head as a saved classifier names it.

    `source_sha256` is None where its source could not be read, and in older files.
    """

    kind: str
    name: str
    distribution: str
    version: str
    target: str
    options: Mapping[str, Any]
    source_sha256: str | None

    @classmethod
    def from_record(cls, kind: str, record: Any) -> Self:
        """The component of a record in `config.json`; raises `CheckpointError` for no record."""
        if not isinstance(record, Mapping):
            raise CheckpointError(f"config.json: there is no record of the {kind}")
        for key in (*_FORMS, "options"):
            if key not in record:
                raise CheckpointError(f"config.json: the record of the {kind} lacks {key!r}")
        for key, form in _FORMS.items():
            if not isinstance(record[key], str) or not form.fullmatch(record[key]):
                raise _not_its(kind, key, record)
        if not isinstance(record["options"], Mapping):
            raise _not_its(kind, "options", record)
        fields = {key: record[key] for key in (*_FORMS, "options")}
        return cls(kind, **fields, source_sha256=record.get("source_sha256"))

    @property
    def install_line(self) -> str:
        return f"pip install '{self.distribution}=={self.version}'"

    def find(self) -> Registered[Any]:
        """The component of this name that its distribution brings here, in whatever version.

        By name, never by a path in the file. Raises `CheckpointError` with what helps where there
        is none: the `pip install` line, or why the same version was left out.
        """
        known = registry.shelf(self.kind)
        short, _, checkpoint = self.name.partition(":")
        # not by `find_encoder`: where a distribution is called like its encoder that takes a
        # checkpoint, `toy:small` would be the checkpoint `small` of `toy`
        for one in known.candidates(f"{self.distribution}:{short}"):
            if getattr(one.spec, "takes_checkpoint", False) == bool(checkpoint):
                return replace(one, name=self.name, checkpoint=checkpoint) if checkpoint else one
        error = known.unknown(f"{self.distribution}:{self.name}")
        saved_with = f"{self.kind} {self.name!r} comes from the plugin {self.distribution}"
        raise CheckpointError(f"{saved_with} {self.version}, {self._absence(error)}") from error

    def _absence(self, error: Exception) -> str:
        for plugin in host().plugins:
            is_its_own = (plugin.distribution, plugin.version) == (self.distribution, self.version)
            if is_its_own and plugin.status != "loaded":
                # to install it again would mend nothing
                return f"which {name_errors.fate(plugin)}; see `zoo plugins`"
        return f"which is not available here: {self.install_line}\n({error})"

    def difference(self, found: Registered[Any]) -> str:
        """What is another than when it was saved: `version`, `source` or nothing, as a word."""
        if found.version != self.version:
            return "version"
        now = source_sha256(found.spec.target) if self.source_sha256 else None
        return "source" if now and now != self.source_sha256 else ""


def _not_its(kind: str, key: str, record: Mapping[str, Any]) -> CheckpointError:
    return CheckpointError(
        f"config.json: the record of the {kind} has {record[key]!r:.80} where its {key} is due"
    )
