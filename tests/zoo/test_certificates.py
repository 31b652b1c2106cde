"""Certificates: of one source, with these options, found again where they belong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from zoo import registry
from zoo.certificates import (
    Certificate,
    CertifiedCheck,
    file_name,
    find_certificate,
    user_folder,
    write_certificate,
)
from zoo.fingerprint import source_sha256

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def write_head(write_distribution, site, only_site):
    """Write a head `zoo-mine` whose class has this source."""
    write_distribution("zoo-mine")

    def write(source="class Part:\n    pass\n"):
        (site / "zoo_mine" / "parts.py").write_text(source)
        return registry.find_head("zoo-mine")

    return write


def certificate_of(head, **changes):
    fields = {
        "kind": "head",
        "name": head.spec.name,
        "distribution": head.distribution,
        "version": head.version,
        "target": head.spec.target,
        "options": {},
        "claims": (),
        "configuration": None,
        "source_sha256": source_sha256(head.spec.target),
        "checks": (
            CertifiedCheck(name="padding_further", status="passed"),
            CertifiedCheck(name="exports", status="skipped", detail="not claimed"),
        ),
        "versions": {"zoo": "0.1.0"},
        "made_at": MADE_AT,
    }
    return Certificate(**(fields | changes))


def keep(certificate):
    write_certificate(certificate, user_folder() / file_name(certificate))


def test_a_certificate_is_found_again(write_head):
    head = write_head()
    certificate = certificate_of(head)
    keep(certificate)
    assert find_certificate(head) == certificate


def test_another_source_has_no_certificate(write_head):
    keep(certificate_of(write_head()))
    assert find_certificate(write_head("class Part:\n    'mended'\n")) is None


def test_other_options_have_no_certificate(write_head):
    head = write_head()
    keep(certificate_of(head, options={"dropout": 0.5}))
    assert find_certificate(head) is None
    assert find_certificate(head, {"dropout": 0.5}) is not None


def test_a_source_that_cannot_be_read_is_never_certified(write_head):
    head = write_head()
    keep(certificate_of(head, source_sha256=None))
    assert find_certificate(head) is None


def test_one_that_the_author_ships_is_found(write_head, site):
    head = write_head()
    certificate = certificate_of(head)
    write_certificate(certificate, site / "zoo_mine" / "certificates" / "mine.json")
    assert find_certificate(head) == certificate


def test_the_newest_counts(write_head, site):
    head = write_head()
    shipped = certificate_of(head)
    write_certificate(shipped, site / "zoo_mine" / "certificates" / "mine.json")
    newer = certificate_of(
        head,
        checks=(CertifiedCheck(name="padding_further", status="failed", detail="moved"),),
        made_at=MADE_AT + timedelta(days=1),
    )
    keep(newer)
    assert find_certificate(head) == newer


@pytest.mark.parametrize("content", ["", "{", '{"schema_version": 2}', "\udcff", "[]"])
def test_a_file_that_is_no_certificate_is_passed_over(write_head, content):
    head = write_head()
    keep(certificate_of(head))
    (user_folder() / "a.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert find_certificate(head) is not None


def test_one_failure_is_a_failure(write_head):
    head = write_head()
    passed = certificate_of(head)
    failed = certificate_of(
        head, checks=(*passed.checks, CertifiedCheck(name="options", status="failed"))
    )
    assert (passed.status, failed.status) == ("passed", "failed")
    assert [failed.count(one) for one in ("passed", "failed", "skipped")] == [1, 1, 1]


def test_names_never_become_paths(write_head):
    certificate = certificate_of(write_head(), name="../x", options={"a": "/etc"})
    assert file_name(certificate) == "head-zoo-mine-x-a-etc.json"


def test_a_write_that_fails_leaves_the_old_file(write_head, monkeypatch):
    head = write_head()
    keep(certificate_of(head))
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        keep(certificate_of(head, checks=()))
    assert find_certificate(head) == certificate_of(head)
    assert [path.name for path in user_folder().iterdir()] == ["head-zoo-mine-zoo-mine.json"]
