"""What the page says of a task's data: sizes, duplicates, conflicting labels, tokens by encoder.

The data are read from the task, here and now, where its texts may be shown; see `texts_of`. Of a
drawn task, such as `ko-intents@100`, they are those of the whole: every seed draws others. What was
counted is remembered in the user's cache, and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ZooError
from zoo.limits import MAX_LENGTH
from zoo.terminal import cause_of
from zoo_bench import cache
from zoo_bench.page.examples import Texts
from zoo_bench.records import EncoderRecord, RunSpec

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.auditing import AuditReport

_KIND = "audits"


def audit_fields(found: Texts, runs: Sequence[RunSpec]) -> dict[str, Any]:
    """The audit of a task for the encoders of these runs, as JSON values; or why there is none."""
    if found.task is None:
        return {"reason": found.reason or "The task was not loaded."}
    encoders = list({run.encoder.name: run.encoder for run in runs if run.encoder}.values())
    lengths = {run.recipe.get("max_length", MAX_LENGTH) for run in runs if run.recipe}
    max_length = max(one for one in (*lengths, 2) if isinstance(one, int))
    key = _key(found.task.content_sha256, encoders, max_length)
    remembered = cache.recall(_KIND, key)
    if remembered is not None:
        with suppress(ValueError):
            known: dict[str, Any] = json.loads(remembered)
            return known
    fields = _audit(found.task, encoders, max_length)
    # a tokenizer that is not here today may be tomorrow
    if not fields["missing"]:
        cache.keep(_KIND, key, json.dumps(fields).encode())
    return fields


def _audit(task: Any, encoders: Iterable[EncoderRecord], max_length: int) -> dict[str, Any]:
    from zoo.auditing import audit

    tokenizers, missing = _tokenizers(encoders)
    report = audit(
        task,
        encoders=list(tokenizers),
        max_length=max_length,
        near=None,
        tokenizers=tokenizers.__getitem__,
    )
    return _fields(report, missing)


def _tokenizers(
    encoders: Iterable[EncoderRecord],
) -> tuple[Mapping[str, PreTrainedTokenizerBase], list[list[str]]]:
    """The tokenizers that are on this machine, and why the others are not; no hub is asked."""
    from zoo.vocabularies import tokenizer_of

    found: dict[str, PreTrainedTokenizerBase] = {}
    missing = []
    for one in encoders:
        try:
            found[one.name] = tokenizer_of(
                one.name,
                pretrained=one.pretrained,
                revision=one.revision,
                local_files_only=True,
            )
        except ZooError as error:
            missing.append([one.name, cause_of(error)])
    return found, missing


def _fields(report: AuditReport, missing: list[list[str]]) -> dict[str, Any]:
    from zoo.auditing.findings import alike_encoders

    return {
        "splits": [[one.name, one.rows] for one in report.splits],
        "within": [
            [list(one.splits), one.rows, one.repeats, one.normalised_repeats, one.conflicts]
            for one in report.within
        ],
        "across": [
            [
                one.split,
                list(one.seen),
                one.rows,
                len(one.exact),
                len(one.exact) + len(one.normalised),
                len(one.relabelled),
            ]
            for one in report.overlaps
        ],
        "conflicts": [len(report.conflicts), sum(len(one.places) for one in report.conflicts)],
        "encoders": [
            [
                [one.encoder for one in same],
                same[0].max_length,
                same[0].unknown_share,
                same[0].truncated_share,
            ]
            for same in alike_encoders(report.encoders)
        ],
        "missing": missing,
    }


def _key(content_sha256: str, encoders: Iterable[EncoderRecord], max_length: int) -> str:
    """The hash of all that an audit follows from: content, encoders, vocabularies, our own code."""
    digest = hashlib.sha256(f"{content_sha256} {max_length}".encode())
    for one in encoders:
        digest.update(json.dumps(one.model_dump(mode="json"), sort_keys=True).encode())
        digest.update(_vocabulary(one))
    for source in _code():
        digest.update(hashlib.sha256(source).digest())
    return digest.hexdigest()


def _vocabulary(encoder: EncoderRecord) -> bytes:
    from zoo import registry
    from zoo.vocabularies import resource_path

    with suppress(ZooError, OSError, ImportError):
        packaged = registry.find_encoder(encoder.name).spec.vocabulary
        if packaged:
            return hashlib.sha256(resource_path(packaged).read_bytes()).digest()
    return b""


def _code() -> Iterator[bytes]:
    import zoo.auditing
    import zoo.data.duplicates

    folder = Path(zoo.auditing.__file__).parent
    for path in (*sorted(folder.glob("*.py")), Path(zoo.data.duplicates.__file__), Path(__file__)):
        yield path.read_bytes()
