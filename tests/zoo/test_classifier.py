"""The classifier is a transformers model like any other."""

import copy

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

import zoo
from zoo.errors import CheckpointError

TEXTS = ["가 나 다", "라", "마 바 사 아 자 차 카 타 파 하"]


@pytest.fixture
def classifier(tiny_bert):
    return zoo.build(f"hf:{tiny_bert}", "textcnn", labels=["아니오", "예"], seed=0)


@pytest.fixture
def batch(classifier):
    return classifier.tokenizer(TEXTS, padding=True, return_tensors="pt")


def test_logits_are_the_head_over_the_encoder(classifier, batch):
    hidden = classifier.encoder(batch["input_ids"], batch["attention_mask"])
    expected = classifier.head(hidden, batch["attention_mask"])
    torch.testing.assert_close(classifier(**batch).logits, expected)


def test_the_loss_is_the_mean_cross_entropy(classifier, batch):
    output = classifier(**batch, labels=torch.tensor([0, 1, 1]))
    probabilities = output.logits.softmax(dim=1).detach().numpy()
    expected = log_loss([0, 1, 1], probabilities, labels=[0, 1])
    assert output.loss.item() == pytest.approx(expected, abs=1e-6)


def test_a_tuple_is_returned_where_one_is_asked_for(classifier, batch):
    (logits,) = classifier(**batch, return_dict=False)
    loss, same = classifier(**batch, labels=torch.tensor([0, 1, 1]), return_dict=False)
    assert torch.equal(logits, same)
    assert loss.ndim == 0


def test_without_a_mask_every_position_is_real(classifier, batch):
    ids = batch["input_ids"][2:]
    expected = classifier(ids, torch.ones_like(ids)).logits
    torch.testing.assert_close(classifier(ids).logits, expected)


def test_a_configuration_without_components_is_no_classifier():
    with pytest.raises(CheckpointError) as error:
        zoo.TextClassifier(zoo.TextClassifier.config_class())
    assert str(error.value) == (
        "this configuration names no encoder and no head; use zoo.build or zoo.load"
    )


def test_a_frozen_encoder_neither_learns_nor_drops_out(classifier, batch):
    with classifier.frozen_encoder():
        classifier.train()
        assert classifier.head.training
        hidden = [classifier.encoder(batch["input_ids"], batch["attention_mask"]) for _ in "12"]
        assert torch.equal(*hidden)
        assert not any(each.requires_grad for each in classifier.encoder.parameters())


def test_freezing_ends_with_what_was_trainable_before(classifier):
    embeddings = classifier.get_input_embeddings().weight.requires_grad_(False)
    with classifier.frozen_encoder():
        pass
    trainable = [each.requires_grad for each in classifier.encoder.parameters()]
    assert not embeddings.requires_grad
    assert trainable.count(False) == 1
    assert classifier.train().encoder.training


def test_a_copy_is_a_classifier_of_its_own(classifier):
    twin = copy.deepcopy(classifier)
    expected = classifier.predict(TEXTS)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert classifier.predict(TEXTS) == expected


def test_half_precision_gives_finite_logits_near_those_of_full(classifier, batch):
    expected = classifier(**batch).logits
    logits = classifier.to(torch.bfloat16)(**batch).logits
    assert logits.dtype == torch.bfloat16
    torch.testing.assert_close(logits.float(), expected, atol=0.05, rtol=0.05)


def test_transformers_own_trainer_trains_it(classifier, batch, tmp_path):
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    rows = [
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": label}
        for ids, label in zip(classifier.tokenizer(TEXTS)["input_ids"], [0, 1, 1], strict=True)
    ]
    before = [each.clone() for each in classifier.parameters()]
    trainer = Trainer(
        classifier,
        TrainingArguments(
            str(tmp_path), max_steps=1, report_to=[], disable_tqdm=True, use_cpu=True
        ),
        train_dataset=rows,
        eval_dataset=rows,
        data_collator=DataCollatorWithPadding(classifier.tokenizer),
        processing_class=classifier.tokenizer,
    )
    trainer.train()
    trainer.save_model(str(tmp_path / "saved"))
    assert not any(map(torch.equal, before, classifier.parameters()))
    assert np.isfinite(trainer.evaluate()["eval_loss"])
    assert zoo.load(tmp_path / "saved").predict(TEXTS) == classifier.predict(TEXTS)
