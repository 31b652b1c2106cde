"""Makes `fake_boards` importable."""

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


@pytest.fixture(scope="session")
def board_root(tmp_path_factory):
    """A results root with every kind of run, and names that mean no good."""
    from fake_boards import write_board

    return write_board(tmp_path_factory.mktemp("board") / "results")
