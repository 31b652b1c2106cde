"""How one classifier is trained: what a recipe accepts, and how it says no."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from zoo.errors import RecipeError
from zoo.recipe import Recipe


def error_of(function, *arguments, **options):
    with pytest.raises(RecipeError) as error:
        function(*arguments, **options)
    return str(error.value)


def test_an_unknown_key_gets_the_nearest_known_one():
    assert (
        error_of(Recipe.from_mapping, {"epoch": 3})
        == "recipe: a recipe has no 'epoch'; did you mean 'epochs'?"
    )


def test_python_is_told_the_same_as_a_file():
    assert error_of(Recipe, epochs=0, learning_rate=1e-5).splitlines() == [
        "Recipe: epochs must be at least 1, got 0",
        "Recipe: a recipe has no 'learning_rate'; "
        "there are encoder_learning_rate and head_learning_rate",
    ]


def test_a_copied_recipe_is_the_same():
    recipe = Recipe(epochs=3, class_weights={"no": 2.0})
    copies = [pickle.loads(pickle.dumps(recipe)), copy.deepcopy(recipe), recipe.model_copy()]
    assert copies == [recipe] * 3


def test_a_key_like_no_other_gets_all_of_them():
    text = error_of(Recipe.from_mapping, {"xyz": 3})
    assert text.startswith("recipe: a recipe has no 'xyz'; known: batch_size, class_weights, ")


def test_all_faults_come_at_once_each_with_its_line(tmp_path):
    file = tmp_path / "intent.yaml"
    file.write_text(
        "epochs: 0\nhead_learning_rate: -0.001\n\nschedule: wave\nfrozen: no\npatiense: 1\n",
        encoding="utf-8",
    )
    assert error_of(Recipe.from_file, file).splitlines() == [
        f"{file}, line 1: epochs must be at least 1, got 0",
        f"{file}, line 2: head_learning_rate must be above 0, got -0.001",
        f"{file}, line 4: schedule must be 'linear', 'cosine' or 'constant', got 'wave'",
        f"{file}, line 5: frozen must be a valid boolean, got 'no'",
        f"{file}, line 6: a recipe has no 'patiense'; did you mean 'patience'?",
    ]


def test_a_file_is_read_as_written(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("encoder_learning_rate: 1e-5\nclass_weights: {no: 2, 01: 3}\n", "utf-8")
    recipe = Recipe.from_file(file)
    assert recipe.encoder_learning_rate == 0.00001
    assert recipe.class_weights == {"no": 2.0, "01": 3.0}


def test_a_key_that_is_no_name_is_refused():
    assert error_of(Recipe.from_mapping, {1: 2}) == "recipe: a recipe has names for keys, got 1"


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("- epochs\n", "utf-8")
    assert error_of(Recipe.from_file, file) == f"{file}: a recipe is a mapping of names to values"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"epochs": 1.5}, "epochs must be a valid integer, got 1.5"),
        ({"epochs": "3"}, "epochs must be a valid integer, got '3'"),
        ({"batch_size": True}, "batch_size must be a valid integer, got True"),
        ({"warmup_ratio": 1}, "warmup_ratio must be below 1, got 1"),
        ({"max_unknown_rate": 2}, "max_unknown_rate must be at most 1, got 2"),
        ({"weight_decay": float("nan")}, "weight_decay must be a finite number, got nan"),
        (
            {"batch_size": 10, "gradient_accumulation": 4},
            "gradient_accumulation must divide batch_size (10), got 4",
        ),
        (
            {"class_weights": "even"},
            "class_weights must be 'balanced' or a number for each label, got 'even'",
        ),
    ],
)
def test_values_out_of_range_are_refused(values, text):
    assert error_of(Recipe.from_mapping, values) == f"recipe: {text}"


def test_settings_change_a_recipe_and_are_read_as_yaml():
    recipe = Recipe().with_settings(["epochs=3", "encoder_learning_rate=1e-5", "patience=null"])
    assert (recipe.epochs, recipe.encoder_learning_rate, recipe.patience) == (3, 1e-5, None)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("epochs", "--set epochs: write it as key=value"),
        ("epochs=no", "--set: epochs must be a valid integer, got 'no'"),
        ("epoch=3", "--set: a recipe has no 'epoch'; did you mean 'epochs'?"),
    ],
)
def test_a_faulty_setting_is_refused(setting, text):
    assert error_of(Recipe().with_settings, [setting]) == text


@pytest.mark.parametrize("is_pretrained", [True, False])
def test_nothing_is_open_in_a_resolved_recipe(is_pretrained):
    values = Recipe().resolved(is_pretrained=is_pretrained).model_dump()
    assert [name for name, value in values.items() if value is None] == ["class_weights"]
    assert values["precision"] in ("fp32", "bf16")


def test_what_was_said_outlives_resolving():
    said = {"epochs": 2, "encoder_learning_rate": 0.5, "head_learning_rate": 0.25}
    resolved = Recipe(**said, precision="fp32").resolved(is_pretrained=True).model_dump()
    assert {name: resolved[name] for name in said} == said


def test_balanced_weights_equal_those_of_scikit_learn():
    examples = ["a"] * 6 + ["b"] * 3 + ["c"]
    expected = compute_class_weight("balanced", classes=np.array(["a", "b", "c"]), y=examples)
    counts = {"a": 6, "b": 3, "c": 1}
    weights = Recipe(class_weights="balanced").weights_of(("a", "b", "c"), counts)
    assert weights == pytest.approx(expected.tolist())


def test_a_label_without_examples_weighs_1():
    weights = Recipe(class_weights="balanced").weights_of(("a", "b"), {"a": 4})
    assert weights == [0.5, 1.0]


def test_weights_by_name_leave_the_others_at_1():
    assert Recipe(class_weights={"b": 3.0}).weights_of(("a", "b"), {}) == [1.0, 3.0]


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ({"aa": 1.0}, "class_weights: no label is called 'aa'; did you mean 'a'?"),
        ({"a": -1.0}, "class_weights: the weight of 'a' must be 0 or above"),
    ],
)
def test_weights_that_fit_no_label_are_refused(weights, text):
    assert error_of(Recipe(class_weights=weights).weights_of, ("a", "b"), {}) == text
