"""Names: which component a name means, and what is said when it means none or several."""

from __future__ import annotations

import pytest

from zoo import registry
from zoo.errors import (
    AmbiguousName,
    MissingExtra,
    PluginError,
    UnknownEncoder,
    UnknownHead,
    UnknownTask,
    ZooError,
)
from zoo.specs import EncoderSpec

RECORD = 'zoo.{spec}(name="{name}", target="{target}", description="-"{more})'


def manifest(**records: list[str]) -> str:
    """The source of a manifest: names by kind, `name!` for one that takes a checkpoint."""
    kinds = {"encoders": "EncoderSpec", "heads": "HeadSpec", "tasks": "TaskSpec"}
    text = "import zoo\n"
    for kind, names in records.items():
        text += f"\n@zoo.hookimpl\ndef zoo_{kind}():\n"
        for name in names:
            more = ", takes_checkpoint=True" if name.endswith("!") else ""
            short = name.rstrip("!")
            record = RECORD.format(spec=kinds[kind], name=short, target="parts:Part", more=more)
            text += f"    yield {record}\n"
    return text


@pytest.fixture
def install(write_distribution, only_site):
    def install(distribution: str, version: str = "1.0", *, source: str = "", **records):
        module = distribution.replace("-", "_")
        source = source or manifest(**records)
        write_distribution(
            distribution, version, modules={f"{module}.py": source}, entry_points={"main": module}
        )

    return install


def message(function, name, error_type):
    with pytest.raises(ZooError) as caught:
        function(name)
    assert type(caught.value) is error_type
    return str(caught.value)


def names(records):
    return [one.name for one in records]


# which name means what


def test_listings_are_sorted_by_name_and_say_whose_it_is(install):
    install("zoo-b", "2.0", encoders=["alpha"], heads=["mlp"], tasks=["mail"])
    install("zoo-a", encoders=["beta"])

    first, second = registry.encoders()

    assert (first.name, first.distribution, first.version) == ("alpha", "zoo-b", "2.0")
    assert (second.name, second.full_name) == ("beta", "zoo-a:beta")
    assert isinstance(first.spec, EncoderSpec)
    assert (names(registry.heads()), names(registry.tasks())) == (["mlp"], ["mail"])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ko*", ["koelectra", "kobert"]),
        ("*bert*", ["bert", "kobert"]),
        ("zoo-b:*", ["koelectra"]),
        ("KO*", []),
        ("bert", ["bert"]),
        ("?ert", ["bert"]),
    ],
)
def test_listings_take_wildcards(pattern, expected, install):
    install("zoo-a", encoders=["bert", "kobert"])
    install("zoo-b", encoders=["koelectra"])

    assert names(registry.encoders(pattern)) == sorted(expected)


def test_a_name_of_one_distribution_is_found_short_and_full(install):
    install("zoo-fast", heads=["mlp"])

    assert registry.find_head("mlp") == registry.find_head("zoo-fast:mlp")
    assert registry.find_head("Zoo_Fast:mlp").name == "mlp"


def test_a_short_name_of_two_distributions_is_refused_with_both_named(install):
    install("zoo-a", "1.0", heads=["mlp"])
    install("zoo-b", "2.0", heads=["mlp"])

    assert message(registry.find_head, "mlp", AmbiguousName) == (
        "head 'mlp' is brought by zoo-a 1.0 and zoo-b 2.0; ask for 'zoo-a:mlp' or 'zoo-b:mlp'"
    )
    assert registry.find_head("zoo-b:mlp").distribution == "zoo-b"


def test_listings_give_names_that_can_be_asked_for(install):
    install("intentzoo", heads=["mlp"])
    install("zoo-a", heads=["mlp", "crf"])
    install("zoo-b", heads=["crf"])

    found = registry.heads()

    assert names(found) == ["mlp", "zoo-a:crf", "zoo-a:mlp", "zoo-b:crf"]
    assert [registry.find_head(one.name) for one in found] == found


def test_a_built_in_keeps_its_short_name(install):
    install("intentzoo", "0.1.0", heads=["mlp"])
    install("aaa", heads=["mlp"])

    assert registry.find_head("mlp").distribution == "intentzoo"
    assert registry.find_head("intentzoo:mlp").distribution == "intentzoo"
    assert registry.find_head("aaa:mlp").distribution == "aaa"
    assert registry.shelf("head").clashes() == [
        "head 'mlp' is brought by intentzoo 0.1.0 as 'mlp' and aaa 1.0 as 'aaa:mlp'"
    ]


def test_an_encoder_and_a_head_may_share_a_name(install):
    install("zoo-a", encoders=["crf"], heads=["crf"])

    assert registry.find_encoder("crf").kind == "encoder"
    assert registry.find_head("crf").kind == "head"
    assert registry.shelf("head").clashes() == []


# encoders that take a checkpoint


@pytest.mark.parametrize(
    ("name", "checkpoint"),
    [
        ("hf:klue/roberta-base", "klue/roberta-base"),
        ("hf:/local/folder", "/local/folder"),
        ("hf:C:\\models\\mine", "C:\\models\\mine"),
        ("zoo-a:hf:klue/bert", "klue/bert"),
        ("ZOO_A:hf:C:/models", "C:/models"),
    ],
)
def test_a_checkpoint_is_named_after_a_colon(name, checkpoint, install):
    install("zoo-a", encoders=["hf!", "bert"])

    found = registry.find_encoder(name)

    assert (found.name, found.spec.name, found.checkpoint) == (name, "hf", checkpoint)
    assert registry.find_encoder("bert").checkpoint is None


def test_a_checkpoint_comes_before_a_distribution_of_the_same_name(install):
    install("zoo-a", encoders=["hf!"])
    install("hf", encoders=["bert"])

    assert registry.find_encoder("hf:bert").checkpoint == "bert"


@pytest.mark.parametrize("name", ["hf", "hf:", "hf: "])
def test_an_encoder_that_takes_a_checkpoint_says_how_to_name_one(name, install):
    install("zoo-a", encoders=["hf!"])

    assert message(registry.find_encoder, name, UnknownEncoder) == (
        "encoder 'hf' needs a checkpoint: write 'hf:OWNER/MODEL' for one on the hub, or "
        "'hf:/path/to/folder'"
    )


def test_an_ambiguous_encoder_with_a_checkpoint_is_refused_with_both_named(install):
    install("zoo-a", encoders=["hf!"])
    install("zoo-b", encoders=["hf!"])

    assert message(registry.find_encoder, "hf:me/bert", AmbiguousName) == (
        "encoder 'hf' is brought by zoo-a 1.0 and zoo-b 1.0; ask for 'zoo-a:hf:me/bert' or "
        "'zoo-b:hf:me/bert'"
    )


def test_a_checkpoint_for_an_encoder_that_takes_none_is_refused(install):
    install("zoo-a", encoders=["bert"])

    assert message(registry.find_encoder, "bert:klue/bert", UnknownEncoder) == (
        "encoder 'bert' takes no checkpoint; leave out ':klue/bert'"
    )


# names that mean nothing


def test_an_unknown_name_is_answered_with_the_nearest_and_with_all(install):
    install("zoo-a", encoders=["koelectra", "bert"])

    assert message(registry.find_encoder, "koelektra", UnknownEncoder) == (
        "no encoder is called 'koelektra'; did you mean 'koelectra'?\nKnown: bert, koelectra."
    )


def test_an_unknown_name_that_is_like_none_is_answered_with_all(install):
    install("zoo-a", tasks=["mail"])

    assert message(registry.find_task, "zzz", UnknownTask) == (
        "no task is called 'zzz'.\nKnown: mail."
    )


def test_a_name_of_another_kind_is_recognised(install):
    install("zoo-a", encoders=["bert"], heads=["mlp"])

    assert message(registry.find_head, "bert", UnknownHead) == (
        "no head is called 'bert'; 'bert' is an encoder.\nKnown: mlp."
    )


def test_a_name_where_nothing_is_known(only_site):
    assert message(registry.find_head, "mlp", UnknownHead) == (
        "no head is called 'mlp'.\nNo head is known."
    )


@pytest.mark.parametrize("name", [None, 3, ["mlp"]])
@pytest.mark.parametrize(
    ("find", "error", "kind"),
    [
        (registry.find_head, UnknownHead, "a head"),
        (registry.find_encoder, UnknownEncoder, "an encoder"),
    ],
)
def test_a_name_is_text(find, error, kind, name, only_site):
    assert message(find, name, error) == f"the name of {kind} is text, got {name!r}"


def test_an_unknown_name_tells_of_plugins_that_are_missing(install, monkeypatch):
    monkeypatch.setenv("ZOO_BLOCK", "zoo-c")
    install("zoo-fast", "0.2", source="import fasttext_of_nobody")
    install("zoo-slow", "0.3", source="raise RuntimeError('boom')")
    install("zoo-c", encoders=["koelectra"])
    install("zoo-d", encoders=["bert"])

    assert message(registry.find_encoder, "koelectra", UnknownEncoder) == (
        "no encoder is called 'koelectra'.\n"
        "Known: bert.\n"
        "2 plugins were left out (zoo-fast 0.2: No module named 'fasttext_of_nobody'; "
        "zoo-slow 0.3: RuntimeError: boom); see `zoo plugins`.\n"
        "1 plugin was blocked (zoo-c:main)."
    )


@pytest.mark.parametrize(
    ("name", "connection"),
    [
        ("crf", "comes from"),
        ("zoo-fast:crf", "comes from"),
        ("zoo-fast:other", "may come from"),
        ("zoo-fast-large", "may come from"),
        ("my-main", "may come from"),
    ],
)
def test_the_error_of_a_left_out_plugin_is_raised_for_its_names(name, connection, install):
    source = (
        manifest(heads=["crf"]) + "\n@zoo.hookimpl\ndef zoo_tasks():\n    raise OSError('disk')"
    )
    install("zoo-fast", "0.2", source=source)

    with pytest.raises(PluginError) as caught:
        registry.find_head(name)

    assert str(caught.value) == (
        f"head {name!r} {connection} plugin 'main' (zoo-fast 0.2), which was left out: "
        "zoo_tasks() failed: OSError: disk; see `zoo plugins`"
    )
    assert isinstance(caught.value.__cause__.__cause__, OSError)


@pytest.mark.parametrize("name", ["fast", "remains", "zoo-faster", "bert:zoo"])
def test_a_name_that_has_nothing_to_do_with_a_left_out_plugin_is_just_unknown(name, install):
    install("zoo-fast", source="raise OSError")

    with pytest.raises(UnknownHead):
        registry.find_head(name)


def test_a_name_of_a_blocked_plugin_says_so(install, monkeypatch):
    monkeypatch.setenv("ZOO_BLOCK", "zoo-fast")
    install("zoo-fast", "0.2", heads=["crf"])

    assert message(registry.find_head, "zoo-fast:crf", PluginError) == (
        "head 'zoo-fast:crf' may come from plugin 'main' (zoo-fast 0.2), which is blocked; "
        "see `zoo plugins`"
    )


# what a record points at


@pytest.fixture
def part(install, write_distribution, site):
    """The head `part` of `zoo-fast`, whose target module has this source."""

    def part(source: str | None):
        install("zoo-fast", "0.2", heads=["part"])
        if source is not None:
            (site / "parts.py").write_text(source)
        return registry.find_head("part")

    return part


def test_a_target_is_imported_when_it_is_asked_for(part):
    target = registry.import_target(part("class Part: pass"))

    assert (target.__module__, target.__name__) == ("parts", "Part")


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        (None, "cannot be imported: No module named 'parts'"),
        ("", "cannot be imported: AttributeError: module 'parts' has no attribute 'Part'"),
        ("import sys; sys.exit()", "cannot be imported: it called sys.exit(None)"),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("def Part(): pass", "must be a class, it is a function"),
        ("Part = 3", "must be a class, it is an int"),
    ],
)
def test_a_target_that_does_not_resolve_names_its_plugin(source, rest, part):
    assert message(registry.import_target, part(source), PluginError) == (
        f"head 'part' of zoo-fast 0.2: its target 'parts:Part' {rest}"
    )


def test_a_target_that_wants_a_newer_zoo_says_so(write_distribution, only_site, monkeypatch):
    monkeypatch.setattr("zoo.entry_points.zoo_version", lambda: "0.1.0")
    modules = {"zoo_new.py": manifest(heads=["new"]), "parts.py": "from zoo import shiny"}
    write_distribution("zoo-new", modules=modules, requires=("intentzoo>=9",))

    text = message(registry.import_target, registry.find_head("new"), PluginError)

    assert "its target 'parts:Part' cannot be imported: cannot import name 'shiny' from" in text
    assert text.endswith("; it requires intentzoo>=9, this is 0.1.0")


def test_an_error_of_zoo_while_importing_a_target_passes_as_it_is(part):
    source = "import zoo.errors\nraise zoo.errors.MissingExtra('fasttext', 'fast', 'this head')"

    with pytest.raises(MissingExtra):
        registry.import_target(part(source))


def test_what_a_target_prints_does_not_reach_stdout(part, capsys):
    registry.import_target(part("print('hello')\nclass Part: pass"))

    assert capsys.readouterr() == ("", "hello\n")


def test_the_identity_of_a_component_is_what_results_keep(install):
    install("zoo-fast", "0.2", heads=["crf"])

    assert registry.identity(registry.find_head("crf")) == {
        "distribution": "zoo-fast",
        "version": "0.2",
        "target": "parts:Part",
    }
