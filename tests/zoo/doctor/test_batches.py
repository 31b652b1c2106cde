"""Batches as people make them."""

import pytest
import torch

from zoo.doctor import diagnose
from zoo.doctor.batches import collect, parse
from zoo.errors import DiagnosisError

IDS = torch.tensor([[5, 6, 0], [7, 8, 9]])
MASK = (IDS != 0).long()
LABELS = torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("original", "args", "names"),
    [
        ((IDS, LABELS), 1, ()),
        ([IDS, MASK, LABELS], 2, ()),
        (((IDS, MASK), LABELS), 2, ()),
        (({"input_ids": IDS, "attention_mask": MASK}, LABELS), 0, ("input_ids", "attention_mask")),
        ({"input_ids": IDS, "labels": LABELS}, 0, ("input_ids",)),
    ],
)
def test_inputs_and_labels_are_told_apart(original, args, names):
    batch = parse(original)
    assert (len(batch.args), tuple(batch.kwargs)) == (args, names)
    assert torch.equal(batch.labels, LABELS)
    assert torch.equal(batch.ids, IDS)
    assert len(batch) == 2


def test_the_mask_is_found_among_tensors_without_names():
    types = torch.zeros_like(IDS)
    assert torch.equal(parse((IDS, types, MASK, LABELS)).mask, MASK)
    assert torch.equal(parse((IDS, types, LABELS)).mask, types)


def test_an_iterator_is_not_used_up():
    batches = iter([(IDS, LABELS)])
    with pytest.raises(DiagnosisError, match="would use it up: give the DataLoader, or a list"):
        collect(batches)
    assert len(list(batches)) == 1


@pytest.mark.parametrize(
    ("batches", "text"),
    [
        ([], "batches is empty; give the DataLoader, or a list of batches"),
        (
            [IDS],
            r"a batch is a Tensor; give batches as \(inputs, labels\), or as a dictionary with",
        ),
        ([{"input_ids": IDS}], "a batch is a mapping of 'input_ids' and has no 'labels'"),
        (
            [(IDS, torch.tensor(1))],
            r"the labels of a batch are tensor\(1\); give one label for each",
        ),
        (
            [{"input_ids": IDS, "labels": None}],
            "the labels of a batch are None; give one label for",
        ),
    ],
)
def test_what_is_no_batch_is_told(batches, text):
    with pytest.raises(DiagnosisError, match=text):
        collect(batches)


def test_examples_from_all_over_the_data_are_looked_at_too():
    data = [(torch.tensor([row, 1]), torch.tensor(row // 1000)) for row in range(2000)]
    loader = torch.utils.data.DataLoader(data, batch_size=10)
    served = collect(loader)
    assert [int(batch.labels.max()) for batch in served.first] == [0] * 40
    assert {int(label) for batch in served.spread for label in batch.labels} == {0, 1}
    assert served.per_pass == 200


def test_data_without_numbers_are_read_as_they_come():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter([(torch.tensor([row, 1]), torch.tensor(0)) for row in range(600)])

        def __len__(self):
            return 600

    served = collect(torch.utils.data.DataLoader(Stream(), batch_size=10))
    assert (len(served.first), served.spread, served.per_pass) == (40, (), 60)


def test_part_of_a_batch_leaves_alone_what_is_not_by_example():
    batch = parse({"input_ids": IDS, "scale": torch.ones(3, 3), "labels": LABELS})
    part = batch.taken(slice(1))
    assert (part.ids.shape, part.kwargs["scale"].shape, len(part)) == ((1, 3), (3, 3), 1)
    assert len(batch.doubled()) == 4


def test_labels_that_are_text_are_told(model):
    with pytest.raises(
        DiagnosisError, match=r"labels of a batch are \['켜기', '끄기'\], and not num"
    ):
        diagnose(model, batches=[(IDS, ["켜기", "끄기"])])


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], r"texts must be the texts of the examples, got \[\]"),
        ("불 켜 줘", "texts must be the texts of the examples, got '불 켜 줘'"),
        (["불 켜 줘", None], r"texts\[1\] is NoneType, not str: None"),
    ],
)
def test_texts_that_are_none_are_told(model, texts, told):
    with pytest.raises(DiagnosisError, match=told):
        diagnose(model, batches=[(IDS, LABELS)], texts=texts)
