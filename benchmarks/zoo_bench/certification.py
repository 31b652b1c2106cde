"""Which components of a run `zoo check` had certified, as results carry it.

The driver looks when the run has ended, so what counts is the code installed on its machine then.
"""

from __future__ import annotations

from typing import Literal

from zoo import registry
from zoo_bench.records import CertificateRecord, Component, RunSpec

Role = Literal["encoder", "head"]


def certificates_of(spec: RunSpec) -> dict[Role, CertificateRecord]:
    """The certificates of a run's encoder and head, of those that have one."""
    roles: tuple[tuple[Role, Component | None], ...] = (
        ("encoder", spec.encoder),
        ("head", spec.head),
    )
    found = {}
    for role, component in roles:
        if component is not None and (record := _certificate_of(role, component)):
            found[role] = record
    return found


def _certificate_of(role: Role, component: Component) -> CertificateRecord | None:
    from zoo.certificates import find_certificate

    full_name = f"{component.distribution}:{component.name}"
    for candidate in registry.shelf(role).candidates(full_name):
        certificate = find_certificate(candidate, component.options)
        if certificate is not None and certificate.source_sha256 is not None:
            return CertificateRecord(
                status=certificate.status,
                passed=certificate.count("passed"),
                failed=certificate.count("failed"),
                skipped=certificate.count("skipped"),
                source_sha256=certificate.source_sha256,
                zoo_version=certificate.versions.get("zoo", "unknown"),
            )
    return None
