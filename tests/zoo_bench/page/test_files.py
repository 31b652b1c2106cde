"""`zoo leaderboard -o`: the formats as files."""

import webbrowser

import pytest

from zoo_bench.commands.leaderboard import FILES


@pytest.mark.parametrize(("form", "name"), FILES.items())
def test_every_format_can_be_a_file(call, board_root, tmp_path, form, name):
    done = call("leaderboard", board_root, "--format", form, "-o", tmp_path / "new/folder")
    path = tmp_path / "new/folder" / name
    assert (done.exit_code, done.stdout) == (0, f"{path}\n")
    assert "koelectra" in path.read_text("utf-8")


def test_the_page_goes_beside_the_results_by_default(call, board_root):
    done = call("leaderboard", board_root, "--format", "html")
    assert done.stdout == f"{board_root / 'leaderboard/index.html'}\n"
    assert (board_root / "leaderboard/index.html").is_file()
    # derived, and so no hindrance to the next command
    assert call("leaderboard", board_root).exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(call, board_root, tmp_path):
    (tmp_path / "file").write_text("")
    done = call(
        "leaderboard", board_root, "--format", "html", "--no-examples", "-o", tmp_path / "file"
    )
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: DiskError: leaderboard: cannot write {tmp_path / 'file/index.html'}: File exists; "
        "name another folder with -o\n"
    )


def test_open_shows_the_page(call, board_root, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    call("leaderboard", board_root, "--format", "html", "--open", "-o", tmp_path)
    assert opened == [(tmp_path / "index.html").as_uri()]


def test_open_without_a_page_is_wrong_usage(call, board_root):
    done = call("leaderboard", board_root, "--open")
    assert done.exit_code == 2
    assert "add --format html" in done.stderr


@pytest.mark.parametrize("form", FILES)
def test_nothing_at_all_makes_a_file_too(call, tmp_path, form):
    (tmp_path / "empty").mkdir()
    done = call("leaderboard", tmp_path / "empty", "--format", form, "-o", tmp_path)
    assert done.exit_code == 0
    assert "holds no results" in done.stderr
