"""Records of older schemas brought to the present one, in memory: files stay as they were written.

| schema | what it brought                                                      |
|--------|----------------------------------------------------------------------|
| 1      | the first                                                            |
| 2      | runs have `overridden`: what their suite's recipe has in other pairs |
| 3      | results have `measurements` of the training, and a `suggestion`      |
| 4      | `n_out_of_scope`, and scores of that split where a task has one      |
| 5      | results have `tokens`: how many were unknown, how many texts cut     |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zoo_bench.records import SCHEMA_VERSION

Record = dict[str, Any]


def migrate(record: Record) -> Record:
    """A record of any older schema as one of the present schema; the run id stays."""
    version = record["schema_version"]
    while version < SCHEMA_VERSION:
        record = {**_STEPS[version](record), "schema_version": version + 1}
        version += 1
    return record


def _to_2(record: Record) -> Record:
    is_run = "protocol" in record
    return {**record, "overridden": {}} if is_run else record


def _to_3(record: Record) -> Record:
    # nothing can be measured any more: the verdict stays what was recorded
    is_result = "verdict" in record
    return {**record, "measurements": None, "suggestion": None} if is_result else record


def _to_4(record: Record) -> Record:
    # what was not predicted stays without a score, also where the task has such a split
    is_run = "protocol" in record
    return {**record, "task": {**record["task"], "n_out_of_scope": None}} if is_run else record


def _to_5(record: Record) -> Record:
    is_result = "verdict" in record
    return {**record, "tokens": None} if is_result else record


_STEPS: Mapping[int, Callable[[Record], Record]] = {1: _to_2, 2: _to_3, 3: _to_4, 4: _to_5}
