"""The conformance kit: what a head or an encoder is held to, for its author's own tests.

    from zoo.checks import parametrize_with_checks

    @parametrize_with_checks(heads=["my_package.heads:Attention"])
    def test_keeps_the_contract(check):
        check()

`zoo check` does the same on the command line. Importing this loads no torch: what makes the checks
is imported when they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zoo.checks.check import Check, CheckFailed, CheckReport, CheckResult

__all__ = [
    "Check",
    "CheckFailed",
    "CheckReport",
    "CheckResult",
    "check_encoder",
    "check_head",
    "parametrize_with_checks",
]


def check_head(
    target: str | type,
    *,
    options: Mapping[str, Any] | None = None,
    claims: Sequence[str] | None = None,
    hidden_size: int = 64,
    only: Sequence[str] | None = None,
    raise_on_failure: bool = True,
    on_result: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Hold a head to its contract: a name, a class or `"module:Class"`.

    It is built with `options`, on states of `hidden_size`. `claims` (`"compile"`, `"export"`)
    replaces those of its spec. `only` names the checks to make; `on_result` hears of each.

    Raises `CheckFailed` with every failure, unless told not to; `UnknownName`, `PluginError` and
    `OptionError` for what cannot be checked at all.
    """
    from zoo.checks.report import run_checks
    from zoo.checks.targets import head_subject

    subject = head_subject(target, options=options, claims=claims, hidden_size=hidden_size)
    return _checked(run_checks(subject, only, on_result), raise_on_failure)


def check_encoder(
    target: str | type,
    *,
    options: Mapping[str, Any] | None = None,
    claims: Sequence[str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    vocabulary: str | None = None,
    only: Sequence[str] | None = None,
    raise_on_failure: bool = True,
    on_result: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Hold an encoder to its contract, with random weights: a name, a class or `"module:Class"`.

    `configuration` and `vocabulary` (`"package:folder/file"`) replace those of its spec; without
    any, the class gets an empty configuration and a small vocabulary. The rest as `check_head`.
    """
    from zoo.checks.report import run_checks
    from zoo.checks.targets import encoder_subject

    subject = encoder_subject(
        target, options=options, claims=claims, configuration=configuration, vocabulary=vocabulary
    )
    return _checked(run_checks(subject, only, on_result), raise_on_failure)


def _checked(report: CheckReport, raise_on_failure: bool) -> CheckReport:
    if raise_on_failure:
        report.raise_if_failed()
    return report


def parametrize_with_checks(
    *, heads: Sequence[str | type] = (), encoders: Sequence[str | type] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A pytest decorator: one test per component and check, with an argument `check` to call.

    A check that cannot be made here skips its test, and says why.
    """
    import pytest

    from zoo.checks.report import chosen_checks

    cases = [
        pytest.param(_bound(check, kind, target), id=f"{_short(target)}-{check.name}")
        for kind, targets in (("head", heads), ("encoder", encoders))
        for target in targets
        for check in chosen_checks(kind)
    ]
    return pytest.mark.parametrize("check", cases)


def _bound(check: Check, kind: str, target: str | type) -> Callable[[], None]:
    def run() -> None:
        import pytest

        from zoo.checks.report import isolated
        from zoo.checks.targets import encoder_subject, head_subject

        # made here and not while tests are collected: a component that cannot be imported fails
        subject = (head_subject if kind == "head" else encoder_subject)(target)
        result = isolated(check.result, subject)
        if result.status == "skipped":
            pytest.skip(f"{check.name}: {result.reason}")
        if result.status == "failed":
            raise CheckFailed(result.expected, result.got, result.remedy)

    return run


def _short(target: str | type) -> str:
    return target.__name__ if isinstance(target, type) else target.rpartition(":")[2]
