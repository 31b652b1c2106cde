"""3i4K: Korean utterances by intention, with those whose intention hangs on intonation.

Cho et al. 2018, "Speech Intention Understanding in a Head-final Language",
https://arxiv.org/abs/1811.04231. Test shares 617 of its 6,121 texts with train and validation,
which leaves 5,504 clean rows: texts are compared as read, as wherever clean scores of 3i4K were
counted. Without case, punctuation and spaces (`zoo.data.clean_rows`) it would be 5,457.
"""

from __future__ import annotations

from zoo.data import Examples, Task, read_examples, split_validation
from zoo_bench.tasks import about
from zoo_bench.tasks.label_names import with_names
from zoo_bench.tasks.published import LocalCopy, PublishedFile, local_copy, notes_of

_URL = "https://raw.githubusercontent.com/warnikchow/3i4k/master/data/train_val_test"
TRAIN = PublishedFile(
    folder="3i4k",
    name="fci_train_val.txt",
    url=f"{_URL}/fci_train_val.txt",
    sha256="646f450b84992c6df806ea72aa35374db7ec30d7739920b86dfa878e73b69079",
)
TEST = PublishedFile(
    folder="3i4k",
    name="fci_test.txt",
    url=f"{_URL}/fci_test.txt",
    sha256="d74c5b376c7d231bd4d5a94de855e47b6e70c96abeeaaf75cffbdb8506a87ff2",
)
LABELS = {
    "0": "fragment",
    "1": "statement",
    "2": "question",
    "3": "command",
    "4": "rhetorical question",
    "5": "rhetorical command",
    "6": "intonation-dependent",
}


def load() -> Task:
    """The published test split, and validation as a tenth of the published train."""
    facts = about("3i4k")
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
    # label<TAB>text, no header, CRLF
    examples = read_examples(copy.path, format="tsv", header=False, text=1, label=0)
    return with_names(examples, LABELS)
