"""NSMC: Korean film reviews of Naver, negative (rated 1 to 4) or positive (rated 9 or 10).

Park 2015, https://github.com/e9t/nsmc.
"""

from __future__ import annotations

from zoo.data import Examples, Task, read_examples, split_validation
from zoo_bench.tasks import about
from zoo_bench.tasks.label_names import with_names
from zoo_bench.tasks.published import LocalCopy, PublishedFile, local_copy, notes_of

_URL = "https://raw.githubusercontent.com/e9t/nsmc/master"
# the checksums that Hugging Face recorded of these addresses:
# https://github.com/huggingface/datasets/blob/1.18.0/datasets/nsmc/dataset_infos.json
TRAIN = PublishedFile(
    folder="nsmc",
    name="ratings_train.txt",
    url=f"{_URL}/ratings_train.txt",
    sha256="e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940",
)
TEST = PublishedFile(
    folder="nsmc",
    name="ratings_test.txt",
    url=f"{_URL}/ratings_test.txt",
    sha256="8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda",
)
LABELS = {"0": "negative", "1": "positive"}


def load() -> Task:
    """The published test split, and validation as a tenth of the published train."""
    facts = about("nsmc")
    copies = [local_copy(file, facts["licence"], facts["source"]) for file in (TRAIN, TEST)]
    published, test = map(_read, copies)
    train, validation = split_validation(published, 0.1, seed=0)
    return Task(
        **facts,
        train=train,
        validation=validation,
        test=test,
        labels=train.label_names,
        is_verified=all(copy.is_verified for copy in copies),
        notes=notes_of(copies, (published, test)),
    )


def _read(copy: LocalCopy) -> Examples:
    # id<TAB>document<TAB>label with bare quotes in the documents, a few of which are empty
    examples = read_examples(copy.path, format="tsv", text="document", empty="drop")
    return with_names(examples, LABELS)
