"""BANKING77: English questions to a bank, 77 intents.

Casanueva et al. 2020, "Efficient Intent Detection with Dual Sentence Encoders",
https://arxiv.org/abs/2003.04807.
"""

from __future__ import annotations

from zoo.data import Task, read_examples, split_validation
from zoo_bench.tasks import about
from zoo_bench.tasks.published import PublishedFile, local_copy, notes_of

_URL = "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data"
TRAIN = PublishedFile(
    folder="banking77",
    name="train.csv",
    url=f"{_URL}/train.csv",
    sha256="b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
)
TEST = PublishedFile(
    folder="banking77",
    name="test.csv",
    url=f"{_URL}/test.csv",
    sha256="d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
)


def load() -> Task:
    """The published test split, and validation as a tenth of the published train."""
    facts = about("banking77")
    copies = [local_copy(file, facts["licence"], facts["source"]) for file in (TRAIN, TEST)]
    published, test = (read_examples(copy.path, label="category") for copy in copies)
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
