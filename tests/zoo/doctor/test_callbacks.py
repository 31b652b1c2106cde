"""The doctor beside the loops of transformers and Lightning."""

import warnings

import pytest
import torch
from torch import nn
from transformers import Trainer, TrainingArguments
from transformers.modeling_outputs import SequenceClassifierOutput

from zoo.doctor.early import DoctorWarning, EarlyWord
from zoo.doctor.for_trainer import DoctorCallback


class WithLoss(nn.Module):
    """As transformers' Trainer wants it."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, labels):
        logits = self.inner(input_ids)
        return SequenceClassifierOutput(nn.functional.cross_entropy(logits, labels), logits)


@pytest.fixture
def train(model, examples, tmp_path):
    """Train with the Trainer and the callback; gives the warnings of the doctor."""

    def train(optimizer, rows=None, **options):
        ids, labels = examples
        data = [{"input_ids": ids[row], "labels": labels[row]} for row in rows or range(len(ids))]
        arguments = TrainingArguments(
            str(tmp_path),
            max_steps=12,
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            save_strategy="no",
            logging_strategy="no",
            **options,
        )
        trainer = Trainer(
            WithLoss(model),
            arguments,
            train_dataset=data,
            optimizers=(optimizer, None),
            callbacks=[DoctorCallback()],
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trainer.train()
        return [str(one.message) for one in caught if one.category is DoctorWarning]

    return train


def test_a_healthy_training_has_no_warning(train, optimizer):
    assert train(optimizer) == []


def test_a_forgotten_part_is_told_within_the_first_steps(train, model):
    (message,) = train(torch.optim.AdamW(model.words.parameters(), lr=1e-2))
    assert message.startswith(
        "The optimizer does not hold all that should learn (not_in_optimizer): "
        "'inner.hidden', 'inner.out' (676 of 1,316 parameters) get gradients and are in no group "
        "of AdamW. Fix: AdamW(model.parameters(), lr=…)"
    )


def test_clipping_to_nothing_is_told(train, optimizer):
    (message,) = train(optimizer, max_grad_norm=1e-9)
    assert "Clipping leaves nothing of the gradients" in message


def test_the_training_is_the_same_with_the_doctor(model, examples, batches):
    """Weights after some steps, watched and not."""
    import copy

    def go(watched):
        torch.manual_seed(1)
        own = copy.deepcopy(model)
        optimizer = torch.optim.AdamW(own.parameters(), lr=1e-2)
        word = EarlyWord(own, optimizer, batches)
        if watched:
            word.begin()
        for ids, labels in batches[:8]:
            optimizer.zero_grad()
            nn.functional.cross_entropy(own(ids), labels).backward()
            optimizer.step()
            if watched:
                word.after_step()
        assert not own.words.weight._backward_hooks
        return own.state_dict()

    first, second = go(watched=True), go(watched=False)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_data_that_cannot_be_looked_at_do_not_stop_the_training(model, optimizer):
    class Moody(torch.utils.data.Dataset):
        def __len__(self):
            return 10

        def __getitem__(self, row):
            raise OSError("not now")

    before = torch.get_rng_state()
    EarlyWord(model, optimizer, torch.utils.data.DataLoader(Moody(), shuffle=True)).begin()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.filterwarnings("ignore:GPU available but not used")
def test_lightning_is_told_too(model, examples, tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")
    from zoo.doctor.for_lightning import DoctorCallback

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.inner = model

        def training_step(self, batch, _):
            ids, labels = batch
            return nn.functional.cross_entropy(self.inner(ids), labels)

        def configure_optimizers(self):
            return torch.optim.AdamW(self.inner.words.parameters(), lr=1e-2)

    trainer = lightning.Trainer(
        max_steps=8,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
        callbacks=[DoctorCallback()],
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = torch.utils.data.TensorDataset(*examples)
        trainer.fit(Module(), torch.utils.data.DataLoader(data, batch_size=16, shuffle=True))
    told = [str(one.message) for one in caught if one.category is DoctorWarning]
    assert [message.split(":")[0] for message in told] == [
        "The optimizer does not hold all that should learn (not_in_optimizer)"
    ]
