"""Data frames, Hugging Face data sets, Parquet files and pairs → columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from zoo.data.columns import Columns, columns_of_objects
from zoo.data.faults import hint, names
from zoo.errors import DataError, MissingExtra, listed
from zoo.terminal import cause_of

if TYPE_CHECKING:
    import datasets
    import pandas

_MISSING_IN_FRAME = (
    "; pandas takes 'NA', 'null', 'None' and '' for missing: read the file with dtype=str, "
    "keep_default_na=False if those are meant as written"
)


def is_frame(source: object) -> TypeGuard[pandas.DataFrame]:
    """Whether this is a pandas data frame; pandas is not imported to find out."""
    module = sys.modules.get("pandas")
    return module is not None and isinstance(source, module.DataFrame)


def read_frame(frame: pandas.DataFrame, text: str | int, label: str | int) -> Columns:
    """Two columns of a data frame."""
    source = "DataFrame"
    columns: list[object] = list(frame.columns)
    for name in (text, label):
        if columns.count(name) > 1:
            raise DataError(f"{source}: {columns.count(name)} columns are called {name!r}")
    _check_names(source, columns, text, label)
    values = [
        # NaN, None, NaT and pandas.NA are all missing
        [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
        for column in (frame[text], frame[label])
    ]
    return columns_of_objects(values[0], values[1], source, missing_hint=_MISSING_IN_FRAME)


def is_dataset(source: object) -> TypeGuard[datasets.Dataset]:
    """Whether this is a `datasets.Dataset`; raises `DataError` for its relatives."""
    module = sys.modules.get("datasets")
    if module is None:
        return False
    if isinstance(source, module.DatasetDict | module.IterableDatasetDict):
        splits = listed([repr(str(name)) for name in source], "and")
        example = next(iter(source), "train")
        raise DataError(
            f"{type(source).__name__} with the splits {splits}: pass one of them, such as "
            f"dataset[{str(example)!r}]"
        )
    if isinstance(source, module.IterableDataset):
        raise DataError(
            "IterableDataset: a stream has no length; pass datasets.Dataset.from_list(list(stream))"
        )
    return isinstance(source, module.Dataset)


def read_dataset(dataset: datasets.Dataset, text: str | int, label: str | int) -> Columns:
    """Two columns of a Hugging Face data set; integers of a `ClassLabel` become their names."""
    source = f"Dataset {dataset.split}" if dataset.split else "Dataset"
    _check_names(source, dataset.column_names, text, label)
    # the set may be formatted as tensors
    plain = dataset.with_format(None)
    labels = _named(list(plain[label]), getattr(dataset.features[label], "names", None))
    return columns_of_objects(list(plain[text]), labels, source)


def read_parquet(path: Path, source: str, text: str, label: str) -> Columns:
    """Two columns of a Parquet file; raises `MissingExtra` without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("pyarrow", "data", "reading Parquet") from None
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_names(source, schema.names, text, label)
            for name in (text, label):
                if schema.names.count(name) > 1:
                    raise DataError(f"{source}: two columns are called {name!r}")
            table = file.read(columns=[text, label])
        texts, labels = (table.column(name).to_pylist() for name in (text, label))
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        # a damaged file comes as any of these: OSError, or bytes that are not UTF-8, mostly
        raise DataError(f"{source} cannot be read as Parquet: {cause_of(error)}") from error
    labels = _named(labels, _class_names(schema.metadata, label))
    return columns_of_objects(texts, labels, source)


def _class_names(metadata: Mapping[bytes, bytes] | None, label: str) -> list[str] | None:
    """The names of a `ClassLabel` column, which `datasets` writes beside the schema."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return features[label]["names"] if features[label]["_type"] == "ClassLabel" else None
    except (KeyError, TypeError, ValueError):
        return None


def _named(values: list[Any], class_names: Sequence[str] | None) -> list[Any]:
    if class_names is None:
        return values
    known = range(len(class_names))
    # -1 is how data sets write "not labelled"
    return [class_names[value] if value in known else None for value in values]


def read_pairs(source: Iterable[Any]) -> Columns:
    """Texts and labels of an iterable of pairs."""
    texts, labels = [], []
    for row, pair in enumerate(source):
        # a text of two letters is no pair, and neither is a mapping with two keys
        is_pair = not isinstance(pair, str | bytes | Mapping) and hasattr(pair, "__len__")
        if not is_pair or len(pair) != 2:
            raise DataError(
                f"row {row} (counted from 0) is no pair of text and label: {pair!r:.60}; pass "
                "pairs, a file, a pandas DataFrame or a Hugging Face Dataset"
            )
        text, label = pair
        texts.append(text)
        labels.append(label)
    return columns_of_objects(texts, labels, "pairs")


def _check_names(source: str, columns: Sequence[object], text: object, label: object) -> None:
    for name in (text, label):
        if name not in columns:
            near = hint(str(name), columns) or "."
            raise DataError(
                f"{source}: no column is called {name!r}{near} The columns are {names(columns)}; "
                "choose with text= and label="
            )
