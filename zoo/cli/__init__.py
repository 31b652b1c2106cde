"""The command line `zoo`: one module per command, each imported only when it is called."""

from __future__ import annotations


def main() -> None:
    """Run `zoo` with the arguments of this process, and exit."""
    from zoo.cli.group import zoo
    from zoo.cli.output import prepare_streams, prepare_warnings

    prepare_streams()
    prepare_warnings()
    zoo.main(prog_name="zoo")
