"""One check: a claim, the reason why it matters, and what running it gives."""

from __future__ import annotations

import inspect
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zoo.terminal import cause_of

if TYPE_CHECKING:
    from zoo.checks.subject import Subject

Kind = Literal["head", "encoder"]
Status = Literal["passed", "failed", "skipped"]


class CheckFailed(AssertionError):
    """A component does not keep its contract: what was expected, what came, and what mends it."""

    def __init__(self, expected: str, got: str, remedy: str = "") -> None:
        self.expected = expected
        self.got = got
        self.remedy = remedy
        text = f"expected: {expected}\ngot: {got}"
        super().__init__(f"{text}\n{remedy}" if remedy else text)


class Skipped(Exception):
    """A check that cannot be made here; its text says why."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check gave; `expected`, `got` and `remedy` are of a failure."""

    name: str
    claim: str
    status: Status
    seconds: float
    expected: str = ""
    got: str = ""
    remedy: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A named function that raises `CheckFailed` for a component that does not keep its claim.

    `claim` is one line, `reason` says why it matters; both are the function's docstring.
    """

    name: str
    claim: str
    reason: str
    # of a `Subject`, or of the kind of it that the check is for
    function: Callable[[Any], None]

    @classmethod
    def of(cls, function: Callable[[Any], None]) -> Check:
        """The check that a function with a docstring of claim and reason is."""
        claim, _, reason = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        assert claim and reason, f"{function.__name__} needs a docstring: its claim, its reason"
        return cls(function.__name__, claim.rstrip("."), " ".join(reason.split()), function)

    def __call__(self, subject: Subject) -> None:
        """Make the check; raises `CheckFailed`, or `Skipped`."""
        try:
            self.function(subject)
        except (CheckFailed, Skipped):
            raise
        except Exception as error:  # a stranger's code may raise anything
            raise CheckFailed(
                self.claim, f"{cause_of(error)}{_raised_at(error)}", subject.remedy_for(self.name)
            ) from error

    def result(self, subject: Subject) -> CheckResult:
        """Make the check and tell how it ended."""
        started = time.perf_counter()
        failure: CheckFailed | None = None
        reason = ""
        status: Status = "passed"
        try:
            self(subject)
        except CheckFailed as error:
            status, failure = "failed", error
        except Skipped as error:
            status, reason = "skipped", str(error)
        return CheckResult(
            self.name,
            self.claim,
            status,
            time.perf_counter() - started,
            expected=failure.expected if failure else "",
            got=failure.got if failure else "",
            remedy=failure.remedy if failure else "",
            reason=self.reason if failure else reason,
        )


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the checks of one component gave."""

    kind: Kind
    name: str
    target: str
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return self._with("failed")

    @property
    def skipped(self) -> tuple[CheckResult, ...]:
        """The checks that could not be made, each with its reason."""
        return self._with("skipped")

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    def _with(self, status: str) -> tuple[CheckResult, ...]:
        return tuple(one for one in self.results if one.status == status)

    def raise_if_failed(self) -> None:
        """Raise one `CheckFailed` that tells of every check that failed."""
        if self.passed:
            return
        texts = [f"✗ {one.name}: {one.claim}\n{explain(one)}" for one in self.failed]
        count = f"{len(self.failed)} of {len(self.results)} checks failed"
        raise CheckFailed(
            f"{self.kind} {self.name} keeps its contract", f"{count}\n\n" + "\n\n".join(texts)
        )


def explain(result: CheckResult, width: int = 100) -> str:
    """A failure or a skip in lines: what was expected, what came, why it matters, what mends."""
    if result.status == "skipped":
        return _field("skipped", result.reason, width)
    parts = [_field("expected", result.expected, width), _field("got", result.got, width)]
    parts.append(_field("why", result.reason, width))
    return "\n".join([*parts, *([result.remedy] if result.remedy else [])])


def _field(name: str, text: str, width: int) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=f"{name}: ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _raised_at(error: Exception) -> str:
    """The words `, raised at head.py:12`, for the innermost line of the component's own code."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        module = trace.tb_frame.f_globals.get("__name__", "")
        if not module.startswith(("zoo.checks", "torch", "contextlib")):
            place = f", raised at {code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
