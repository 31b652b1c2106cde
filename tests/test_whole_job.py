"""From two names to a trained, saved, loaded and served classifier."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainingArguments

import zoo

ENCODERS = ("bert-nano", "koelectra-nano")
HEADS = ("linear", "mlp", "textcnn", "bilstm")
TEXTS = ["불 꺼", "내일 아침 일곱 시에 깨워 줄 수 있을까요?", "오늘 서울 날씨"]
LABELS = ("조명", "알람", "날씨")


def build(encoder="bert-nano", head="mlp", **options):
    return zoo.build(encoder, head, labels=LABELS, seed=0, **options)


def batch_of(classifier, texts=TEXTS):
    return classifier.tokenizer(texts, padding=True, return_tensors="pt")


def run_python(source, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", source, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    classifier = build("koelectra-nano", "bilstm")
    classifier.save_pretrained(folder)
    with torch.no_grad():
        logits = classifier(**batch_of(classifier)).logits
    return folder, logits.tolist()


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("head", HEADS)
def test_every_trainable_parameter_of_a_pair_gets_a_gradient(encoder, head):
    classifier = build(encoder, head).train()
    classifier(**batch_of(classifier), labels=torch.tensor([0, 1, 2])).loss.backward()
    without = [name for name, each in classifier.named_parameters() if each.grad is None]
    assert without == []


@pytest.mark.parametrize("head", HEADS)
def test_longer_neighbours_do_not_change_a_prediction(head):
    classifier = build(head=head)
    together = [list(one.scores.values()) for one in classifier.predict(TEXTS)]
    alone = [list(classifier.predict(text).scores.values()) for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-5)


FRESH = """
import json, sys
{imports}
text = json.loads(sys.argv[2])
classifier = {load}
batch = zoo.load(sys.argv[1]).tokenizer(text, padding=True, return_tensors="pt")
import torch
with torch.no_grad():
    print(json.dumps(classifier(**batch).logits.tolist()))
"""


@pytest.mark.parametrize(
    ("imports", "load"),
    [
        ("import zoo", "zoo.load(sys.argv[1])"),
        (
            "import zoo\nfrom transformers import AutoModelForSequenceClassification as Auto",
            "Auto.from_pretrained(sys.argv[1])",
        ),
        (
            "from transformers import AutoModelForSequenceClassification as Auto\nimport zoo",
            "Auto.from_pretrained(sys.argv[1])",
        ),
    ],
    ids=["zoo.load", "zoo-then-transformers", "transformers-then-zoo"],
)
def test_a_saved_classifier_gives_equal_logits_in_a_fresh_process(saved, imports, load):
    folder, logits = saved
    out = run_python(FRESH.format(imports=imports, load=load), folder, json.dumps(TEXTS))
    assert json.loads(out) == logits


def test_a_pipeline_serves_a_saved_classifier(saved):
    folder, logits = saved
    source = (
        "import json, sys, zoo\n"
        "from transformers import pipeline\n"
        "serve = pipeline('text-classification', model=sys.argv[1])\n"
        "print(json.dumps([serve(text)[0] for text in json.loads(sys.argv[2])]))"
    )
    served = json.loads(run_python(source, folder, json.dumps(TEXTS)))
    probabilities = torch.tensor(logits).softmax(dim=1)
    assert [one["label"] for one in served] == [LABELS[i] for i in probabilities.argmax(dim=1)]
    np.testing.assert_allclose(
        [one["score"] for one in served], probabilities.amax(dim=1), atol=1e-5
    )


def test_the_trainer_of_transformers_trains_a_classifier(tmp_path):
    classifier = build()
    rows = [
        {**{name: values[0] for name, values in batch_of(classifier, [text]).items()}, "labels": i}
        for i, text in enumerate(TEXTS)
    ]
    before = classifier.head.layers[-1].weight.detach().clone()
    arguments = TrainingArguments(
        str(tmp_path), max_steps=2, use_cpu=True, report_to=[], per_device_train_batch_size=1
    )
    Trainer(classifier, arguments, train_dataset=rows).train()
    assert not torch.equal(before, classifier.head.layers[-1].weight)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
def test_training_on_the_bundled_task_beats_the_majority_class_by_far(encoder):
    task = zoo.load_task("ko-intents")
    classifier = zoo.build(encoder, "linear", labels=task.labels, seed=0)
    recipe = zoo.Recipe(epochs=2, min_warmup_steps=20, batch_size=16, precision="fp32")
    zoo.train(classifier, task.train, task.validation, recipe)
    # the majority class of 16 equal ones has 0.0625
    assert zoo.evaluate(classifier, task.test).metrics["accuracy"] > 0.4


@pytest.mark.slow
def test_the_command_line_trains_evaluates_and_predicts(tmp_path):
    zoo_command = [sys.executable, "-c", "from zoo.cli import main; main()"]
    data = tmp_path / "intents.csv"
    rows = [
        (f"{text} {n}", label) for text, label in zip(TEXTS, LABELS, strict=True) for n in range(20)
    ]
    data.write_text("utterance,intent\n" + "".join(f"{a},{b}\n" for a, b in rows), "cp949")
    columns = ["--text", "utterance", "--label", "intent", "--encoding", "cp949"]
    output = tmp_path / "classifier"

    def run(*arguments, **options):
        done = subprocess.run(
            [*zoo_command, *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            check=False,
            **options,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    settings = ["--set", "epochs=12", "--set", "batch_size=8", "--set", "min_warmup_steps=0"]
    run("train", "bert-nano+linear", "--data", data, *columns, *settings, "--output", output)
    report = json.loads(run("evaluate", output, "--data", data, *columns, "--json"))
    assert report["examples"] == 60
    assert report["metrics"]["accuracy"] > 0.9
    lines = run("predict", output, input="\n".join(TEXTS)).splitlines()
    assert [line.split("\t")[0] for line in lines] == list(LABELS)
    assert [line.split("\t")[2] for line in lines] == TEXTS
