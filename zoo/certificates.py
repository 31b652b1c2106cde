"""Certificates: what `zoo check` found of a component, kept so that results can carry it.

A certificate is of one source: a component whose code has changed since has none. It is looked for
in the packages of the distribution that brings the component (`certificates/*.json` beside a
manifest, shipped by the author), then in this user's folder, where `zoo check` puts it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from zoo import source
from zoo.fingerprint import source_sha256
from zoo.plugins import host
from zoo.shelf import Registered

SCHEMA_VERSION = 1
FOLDER_VARIABLE = "ZOO_CERTIFICATES"
SHIPPED_FOLDER = "certificates"

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedCheck:
    """How one check ended, and for a failure or a skip why."""

    name: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the conformance kit found of one component, with these options, on this source.

    `versions` names what it was found with: zoo, python, torch, transformers.
    """

    kind: Literal["encoder", "head"]
    name: str
    distribution: str
    version: str
    target: str
    options: dict[str, Any]
    claims: tuple[str, ...]
    configuration: dict[str, Any] | None
    source_sha256: str | None
    checks: tuple[CertifiedCheck, ...]
    versions: dict[str, str]
    made_at: datetime
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The certificate of a file's text; raises `ValueError` for anything else."""
        try:
            fields = json.loads(text)
            if fields["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"schema {fields['schema_version']}, this is {SCHEMA_VERSION}")
            fields["checks"] = tuple(CertifiedCheck(**one) for one in fields["checks"])
            fields["claims"] = tuple(fields["claims"])
            fields["made_at"] = datetime.fromisoformat(fields["made_at"])
            return cls(**fields)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"this is no certificate: {error}") from error

    def as_fields(self) -> dict[str, Any]:
        """The certificate as JSON values."""
        return {**dataclasses.asdict(self), "made_at": self.made_at.isoformat()}

    @property
    def status(self) -> Literal["passed", "failed"]:
        """`"failed"` if a single check did."""
        return "failed" if self.count("failed") else "passed"

    def count(self, status: Status) -> int:
        """How many checks ended so."""
        return sum(one.status == status for one in self.checks)

    def is_of(self, component: Registered[Any], options: Mapping[str, Any]) -> bool:
        """Whether this is about that component as it is now, with these options."""
        spec = component.spec
        return (
            self.source_sha256 is not None
            and (self.kind, self.target) == (component.kind, spec.target)
            and (self.distribution, self.name) == (component.distribution, spec.name)
            and self.options == dict(options)
            and self.configuration == configuration_of(component)
            and self.source_sha256 == source_sha256(spec.target)
        )


def configuration_of(component: Registered[Any]) -> dict[str, Any] | None:
    """The architecture that an encoder's spec builds without weights; None for a head."""
    return dict(component.spec.configuration) if component.kind == "encoder" else None


def find_certificate(
    component: Registered[Any], options: Mapping[str, Any] | None = None
) -> Certificate | None:
    """The newest certificate of a component as it is now, or None.

    A file that cannot be read is no certificate.
    """
    folders = [*_shipped_folders(component.distribution), user_folder()]
    found = [
        certificate
        for certificate in _certificates(folders)
        if certificate.is_of(component, options or {})
    ]
    return max(found, key=lambda one: one.made_at, default=None)


def user_folder() -> Path:
    """Where `zoo check` keeps certificates: the folder in ZOO_CERTIFICATES, or the user's own."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("intentzoo") / SHIPPED_FOLDER


def file_name(certificate: Certificate) -> str:
    """One name per component and options, so that a newer certificate replaces an older one.

    Names never become paths: only `a-z`, `0-9` and single `-` are left of them.
    """
    words = [certificate.kind, certificate.distribution, certificate.name]
    words += [f"{key}-{value}" for key, value in sorted(certificate.options.items())]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")[:100] + ".json"


def write_certificate(certificate: Certificate, path: Path) -> None:
    """Put the certificate at `path`, whole or not at all; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(certificate.as_fields(), indent=1, sort_keys=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _shipped_folders(distribution: str) -> Iterator[Path]:
    packages = {
        plugin.module.partition(".")[0]
        for plugin in host().plugins
        if plugin.distribution == distribution
    }
    for package in sorted(packages):
        try:
            places = source.locate(package).submodule_search_locations
        except source.Unreadable:
            continue
        yield from (Path(place) / SHIPPED_FOLDER for place in places or ())


def _certificates(folders: Sequence[Path]) -> Iterator[Certificate]:
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                yield Certificate.from_json(path.read_text("utf-8"))
            except (OSError, ValueError):
                continue
