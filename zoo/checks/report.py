"""Which checks there are for a kind, and all of them made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from zoo.checks.check import Check, CheckReport, CheckResult
from zoo.checks.encoder_checks import ENCODER_CHECKS
from zoo.checks.head_checks import HEAD_CHECKS
from zoo.checks.option_checks import options
from zoo.checks.shared_checks import SHARED, process_as_it_was
from zoo.checks.subject import Subject
from zoo.errors import UnknownName, did_you_mean

CHECKS: dict[str, tuple[Check, ...]] = {
    "head": tuple(Check.of(one) for one in (options, *HEAD_CHECKS, *SHARED)),
    "encoder": tuple(Check.of(one) for one in (options, *ENCODER_CHECKS, *SHARED)),
}


def chosen_checks(kind: str, only: Sequence[str] | None = None) -> tuple[Check, ...]:
    """The checks of a kind, or those of these names; raises `UnknownName` for another name."""
    every = CHECKS[kind]
    if only is None:
        return every
    names = [one.name for one in every]
    for name in only:
        if name not in names:
            raise UnknownName(
                f"no check of {kind}s is called {name!r}{did_you_mean(name, names)}\n"
                f"Known: {', '.join(names)}"
            )
    return tuple(one for one in every if one.name in only)


def run_checks(
    subject: Subject,
    only: Sequence[str] | None = None,
    on_result: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Make the checks of a subject one by one; `on_result` hears of each as it ends."""
    results = []
    for check in chosen_checks(subject.kind, only):
        results.append(isolated(check.result, subject))
        if on_result is not None:
            on_result(results[-1])
    return CheckReport(subject.kind, subject.name, subject.target, tuple(results))


def isolated(function: Callable[[Subject], CheckResult], subject: Subject) -> CheckResult:
    """Call with warnings hidden and with whatever it changes in the process put back."""
    with process_as_it_was(), warnings.catch_warnings():
        # of torch about a stranger's code, such as an LSTM's dropout with one layer
        warnings.simplefilter("ignore")
        return function(subject)
