"""transformers' Auto classes know a classifier, and `import zoo` stays light all the same."""

import json
import subprocess
import sys

import pytest

from zoo.auto_classes import AfterImport


def facts(script):
    """What a fresh process prints as JSON; no warning may come on the way."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import json, sys\n{script}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_the_configuration_is_known_before_any_classifier_is_needed():
    script = """
import zoo
before = [name for name in ("torch", "transformers") if name in sys.modules]
from transformers import AutoConfig
found = type(AutoConfig.for_model("zoo")).__name__
print(json.dumps([before, found, "zoo.classifier" in sys.modules]))
"""
    assert facts(script) == [[], "ClassifierConfig", False]


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    [
        "import transformers.models.auto.configuration_auto, zoo",
        "from transformers import AutoModelForSequenceClassification; import zoo",
        "import zoo; from transformers import BertForSequenceClassification",
    ],
)
def test_the_order_of_imports_does_not_matter(imports):
    script = f"""
{imports}
from transformers import AutoConfig, AutoModelForSequenceClassification
config = AutoConfig.for_model("zoo")
model = AutoModelForSequenceClassification._model_mapping[type(config)]
ours = [one for one in sys.meta_path if type(one).__module__ == "zoo.auto_classes"]
print(json.dumps([model.__name__, model is zoo.TextClassifier, len(ours)]))
"""
    assert facts(script) == ["TextClassifier", True, 0]


def test_other_modules_are_left_to_the_other_finders():
    assert AfterImport({"awaited": "ours"}).find_spec("json", None) is None


def test_a_module_that_is_not_there_stays_not_there():
    assert AfterImport({"no_such_module": "ours"}).find_spec("no_such_module", None) is None
