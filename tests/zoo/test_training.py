"""Training: what is learned, what it depends on, and what it leaves behind."""

import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import torch

import zoo
from zoo.errors import DataError, Diverged, OutOfMemory, RecipeError, TrainingError
from zoo.recipe import Recipe
from zoo.trainer import loss_function

FAST = {"batch_size": 16, "precision": "fp32", "min_warmup_steps": 0}
LEARNING = {**FAST, "encoder_learning_rate": 3e-3, "head_learning_rate": 3e-3}
# the machine that tests run on may not compute in bfloat16
EMULATED = pytest.mark.filterwarnings("ignore:precision is bf16:UserWarning")
NO_DROPOUT = {"encoder_options": {"dropout": 0.0}, "head_options": {"dropout": 0.0}}


def without_seconds(history):
    return [{key: value for key, value in one.items() if key != "seconds"} for one in history]


def test_separable_examples_are_learned(make_classifier, toy):
    classifier = make_classifier("textcnn")
    report = zoo.train(classifier, toy, toy, Recipe(epochs=12, **LEARNING), seed=0)
    assert zoo.evaluate(classifier, toy).metrics["accuracy"] == 1.0
    assert report.history[-1]["train_loss"] < report.history[0]["train_loss"] / 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_learns_what_a_cpu_learns(make_classifier, toy, precision):
    classifier = make_classifier("textcnn")
    recipe = Recipe(epochs=12, **LEARNING | {"precision": precision})
    report = zoo.train(classifier, toy, toy, recipe, seed=0)
    assert report.device == "cuda:0"
    on_gpu = zoo.evaluate(classifier, toy)
    assert on_gpu.metrics["accuracy"] == 1.0
    on_cpu = zoo.evaluate(classifier.cpu(), toy)
    # torch lets cuDNN convolve in TF32
    np.testing.assert_allclose(on_cpu.logits, on_gpu.logits, atol=5e-3)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_killed_training_goes_on_on_a_gpu(make_classifier, toy, tmp_path, is_frozen):
    class Killed(Exception):
        pass

    def kill(now):
        if now.epoch == 7:
            raise Killed

    recipe = Recipe(epochs=12, frozen=is_frozen, patience=None, **LEARNING)
    with pytest.raises(Killed):
        zoo.train(
            make_classifier("bilstm"), toy, toy, recipe, checkpoints=tmp_path, on_progress=kill
        )
    report = zoo.train(make_classifier("bilstm"), toy, toy, recipe, checkpoints=tmp_path)
    assert report.device == "cuda:0"
    assert [one["epoch"] for one in report.history] == list(range(1, 13))
    assert report.history[-1]["train_loss"] < report.history[0]["train_loss"]


def test_the_report_counts_what_was_done(make_classifier, toy):
    report = zoo.train(make_classifier(), toy, toy[:10], Recipe(epochs=2, **FAST), seed=3)
    assert report.steps == 2 * 4  # 50 examples, 16 a step
    assert [one["epoch"] for one in report.history] == [1, 2]
    assert {"train_loss", "validation_loss", "accuracy", "seconds"} <= report.history[0].keys()
    assert report.seed == 3
    assert report.recipe.encoder_learning_rate is not None
    assert report.samples_per_second == pytest.approx(100 / report.train_seconds)


@EMULATED
def test_the_last_history_entry_is_what_evaluation_gives(make_classifier, toy):
    classifier = make_classifier()
    report = zoo.train(classifier, toy, toy[:20], Recipe(epochs=1, **{**FAST, "precision": "bf16"}))
    metrics = zoo.evaluate(classifier, toy[:20]).metrics
    assert {name: report.history[0][name] for name in metrics} == metrics


@EMULATED
@pytest.mark.usefixtures("on_cpu")
def test_one_seed_gives_one_result(make_classifier, toy, weights):
    def run():
        classifier = make_classifier("bilstm")
        zoo.train(classifier, toy, toy, Recipe(epochs=2, **FAST), seed=5)
        return weights(classifier)

    alone = run()
    other = make_classifier("textcnn", seed=9)
    zoo.train(
        other, toy, None, Recipe(epochs=1, batch_size=8, frozen=True, precision="bf16"), seed=1
    )
    torch.rand(3)
    assert torch.equal(run(), alone)


def test_another_seed_gives_another_result(make_classifier, toy, weights):
    results = []
    for seed in (1, 2):
        classifier = make_classifier()
        zoo.train(classifier, toy, None, Recipe(epochs=1, **FAST), seed=seed)
        results.append(weights(classifier))
    assert not torch.equal(*results)


def test_a_precision_that_is_emulated_is_warned_of(make_classifier, toy, monkeypatch):
    monkeypatch.setattr("zoo.training.has_bf16", lambda: False)
    message = (
        "precision is bf16, which this machine emulates: training takes ten times as long and more. "
        "Leave it out of the recipe, or set it to fp32"
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$"):
        zoo.train(make_classifier(), toy, None, Recipe(epochs=1, **{**FAST, "precision": "bf16"}))


@EMULATED
def test_training_in_bf16_leaves_no_trace_of_it(make_classifier, toy):
    classifier = make_classifier()
    zoo.train(classifier, toy, None, Recipe(epochs=1, **{**FAST, "precision": "bf16"}))
    assert "forward" not in vars(classifier)
    assert classifier.dtype == torch.float32
    batch = classifier.tokenizer(["가 나"], return_tensors="pt").to(classifier.device)
    hidden = classifier.encoder(batch["input_ids"], batch["attention_mask"])
    assert hidden.dtype == torch.float32


def test_the_process_is_left_as_it_was(make_classifier, toy, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    classifier = make_classifier()
    torch.manual_seed(4)
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    undisturbed = torch.rand(1)
    torch.manual_seed(4)
    zoo.train(classifier, toy, toy[:10], Recipe(epochs=1, frozen=True, **FAST))
    assert torch.rand(1) == undisturbed
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, dtype)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_classifier_comes_out_ready_for_use(make_classifier, toy):
    classifier = make_classifier()
    zoo.train(classifier, toy, None, Recipe(epochs=1, frozen=True, max_length=20, **FAST))
    assert not classifier.training
    assert not classifier.is_encoder_frozen
    assert all(each.requires_grad for each in classifier.parameters())
    assert all(each.grad is None for each in classifier.parameters())
    assert classifier.config.max_length == 20


def test_texts_are_cut_no_later_than_the_encoder_needs(make_classifier, toy):
    classifier = make_classifier()
    zoo.train(classifier, toy, None, Recipe(epochs=1, max_length=500, **FAST))
    assert classifier.config.max_length == 64


def test_a_batch_in_parts_gives_the_weights_of_a_batch_at_once(
    make_classifier, toy, weights, monkeypatch
):
    # plain steps: Adam would blow up the rounding of gradients near 0
    monkeypatch.setattr(
        "zoo.trainer.make_optimizer",
        lambda classifier, recipe: torch.optim.SGD(classifier.parameters(), lr=0.1),
    )
    results = []
    for parts in (1, 2, 4):
        classifier = make_classifier(**NO_DROPOUT)
        recipe = Recipe(epochs=2, gradient_accumulation=parts, class_weights="balanced", **FAST)
        report = zoo.train(classifier, toy, None, recipe)
        assert report.steps == 8
        results.append(weights(classifier))
    torch.testing.assert_close(results[1], results[0], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(results[2], results[0], atol=1e-6, rtol=1e-5)


def test_the_best_epoch_is_restored_and_training_stops(make_classifier, toy, weights):
    classifier = make_classifier("textcnn")
    # the opposite labels: the more is learned, the worse it gets
    opposite = [(text, "예" if label == "아니오" else "아니오") for text, label in toy]
    seen = {}

    def remember(now):
        if now.validation is not None:
            seen[now.epoch] = weights(classifier)

    recipe = Recipe(epochs=10, patience=2, select_by="loss", **LEARNING)
    report = zoo.train(classifier, toy, opposite, recipe, on_progress=remember)
    losses = [one["validation_loss"] for one in report.history]
    assert report.best_epoch == 1 + int(np.argmin(losses))
    assert len(report.history) == report.best_epoch + 2 < 10
    assert torch.equal(weights(classifier), seen[report.best_epoch])


def test_progress_tells_epoch_step_loss_and_validation(make_classifier, toy):
    told = []
    recipe = Recipe(epochs=2, **FAST)
    report = zoo.train(make_classifier(), toy, toy[:10], recipe, on_progress=told.append)
    # four steps and the end of the epoch, twice
    assert [(one.epoch, one.step) for one in told] == [
        *((1, step) for step in (1, 2, 3, 4, 4)),
        *((2, step) for step in (5, 6, 7, 8, 8)),
    ]
    assert {(one.epochs, one.steps) for one in told} == {(2, 8)}
    assert [one.validation for one in told if one.validation] == report.history


TWO_PROCESSES = """
import json, sys
import torch
import zoo

folder, pairs = json.load(open(sys.argv[1], encoding="utf-8"))
classifier = zoo.build(
    f"hf:{folder}", "mlp", labels=["아니오", "예"], seed=0,
    encoder_options={"dropout": 0.0}, head_options={"dropout": 0.0},
)
recipe = zoo.Recipe(epochs=2, batch_size=16, precision="fp32")
report = zoo.train(classifier, pairs[:48], pairs[:10], recipe, checkpoints=sys.argv[2])
weights = torch.cat([each.detach().flatten() for each in classifier.parameters()])
torch.save((report.steps, weights), sys.argv[3] + __import__("os").environ.get("RANK", ""))
"""


@pytest.mark.slow
def test_two_processes_share_a_batch(tiny_bert, toy, tmp_path):
    script, data = tmp_path / "script.py", tmp_path / "data.json"
    script.write_text(TWO_PROCESSES, "utf-8")
    data.write_text(json.dumps([str(tiny_bert), toy]), "utf-8")
    launchers = {
        "alone": [],
        "together": ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"],
    }
    for name, launcher in launchers.items():
        arguments = [str(data), str(tmp_path / f"{name}-checkpoints"), str(tmp_path / name)]
        command = [sys.executable, *launcher, str(script), *arguments]
        # two processes on one GPU is what NCCL refuses
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    results = [torch.load(tmp_path / name) for name in ("alone", "together0", "together1")]
    assert [steps for steps, _ in results] == [6, 6, 6]
    assert torch.equal(results[1][1], results[2][1])
    torch.testing.assert_close(results[1][1], results[0][1], atol=1e-4, rtol=0)


class Bad:
    """Makes something NaN from the given step on."""

    def __init__(self, step):
        self.calls = 0
        self.step = step

    def __call__(self, tensor):
        self.calls += 1
        return tensor * float("nan") if self.calls >= self.step else None


def test_a_head_without_parameters_cannot_be_trained_alone(make_classifier, toy):
    classifier = make_classifier()
    classifier.head.requires_grad_(False)
    with pytest.raises(RecipeError) as error:
        zoo.train(classifier, toy, None, Recipe(epochs=1, frozen=True, **FAST))
    assert str(error.value) == (
        "there is nothing to train: frozen is true, and the head 'mlp' has no trainable "
        "parameters. Take frozen out of the recipe, or choose another head"
    )
    zoo.train(classifier, toy, None, Recipe(epochs=1, **FAST))


def test_a_recipe_of_another_type_is_refused(make_classifier, toy):
    with pytest.raises(RecipeError) as error:
        zoo.train(make_classifier(), toy, None, {"epochs": 1})
    assert str(error.value) == (
        "recipe is of type dict; give a zoo.Recipe, such as zoo.Recipe(epochs=3)"
    )


def test_a_classifier_without_trainable_parameters_is_refused(make_classifier, toy):
    classifier = make_classifier().requires_grad_(False)
    with pytest.raises(TrainingError) as error:
        zoo.train(classifier, toy, None, Recipe(epochs=1, **FAST))
    assert str(error.value) == (
        "there is nothing to train: no parameter requires a gradient; call "
        "classifier.requires_grad_(True) before"
    )


def test_a_refusal_leaves_the_length_as_it_was(make_classifier, toy, tmp_path):
    classifier = make_classifier()
    before = classifier.config.max_length
    weighed = Recipe(epochs=1, max_length=4, class_weights={"에": 2.0}, **FAST)
    with pytest.raises(RecipeError):
        zoo.train(classifier, toy, None, weighed)
    zoo.train(make_classifier(), toy, None, Recipe(epochs=1, **FAST), checkpoints=tmp_path)
    with pytest.raises(RecipeError):
        other = Recipe(epochs=1, max_length=4, **FAST)
        zoo.train(classifier, toy, None, other, checkpoints=tmp_path)
    assert classifier.config.max_length == before


def test_a_length_without_room_for_a_word_is_refused(make_classifier, toy):
    classifier = make_classifier()
    with pytest.raises(RecipeError) as error:
        zoo.train(classifier, toy, None, Recipe(epochs=1, max_length=2, **FAST))
    name = classifier.config.encoder["name"]
    assert str(error.value) == (
        f"max_length is 2, and the tokenizer of {name!r} adds 2 tokens of its own to every text: "
        "no word is left. Set it to the tokens of a long text; without it in the recipe it is 128"
    )
    zoo.train(classifier, toy, None, Recipe(epochs=1, max_length=3, **FAST))


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_loss_that_is_not_finite_stops_at_that_step(make_classifier, toy, weights, is_frozen):
    classifier = make_classifier()
    bad = Bad(step=3)
    classifier.head.register_forward_hook(lambda module, inputs, logits: bad(logits))
    seen = {}
    with pytest.raises(Diverged) as error:
        zoo.train(
            classifier,
            toy,
            None,
            Recipe(epochs=1, frozen=is_frozen, **FAST),
            on_progress=lambda now: seen.update({now.step: weights(classifier)}),
        )
    assert str(error.value) == (
        "the loss is nan at step 3; the weights are those of the step before. Lower the learning "
        "rates or raise warmup_ratio"
    )
    assert torch.equal(weights(classifier), seen[2])
    assert not classifier.training
    assert all(each.requires_grad and each.grad is None for each in classifier.parameters())


def test_a_gradient_that_is_not_finite_stops_before_it_is_used(make_classifier, toy, weights):
    classifier = make_classifier()
    classifier.head.layers[1].bias.register_hook(Bad(step=3))
    seen = {}
    with pytest.raises(Diverged) as error:
        zoo.train(
            classifier,
            toy,
            None,
            Recipe(epochs=1, **FAST),
            on_progress=lambda now: seen.update({now.step: weights(classifier)}),
        )
    assert str(error.value) == (
        "a gradient is not finite at step 3; the weights are those of the step before. Lower the "
        "learning rates, or set precision to fp32"
    )
    assert torch.equal(weights(classifier), seen[2])


def test_a_validation_that_is_not_finite_keeps_the_best_epoch(make_classifier, toy, weights):
    classifier = make_classifier()
    seen = {}

    def spoil(now):
        if now.validation is not None:
            seen[now.epoch] = weights(classifier)
        if (now.epoch, now.step) == (2, 8):
            with torch.no_grad():
                classifier.head.layers[1].bias.fill_(float("nan"))

    with pytest.raises(Diverged) as error:
        zoo.train(classifier, toy, toy, Recipe(epochs=3, **FAST), on_progress=spoil)
    assert str(error.value).startswith("after epoch 2 the logits of text 0 are not finite")
    assert str(error.value).endswith("; the weights are of epoch 1")
    assert [entry["epoch"] for entry in error.value.history] == [1]
    assert torch.equal(weights(classifier), seen[1])


@pytest.mark.parametrize(
    ("changes", "way_out"),
    [
        (
            {"batch_size": 8},
            "set gradient_accumulation to 2 (a batch is the same 8 texts, computed in 2 parts), "
            "lower max_length (128) or train the head alone (frozen: true)",
        ),
        ({"batch_size": 1}, "lower max_length (128) or train the head alone (frozen: true)"),
    ],
)
def test_a_batch_that_the_gpu_cannot_hold_is_told_with_the_way_out(
    make_classifier, toy, weights, changes, way_out
):
    classifier = make_classifier()
    calls = iter(range(100))

    def out_of_memory(*_):
        if next(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    classifier.head.register_forward_hook(out_of_memory)
    with pytest.raises(OutOfMemory) as error:
        zoo.train(classifier, toy, None, Recipe(**FAST | {"epochs": 1} | changes))
    assert str(error.value) == (
        f"out of GPU memory at step 3: {way_out}. CUDA out of memory. Tried to allocate 2.00 GiB."
    )
    assert not classifier.training
    assert all(each.grad is None for each in classifier.parameters())


def test_a_model_that_the_gpu_cannot_hold_is_told_too(make_classifier, toy, monkeypatch):
    def out_of_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    monkeypatch.setattr("zoo.trainer.states_of", out_of_memory)
    with pytest.raises(OutOfMemory, match=r"^out of GPU memory before the first step: set grad"):
        zoo.train(make_classifier(), toy, None, Recipe(**FAST | {"epochs": 1, "frozen": True}))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_by_hand(smoothing):
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.0, 0.0]])
    labels, label_weights = torch.tensor([0, 1]), [1.0, 2.0, 0.5]
    powers = np.exp(logits.numpy())
    log_p = np.log(powers / powers.sum(1, keepdims=True))
    # Szegedy et al. 2016, section 7: the truth keeps 1 - ε, every label gets ε / labels
    target = (1 - smoothing) * np.eye(3)[labels] + smoothing / 3
    expected = -(target * log_p * np.array(label_weights)).sum() / 8
    loss = loss_function(Recipe(label_smoothing=smoothing), label_weights, torch.device("cpu"))(
        type("Output", (), {"logits": logits}), labels, num_items_in_batch=8
    )
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_class_weights_move_what_is_predicted(make_classifier, toy):
    def share_of_yes(class_weights):
        classifier = make_classifier()
        zoo.train(classifier, toy, None, Recipe(epochs=3, class_weights=class_weights, **LEARNING))
        return np.mean([one.scores["예"] for one in classifier.predict([t for t, _ in toy])])

    assert share_of_yes({"예": 20.0}) > share_of_yes(None) > share_of_yes({"아니오": 20.0})


def refusal(kind, *arguments, **options):
    with pytest.raises(kind) as error:
        zoo.train(*arguments, **options)
    return str(error.value)


def test_a_language_that_the_tokenizer_does_not_know_is_refused(make_classifier):
    pairs = [("turn on the light", "예"), ("what time is it", "아니오")] * 3
    text = refusal(DataError, make_classifier(), pairs)
    assert text.startswith("pairs: the tokenizer of 'hf:/")
    assert text.endswith(
        "does not know 100% of the tokens (limit 20%). Choose an encoder of the texts' language, or "
        "raise max_unknown_rate in the recipe"
    )


def test_special_tokens_make_no_language_better_known(make_classifier):
    """One of two syllables is unknown; with [CLS] and [SEP] it would be one of four."""
    pairs = [("가 뷁", "예"), ("나 뷁", "아니오")] * 3
    text = refusal(DataError, make_classifier(), pairs, None, Recipe(max_unknown_rate=0.4, **FAST))
    assert "does not know 50% of the tokens (limit 40%)" in text


def test_the_limit_of_unknown_tokens_can_be_raised(make_classifier):
    pairs = [("turn on the light", "예"), ("what time is it", "아니오")] * 3
    report = zoo.train(
        make_classifier(), pairs, None, Recipe(epochs=1, max_unknown_rate=1.0, **FAST)
    )
    assert report.steps == 1


def test_a_label_that_the_classifier_lacks_is_refused(make_classifier):
    pairs = [("가", "예"), ("나", "글쎄")]
    assert refusal(DataError, make_classifier(), pairs).startswith(
        "pairs: 1 label is not among the classifier's: '글쎄'"
    )


def test_a_label_of_validation_only_is_refused(make_classifier, toy):
    text = refusal(DataError, make_classifier(), toy, [("가", "글쎄")])
    assert text.startswith("pairs: 1 label does not occur in pairs (1 of 1 rows); ")


@pytest.mark.parametrize("seed", [-1, None, 2**32])
def test_a_seed_out_of_range_is_refused(make_classifier, toy, seed):
    assert refusal(RecipeError, make_classifier(), toy, seed=seed) == (
        f"seed must be a whole number from 0 to 4294967295, got {seed!r}"
    )


def test_weights_in_half_precision_are_refused(make_classifier, toy):
    assert refusal(TrainingError, make_classifier().to(torch.bfloat16), toy) == (
        "training needs weights in float32, these are torch.bfloat16: call classifier.float() "
        "before, and choose the precision in the recipe"
    )
