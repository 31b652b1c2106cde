"""The plugin host: each plugin by itself, and nothing in silence."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from zoo import hookspecs
from zoo.manifests import RECORD_OF_HOOK
from zoo.plugins import PluginHost, block, host, plugins

HEAD = 'zoo.HeadSpec(name="{}", target="parts:Part", description="a head")'


def manifest(*names: str) -> str:
    heads = ", ".join(HEAD.format(name) for name in names)
    return f"import zoo\n\n@zoo.hookimpl\ndef zoo_heads():\n    return [{heads}]\n"


def only(site, **options):
    """The one plugin in a folder."""
    (plugin,) = PluginHost([str(site)], **options).plugins
    return plugin


# source of a manifest → the cause for which its plugin is left out
FAULTS = {
    "failed_import": (
        "import fasttext_that_nobody_has",
        "No module named 'fasttext_that_nobody_has'",
    ),
    "exception": ("raise RuntimeError('boom')", "RuntimeError: boom"),
    "exception_without_text": ("raise ValueError", "ValueError"),
    "sys_exit": ("import sys; sys.exit(3)", "it called sys.exit(3)"),
    "syntax": ("def zoo_heads(:", "SyntaxError: invalid syntax (faulty.py, line 1)"),
    "many_lines": ("raise RuntimeError('one\\n  two')", "RuntimeError: one two"),
    "terminal_escape": (
        "raise RuntimeError('\\x1b]0;mine\\x07')",
        "RuntimeError: \\x1b]0;mine\\x07",
    ),
    "unprintable_exception": (
        "class Bad(Exception):\n    def __str__(self): raise KeyError\nraise Bad",
        "Bad",
    ),
    "misspelt_hook": (
        "import zoo\n@zoo.hookimpl\ndef zoo_encoder(): return []",
        "zoo_encoder() is marked as a hook, but there is no hook 'zoo_encoder'; did you mean "
        "'zoo_encoders'? The hooks are zoo_encoders, zoo_heads, zoo_tasks, zoo_commands",
    ),
    "marked_anything": (
        "import zoo\n@zoo.hookimpl\ndef listen(): return []",
        "listen() is marked as a hook, but there is no hook 'listen'. The hooks are zoo_encoders, "
        "zoo_heads, zoo_tasks, zoo_commands",
    ),
    "misspelt_and_unmarked": (
        "def zoo_haeds(): return []",
        "zoo_haeds() begins with 'zoo_', which is kept for hooks, but there is no hook "
        "'zoo_haeds'; did you mean 'zoo_heads'? The hooks are zoo_encoders, zoo_heads, zoo_tasks, "
        "zoo_commands",
    ),
    "unmarked": (
        "def zoo_heads(): return []",
        "zoo_heads() lacks its marker: write @zoo.hookimpl above it",
    ),
    "no_function": (
        "zoo_heads = []",
        "zoo_heads is a list; write a function that yields its records, marked with @zoo.hookimpl",
    ),
    "wrapper": (
        "import zoo\n@zoo.hookimpl(wrapper=True)\ndef zoo_heads(): return (yield)",
        "zoo_heads() is a hook wrapper; the hooks of zoo only yield records",
    ),
    "argument": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads(config): return []",
        "zoo_heads() asks for config; the hooks of zoo get nothing",
    ),
    "hook_raises": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads(): raise OSError('disk')",
        "zoo_heads() failed: OSError: disk",
    ),
    "hook_raises_later": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads():\n    yield from ()\n    raise SystemExit",
        "zoo_heads() failed: it called sys.exit(None)",
    ),
    "hook_returns_none": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads(): pass",
        "zoo_heads() gave None where HeadSpec records are expected",
    ),
    "hook_returns_one_record": (
        f"import zoo\n@zoo.hookimpl\ndef zoo_tasks(): return {HEAD.format('x')}",
        "zoo_tasks() gave a HeadSpec where TaskSpec records are expected",
    ),
    "hook_yields_text": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads(): yield 'bilstm'",
        "zoo_heads() gave a str where HeadSpec records are expected",
    ),
    "bad_name": (
        f"import zoo\n@zoo.hookimpl\ndef zoo_heads(): yield {HEAD.format('Bi LSTM')}",
        "zoo_heads() failed: HeadSpec name 'Bi LSTM': use lower-case letters, digits, '.', '_' and "
        "'-', beginning with a letter or a digit",
    ),
    "bad_field": (
        "import zoo\n@zoo.hookimpl\ndef zoo_tasks():\n"
        "    yield zoo.TaskSpec(name='x', target='a:b', description='x', languages='ko')",
        "TaskSpec 'x': languages must be a tuple of texts, got 'ko'",
    ),
    "bool_for_number": (
        "import zoo\n@zoo.hookimpl\ndef zoo_heads():\n"
        "    yield zoo.HeadSpec(name='x', target='a:b', description='x', parameters=True)",
        "HeadSpec 'x': parameters must be a whole number or None, got True",
    ),
    "name_twice": (
        manifest("twin", "twin"),
        "zoo_heads() brings 'twin', which 'main' of the same distribution has brought already",
    ),
    "asks_the_registry": (
        "import zoo\nzoo.heads()",
        "it asked for the registry while it was being imported; a manifest only yields records: "
        "move the call into what its targets name",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_broken_plugin_does_not_stop_the_others(fault, write_distribution, only_site):
    source, cause = FAULTS[fault]
    write_distribution("aaa")
    write_distribution("bad", "0.2", modules={"faulty.py": source}, entry_points={"main": "faulty"})
    write_distribution("zzz")

    first, broken, last = plugins()

    assert (broken.status, broken.cause, broken.heads) == ("left out", cause, ())
    assert isinstance(broken.error, BaseException)
    assert [spec.name for plugin in (first, last) for spec in plugin.heads] == ["aaa", "zzz"]


def test_a_plugin_of_two_files_is_loaded(write_distribution, site):
    write_distribution(
        "Zoo_Fast", "0.2", modules={"fast.py": manifest("quick")}, entry_points={"mine": "fast"}
    )

    plugin = only(site)

    assert (plugin.name, plugin.distribution, plugin.version) == ("mine", "zoo-fast", "0.2")
    assert (plugin.module, plugin.status, plugin.full_name) == ("fast", "loaded", "zoo-fast:mine")
    assert [spec.name for spec in plugin.heads] == ["quick"]


def test_a_plugin_may_bring_nothing(write_distribution, site):
    write_distribution("empty", modules={"empty.py": "import zoo"})

    assert only(site).status == "loaded"


def test_a_hook_of_a_newer_zoo_may_be_optional(write_distribution, site):
    source = "import zoo\n@zoo.hookimpl(optionalhook=True)\ndef zoo_metrics(): return []"
    write_distribution("newer", modules={"newer.py": source})

    assert only(site).status == "loaded"


def test_a_module_may_be_called_like_a_hook(write_distribution, site):
    write_distribution("a", modules={"a.py": "import zoo_heads", "zoo_heads.py": ""})

    assert only(site).status == "loaded"


def test_the_hooks_and_their_records_are_those_of_the_contract():
    marked = [name for name in vars(hookspecs) if name.startswith("zoo_")]

    assert list(RECORD_OF_HOOK) == marked


def test_built_in_plugins_come_first_then_by_distribution_and_name(write_distribution, site):
    modules = {f"{name}.py": manifest(name) for name in ("one", "two", "three", "four")}
    write_distribution("bbb", modules=modules, entry_points={"two": "two", "one": "one"})
    write_distribution("intentzoo", entry_points={"heads": "three"})
    write_distribution("aaa", entry_points={"four": "four"})

    names = [plugin.full_name for plugin in PluginHost([str(site)]).plugins]

    assert names == ["intentzoo:heads", "aaa:four", "bbb:one", "bbb:two"]


def test_the_same_entry_point_name_in_two_distributions_loads_both(write_distribution, site):
    write_distribution("aaa")
    write_distribution("bbb")

    loaded = PluginHost([str(site)]).plugins

    assert [(one.full_name, one.status) for one in loaded] == [
        ("aaa:main", "loaded"),
        ("bbb:main", "loaded"),
    ]


def test_the_same_entry_point_name_twice_in_one_distribution_is_refused(write_distribution, site):
    modules = {"one.py": manifest("one"), "two.py": manifest("two")}
    write_distribution("aaa", modules=modules, entry_points="[zoo]\nmain = one\nmain = two")

    first, second = PluginHost([str(site)]).plugins

    assert first.status == "loaded"
    assert second.cause == "aaa names the entry point 'main' twice"


def test_two_distributions_with_one_module_are_told_apart(write_distribution, site):
    write_distribution("aaa", modules={"plugin.py": manifest("a")}, entry_points={"main": "plugin"})
    write_distribution("bbb", modules={}, entry_points={"main": "plugin"})

    _, second = PluginHost([str(site)]).plugins

    assert second.cause == (
        "the module 'plugin' is already the plugin 'aaa:main'; "
        "two plugins need modules of two names"
    )


def test_the_later_plugin_of_a_distribution_that_repeats_a_name_is_left_out(
    write_distribution, site
):
    modules = {"one.py": manifest("mlp"), "two.py": manifest("crf", "mlp")}
    write_distribution("aaa", modules=modules, entry_points={"first": "one", "second": "two"})

    first, second = PluginHost([str(site)]).plugins

    assert [spec.name for spec in first.heads] == ["mlp"]
    assert second.cause == (
        "zoo_heads() brings 'mlp', which 'first' of the same distribution has brought already"
    )
    assert second.lost == ("crf", "mlp")


def test_a_distribution_twice_on_the_path_is_counted_once(write_distribution, site, tmp_path):
    write_distribution("aaa", "2.0")
    write_distribution("aaa", "1.0", folder=tmp_path / "older")

    (plugin,) = PluginHost([str(site), str(tmp_path / "older")]).plugins

    assert plugin.version == "2.0"


def test_an_older_copy_does_not_come_back_when_the_newer_one_offers_nothing(
    write_distribution, site, tmp_path
):
    write_distribution("aaa", "2.0", entry_points="[console_scripts]\na = b:c")
    write_distribution("aaa", "1.0", folder=tmp_path / "older")

    assert PluginHost([str(site), str(tmp_path / "older")]).plugins == ()


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (
            "thing:Plugin",
            "the entry point 'main' = 'thing:Plugin' is a class, not a module; write 'thing'",
        ),
        ("thing:zoo", None),
        (
            "thing:Missing",
            "AttributeError: module 'thing' has no attribute 'Missing'",
        ),
        ("no module!", "the entry point 'main' = 'no module!' does not name a module"),
    ],
)
def test_an_entry_point_names_a_module(value, cause, write_distribution, site):
    modules = {"thing.py": "import zoo\nclass Plugin: pass"}
    write_distribution("aaa", modules=modules, entry_points={"main": value})

    assert only(site).cause == (cause or "")


def test_a_damaged_file_of_entry_points_is_left_out_aloud(write_distribution, site):
    info = write_distribution("damaged")
    (info / "entry_points.txt").write_bytes(b"[zoo]\nmain = \xff")
    write_distribution("zzz")

    damaged, other = PluginHost([str(site)]).plugins

    assert (damaged.full_name, other.status) == ("damaged:entry_points.txt", "loaded")
    assert damaged.cause == (
        "its entry_points.txt cannot be read: UnicodeDecodeError: 'utf-8' codec can't decode byte "
        "0xff in position 13: invalid start byte"
    )


def test_a_distribution_without_metadata_is_still_loaded(write_distribution, site):
    (write_distribution("aaa") / "METADATA").unlink()

    plugin = only(site)

    assert (plugin.full_name, plugin.version, plugin.status) == (
        "unnamed:main",
        "unknown",
        "loaded",
    )


@pytest.mark.parametrize(
    ("requirement", "rest"),
    [
        ("intentzoo>=9", "; it requires intentzoo>=9, this is 0.1.0"),
        ("IntentZoo >=9 ; python_version > '3'", "; it requires intentzoo>=9, this is 0.1.0"),
        ("intentzoo>=9; extra == 'new'", ""),
        ("intentzoo>=0.1", ""),
        ("numpy>=9", ""),
        ("not a requirement", ""),
    ],
)
def test_a_broken_plugin_that_wants_a_newer_zoo_says_so(
    requirement, rest, write_distribution, site, monkeypatch
):
    monkeypatch.setattr("zoo.entry_points.zoo_version", lambda: "0.1.0")
    modules = {"aaa.py": "from zoo import shiny"}
    write_distribution("aaa", modules=modules, requires=(requirement,))

    cause = only(site).cause

    assert cause.startswith("cannot import name 'shiny' from 'zoo'")
    assert cause.partition(")")[2] == rest


def test_a_sound_plugin_that_wants_a_newer_zoo_is_loaded_and_says_so(
    write_distribution, site, monkeypatch
):
    monkeypatch.setattr("zoo.entry_points.zoo_version", lambda: "0.1.0")
    write_distribution("aaa", requires=("intentzoo>=9",))
    write_distribution("bbb", requires=("intentzoo>=0.1",))

    newer, fitting = PluginHost([str(site)]).plugins

    assert (newer.status, fitting.status) == ("loaded", "loaded")
    assert newer.unmet_requirement == "it requires intentzoo>=9, this is 0.1.0"
    assert fitting.unmet_requirement == ""


def test_a_plugin_is_left_out_aloud_and_once(write_distribution, site, caplog):
    write_distribution("zoo-fast", "0.2", modules={"zoo_fast.py": "import fasttext_of_nobody"})

    broken = PluginHost([str(site)])
    assert broken.plugins is broken.plugins

    (record,) = caplog.records
    assert (record.name, record.levelno) == ("zoo.plugins", logging.WARNING)
    assert record.getMessage() == (
        "plugin 'main' of zoo-fast 0.2 was left out: No module named 'fasttext_of_nobody'; "
        "see `zoo plugins`"
    )


def test_the_names_that_are_lost_with_a_plugin_are_known(write_distribution, site):
    source = manifest("crf", "mlp") + "\n@zoo.hookimpl\ndef zoo_encoders():\n    raise OSError\n"
    write_distribution("aaa", modules={"aaa.py": source})

    assert only(site).lost == ("crf", "mlp")


def test_an_interruption_is_no_fault_of_a_plugin(write_distribution, site):
    write_distribution("aaa", modules={"aaa.py": "raise KeyboardInterrupt"})

    with pytest.raises(KeyboardInterrupt):
        _ = PluginHost([str(site)]).plugins


def test_what_a_manifest_prints_does_not_reach_stdout(write_distribution, site, capsys):
    write_distribution("aaa", modules={"aaa.py": "print('hello')"})

    assert only(site).status == "loaded"
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize("name", ["main", "zoo-fast", "Zoo_Fast", "zoo-fast:main", " main "])
def test_a_plugin_is_blocked_by_its_name_or_its_distribution(
    name, write_distribution, site, caplog
):
    write_distribution("zoo-fast", modules={"zoo_fast.py": "raise RuntimeError('imported')"})

    plugin = only(site, blocked=[name])

    assert (plugin.status, plugin.cause) == ("blocked", "")
    assert not caplog.records


@pytest.mark.parametrize("name", ["other:main", "zoo-fast:other", "fast"])
def test_a_block_that_fits_no_plugin_is_said(name, write_distribution, site, caplog):
    write_distribution("zoo-fast")

    assert only(site, blocked=[name]).status == "loaded"
    assert caplog.messages[0].startswith(
        f"plugin {name!r} is to be blocked, but there is none of this name"
    )


def test_blocks_come_from_the_environment_and_are_inherited(
    write_distribution, only_site, monkeypatch
):
    write_distribution("aaa")
    write_distribution("bbb")
    monkeypatch.setenv("ZOO_BLOCK", "aaa")
    before = [plugin.status for plugin in plugins()]

    block(["bbb:main"])

    assert before == ["blocked", "loaded"]
    assert [plugin.status for plugin in plugins()] == ["blocked", "blocked"]
    assert os.environ["ZOO_BLOCK"] == "aaa,bbb:main"


def test_there_is_one_host_per_process(only_site):
    assert host() is host()


def test_threads_that_ask_at_once_all_get_the_plugins(write_distribution, only_site):
    write_distribution("aaa", modules={"aaa.py": "import time; time.sleep(0.1)"})
    ours = PluginHost([str(only_site)])
    seen: list[object] = []

    threads = [threading.Thread(target=lambda: seen.append(ours.plugins)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 4
    assert all(one is ours.plugins for one in seen)


def test_the_built_in_plugins_are_loaded_like_any_other():
    built_in = [one for one in plugins() if one.distribution == "intentzoo"]

    assert {one.name: one.cause for one in built_in} == {"bench": "", "encoders": "", "heads": ""}
