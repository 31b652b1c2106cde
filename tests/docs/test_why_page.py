"""The tutorial on a training that does not learn says what was measured, in both languages."""

from pathlib import Path

import pytest
from pages import DOCS, blocks, run

from why_it_does_not_learn import report

PAGES = {
    "en": "tutorial/why-does-it-not-learn.md",
    "ko": "tutorial/why-does-it-not-learn.ko.md",
}
RUNS = Path(report.__file__).with_name("runs.jsonl")


@pytest.fixture(scope="module")
def runs():
    return report.read_runs(RUNS)


@pytest.mark.parametrize("language", PAGES)
def test_its_table_is_that_of_the_runs(runs, language):
    assert report.table(runs, language) in (DOCS / PAGES[language]).read_text("utf-8")


@pytest.mark.parametrize("language", PAGES)
def test_its_figure_is_there_and_names_what_the_table_names(runs, language):
    page = DOCS / PAGES[language]
    name = f"why-does-it-not-learn.{language}.svg"
    assert f"]({name})" in page.read_text("utf-8")
    figure = page.with_name(name).read_text("utf-8")
    assert report.name_in(report.LANGUAGES[language], "all but shuffled") in figure


def test_both_pages_show_the_same_code_and_output():
    english, korean = (
        [one.text.partition("\n")[2] for one in blocks(PAGES[language])] for language in PAGES
    )
    assert english == korean


WORDS = ("바다", "어제 비가", "몇 시", "문 닫아", "누가 알아", "그만 좀", "글쎄")


@pytest.fixture
def utterances(tmp_path):
    """3i4K as its publisher writes it: made-up utterances, each class with words of its own."""
    folder = tmp_path / "data" / "3i4k"
    folder.mkdir(parents=True)
    for name, count in (("fci_train_val.txt", 4_600), ("fci_test.txt", 70)):
        lines = [f"{n % 7}\t{WORDS[n % 7]} {n}" for n in range(count)]
        (folder / name).write_bytes("\r\n".join(lines).encode("utf-8"))
    return folder.parent


@pytest.mark.slow
def test_its_code_is_told_the_causes_that_it_shows(utterances, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_DATA", str(utterances))
    shown = blocks(PAGES["en"])
    source = "\n".join(one.text for one in shown if one.language == "python")
    (output,) = (one.text for one in shown if one.language == "text")

    done = run(["-c", source], tmp_path)

    assert done.returncode == 0, done.stderr
    # the numbers are those of the true data
    titles = [line for line in output.splitlines() if line[:1].isdigit()]
    assert [line for line in done.stdout.splitlines() if line[:1].isdigit()][1:] == titles[1:]
