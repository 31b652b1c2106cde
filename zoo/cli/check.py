"""`zoo check`: hold a head or an encoder to its contract, and write its certificate."""

from __future__ import annotations

import dataclasses
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli import output
from zoo.errors import OptionError
from zoo.terminal import printable

if TYPE_CHECKING:
    from zoo.certificates import Certificate
    from zoo.checks import CheckReport, CheckResult
    from zoo.checks.subject import Subject

MARKS = {"passed": "✓", "failed": "✗", "skipped": "-"}
_WIDTH = 80
_INDENT = "    "


@click.command("check")
@click.argument("target", metavar="NAME|MODULE:CLASS")
@click.option(
    "--kind", type=click.Choice(["head", "encoder"]), help="Where the name leaves it open."
)
@click.option(
    "--option", "settings", multiple=True, metavar="KEY=VALUE", help="Build it with this option."
)
@click.option(
    "--only", multiple=True, metavar="CHECK", help="Make this check alone; no certificate."
)
@click.option(
    "--output",
    "place",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the certificate goes; by default where results look for it.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the certificate, with every failure.")
def command(
    target: str,
    kind: str | None,
    settings: tuple[str, ...],
    only: tuple[str, ...],
    place: Path | None,
    is_json: bool,
) -> None:
    """Hold a head or an encoder to its contract.

    NAME is what `zoo list` shows; MODULE:CLASS is any class, `my_package.heads:Attention`, in a
    plugin or not yet. The exit status is 1 if a check failed.
    """
    options = _options(settings)

    from zoo.checks.report import chosen_checks, run_checks
    from zoo.checks.targets import subject_of

    subject, component = subject_of(target, kind, options)
    chosen_checks(subject.kind, only or None)  # before the heading: an unknown check ends it
    if not is_json:
        click.echo(
            printable(f"{subject.kind} {subject.name} ({component.release}), {subject.target}")
        )
    report = run_checks(subject, only or None, None if is_json else _show)
    certificate = None
    if not only:
        certificate = _certify(subject, component, report)
        place = _write(certificate, place)
    if is_json:
        output.print_json(_as_json(report, certificate, place))
    else:
        _show_sum(report, place if certificate else None)
    click.get_current_context().exit(0 if report.passed else 1)


def _options(settings: tuple[str, ...]) -> dict[str, Any]:
    """`key=value` texts as options, values read as YAML."""
    from zoo.strict_yaml import load_yaml

    options = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise OptionError(f"--option {setting}: write it as key=value")
        options[key.strip()] = load_yaml(text).data
    return options


def _show(result: CheckResult) -> None:
    """One line; below a failure what was expected, what came, why, and what mends it."""
    from zoo.checks.check import explain

    claim = textwrap.shorten(printable(result.claim), _WIDTH - 2, placeholder=" …")
    click.echo(f"{click.style(MARKS[result.status], fg=_COLOURS[result.status])} {claim}")
    if result.status != "passed":
        text = printable(explain(result, _WIDTH - len(_INDENT)), keep_lines=True)
        name = "" if result.status == "skipped" else f"check: {result.name}\n"
        click.echo(textwrap.indent(name + text, _INDENT))


_COLOURS = {"passed": "green", "failed": "red", "skipped": None}


def _show_sum(report: CheckReport, place: Path | None) -> None:
    counts = [f"{len(report.results) - len(report.failed) - len(report.skipped)} passed"]
    counts += [f"{len(report.failed)} failed"] if report.failed else []
    counts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    seconds = sum(one.seconds for one in report.results)
    click.echo(f"\n{', '.join(counts)} in {seconds:.1f} s")
    if place is not None:
        click.echo(f"certificate: {printable(place)}")


def _certify(subject: Subject, component: Any, report: CheckReport) -> Certificate:
    import importlib.metadata
    import platform

    from zoo.certificates import Certificate, CertifiedCheck, configuration_of
    from zoo.entry_points import zoo_version
    from zoo.fingerprint import source_sha256

    return Certificate(
        kind=report.kind,
        name=component.spec.name,
        distribution=component.distribution,
        version=component.version,
        target=subject.target,
        options=dict(subject.options),
        claims=tuple(subject.claims),
        configuration=configuration_of(component),
        source_sha256=source_sha256(subject.target),
        checks=tuple(
            CertifiedCheck(
                name=one.name,
                status=one.status,
                detail=one.got if one.status == "failed" else one.reason,
            )
            for one in report.results
        ),
        versions={
            "zoo": zoo_version(),
            "python": platform.python_version(),
            "torch": importlib.metadata.version("torch"),
            "transformers": importlib.metadata.version("transformers"),
        },
        made_at=datetime.now(UTC),
    )


def _write(certificate: Certificate, place: Path | None) -> Path:
    from zoo.certificates import file_name, user_folder, write_certificate

    path = place or user_folder() / file_name(certificate)
    try:
        write_certificate(certificate, path)
    except OSError as error:
        raise click.ClickException(
            f"the certificate cannot be written to {path}: {error.strerror}; name another place "
            "with --output"
        ) from error
    return path


def _as_json(
    report: CheckReport, certificate: Certificate | None, place: Path | None
) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "name": report.name,
        "target": report.target,
        "passed": report.passed,
        "results": [dataclasses.asdict(one) for one in report.results],
        "certificate": certificate.as_fields() if certificate else None,
        "certificate_file": str(place) if certificate else None,
    }
