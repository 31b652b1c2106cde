"""Whether a component's options are what its class says; first line of a docstring: the claim."""

from __future__ import annotations

import inspect

from zoo.checks.check import CheckFailed
from zoo.checks.subject import Subject
from zoo.errors import PluginError
from zoo.options import declared_options

POSITIONAL = {"head": ("hidden_size", "num_labels"), "encoder": ("configuration", "tokenizer")}
UNKNOWN = "option_that_nobody_has"


def options(subject: Subject) -> None:
    """It takes its options as declared, and refuses an unknown one.

    Options are the keyword-only parameters: `zoo show` reads them from the source, suites set them
    by name, and a misspelt one that is swallowed would give the default under another name.
    """
    parameters = list(inspect.signature(subject.component).parameters.values())
    positional = tuple(one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD)
    wanted = POSITIONAL[subject.kind]
    if positional != wanted:
        raise CheckFailed(
            f"the positional parameters {', '.join(wanted)}",
            ", ".join(positional) or "none",
            subject.remedy_for("options"),
        )
    keywords = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
    defaults = {one.name: one.default for one in keywords if one.default is not one.empty}
    subject.construct(**{**defaults, **subject.options})
    _compare_with_source(subject, [one.name for one in keywords])
    try:
        subject.construct(**{UNKNOWN: 1})
    except TypeError:
        return
    raise CheckFailed(
        f"TypeError for an unknown option {UNKNOWN!r}",
        "it was swallowed",
        subject.remedy_for("options"),
    )


def _compare_with_source(subject: Subject, accepted: list[str]) -> None:
    try:
        declared = [one.name for one in declared_options(subject.target)]
    except PluginError as error:
        raise CheckFailed(
            "options that can be read from the source, without importing it", str(error)
        ) from error
    if declared != accepted:
        raise CheckFailed(
            f"the options that the source declares: {', '.join(declared) or 'none'}",
            f"the class takes {', '.join(accepted) or 'none'}",
            subject.remedy_for("options"),
        )
