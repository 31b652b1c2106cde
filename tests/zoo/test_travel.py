"""A classifier saved in one virtual environment and loaded in others."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig

import pytest

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="mean", target="zoo_mean.parts:Mean", description="the mean")
"""
PARTS = """
import torch

class Mean(torch.nn.Module):
    def __init__(self, hidden_size, num_labels, *, scale: float = 1.0):
        super().__init__()
        self.scale = scale
        self.output = torch.nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        weights = attention_mask.unsqueeze(-1) / attention_mask.sum(1)[:, None, None]
        return self.output(self.scale * (hidden * weights).sum(1))
"""
SAVE = """
import json, zoo
classifier = zoo.build({encoder!r}, "mean", labels=["예", "아니오"], head_options={{"scale": 3.0}})
classifier.save_pretrained({folder!r})
parameters = sum(each.numel() for each in classifier.parameters())
print(json.dumps([classifier.predict("가 나").scores, parameters]))
"""
LOAD = """
import json, warnings, zoo
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always", UserWarning)
    try:
        scores = dict(zoo.load({folder!r}).predict("가 나").scores)
    except zoo.ZooError as error:
        print(json.dumps([type(error).__name__, str(error)]))
    else:
        print(json.dumps([scores, [str(each.message) for each in warned]]))
"""
SHOW = """
import sys
from zoo.cli import main
sys.argv = ["zoo", "show", {folder!r}, "--json"]
try:
    main()
finally:
    print([name for name in ("torch", "transformers", "numpy") if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture
def environment(tmp_path, write_distribution, run_python):
    """A new virtual environment with `zoo` in it, and this `zoo-mean` or none; what runs there."""

    def make(version=None, parts=PARTS):
        root = tmp_path / f"environment-{len(list(tmp_path.glob('environment-*')))}"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
        (packages,) = root.glob("lib/python*/site-packages")
        # everything of this environment, editable installations included, and no download
        here = sysconfig.get_path("purelib")
        (packages / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n")
        if version:
            modules = {"zoo_mean/__init__.py": MANIFEST, "zoo_mean/parts.py": parts}
            write_distribution("zoo-mean", version, modules=modules, folder=packages)
        return lambda script: run_python(script, python=root / "bin" / "python")

    return make


def result(finished):
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.slow
def test_a_classifier_travels_with_its_plugin_or_says_what_is_missing(
    environment, tiny_bert, tmp_path
):
    home, folder = environment("1.0"), str(tmp_path / "saved")
    saved, parameters = result(home(SAVE.format(encoder=f"hf:{tiny_bert}", folder=folder)))
    load, show = LOAD.format(folder=folder), SHOW.format(folder=folder)

    assert result(environment("1.0")(load)) == [pytest.approx(saved), []]

    assert result(environment("2.0")(load)) == [
        pytest.approx(saved),
        ["head 'mean' was saved with zoo-mean 1.0; 2.0 is installed"],
    ]

    assert result(environment("1.0", PARTS + "# mended\n")(load)) == [
        pytest.approx(saved),
        ["head 'mean' was saved with zoo-mean 1.0, whose source has changed since"],
    ]

    elsewhere = environment()
    kind, text = result(elsewhere(load))
    assert kind == "CheckpointError"
    assert text.startswith(
        "head 'mean' comes from the plugin zoo-mean 1.0, which is not available here: "
        "pip install 'zoo-mean==1.0'\n"
    )

    finished = elsewhere(show)
    (shown,) = result(finished)
    assert finished.stderr.endswith("[]\n")
    assert (shown["labels"], shown["parameters"]) == (["예", "아니오"], parameters)
    assert shown["head"]["here"] == "not installed: pip install 'zoo-mean==1.0'"
    assert shown["encoder"]["here"] == "installed"
