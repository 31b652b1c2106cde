"""The leaderboard for a paper: per task a booktabs table, encoders down and heads across."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zoo.terminal import printable
from zoo_bench.comparisons import AcrossTasks
from zoo_bench.entries import Entry
from zoo_bench.leaderboard import Board, Leaderboard, TaskBoard
from zoo_bench.standings import STANDING_TITLES, standing_cells, tests_over_tasks
from zoo_bench.statements import tokenizer_caveats, verdict_notes
from zoo_bench.statistics.letters import are_tied

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "_": r"\_",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "$": r"\$",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        # these three are other signs in TeX's own encoding
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        # behind \\ they would be its arguments
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        "→": r"$\rightarrow$",
    }
)
# TeX melts these into dashes, quotation marks and Spanish signs
_LIGATURES = re.compile(r"([-,'`])(?=\1)|[?!](?=`)")
_PREAMBLE = r"""% In the preamble: \usepackage{booktabs} and \usepackage[T1]{fontenc};
% with Korean names \usepackage{kotex}, or XeLaTeX with a font that has them.
"""


def to_latex(leaderboard: Leaderboard) -> str:
    """A table environment per task, the best bold and ties underlined, and one over all tasks."""
    tables = []
    for board in leaderboard.boards:
        tables += [_table(board, task_board) for task_board in board.tasks if task_board.pairs]
        if board.across is not None:
            tables.append(_standings(board, board.across))
    return _PREAMBLE + ("\n".join(tables) or "% There are no results of pairs here yet.\n")


def escaped(text: str) -> str:
    """The text as LaTeX prints it, every letter as itself."""
    return _LIGATURES.sub(r"\g<0>{}", printable(text).translate(_ESCAPES))


def _table(board: Board, task_board: TaskBoard) -> str:
    encoders, heads = (
        list(dict.fromkeys(getattr(entry, role) or "" for entry in task_board.pairs))
        for role in ("encoder", "head")
    )
    by_place = {(entry.encoder, entry.head): entry for entry in task_board.pairs}
    best, ties = _best(task_board)
    shows_n = len(_counts(task_board)) > 1
    rows = [
        [escaped(encoder)]
        + [
            _cell(by_place.get((encoder, head)), best, ties, shows_n=shows_n)
            for head in sorted(heads)
        ]
        for encoder in sorted(encoders)
    ]
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{_caption(board, task_board, has_best=best is not None)}}}",
        rf"  \begin{{tabular}}{{l{'c' * len(heads)}}}",
        r"    \toprule",
        f"    {_row(['Encoder', *map(escaped, sorted(heads))])}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        *_baselines(task_board, len(heads)),
        r"    \bottomrule",
        r"  \end{tabular}",
        *_footnotes(
            [
                *task_board.recipe_differences,
                *verdict_notes(task_board),
                *tokenizer_caveats(task_board),
            ]
        ),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _standings(board: Board, across: AcrossTasks) -> str:
    protocol = escaped(f"{board.protocol.name} {board.protocol.version}")
    caption = (
        f"Mean rank over {across.counted} (protocol {protocol}), 1 is the best; wins, ties and "
        "losses are task by task."
    )
    rows = [
        [escaped(one.name), *map(escaped, standing_cells(one, across))] for one in across.standings
    ]
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{caption}}}",
        rf"  \begin{{tabular}}{{l{'r' * len(STANDING_TITLES)}}}",
        r"    \toprule",
        f"    {_row(['Pair', *(title.capitalize() for title in STANDING_TITLES)])}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        *_footnotes(list(tests_over_tasks(across))),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _caption(board: Board, task_board: TaskBoard, *, has_best: bool) -> str:
    protocol = escaped(f"{board.protocol.name} {board.protocol.version}")
    sentences = [
        rf"Accuracy on {escaped(task_board.task.name)} in \%: mean $\pm$ half of the 95\,\% $t$ "
        f"interval over {_seeds(task_board)} (protocol {protocol}).",
    ]
    if has_best:
        sentences.append("The best is bold, and underlined is what it could not be told from.")
    if not task_board.task.n_test_clean:
        sentences.append("All test rows also occur in train or validation.")
    if task_board.task.has_clean_scores:
        sentences.append("Test rows that also occur in train or validation are left out.")
    if board.outdated:
        sentences.append(board.outdated)
    return " ".join(sentences)


def _seeds(task_board: TaskBoard) -> str:
    counts = _counts(task_board)
    if len(counts) != 1:
        return "the seeds in brackets"
    (count,) = counts
    return f"{count} seeds" if count > 1 else "seeds, of which there is one"


def _counts(task_board: TaskBoard) -> set[int]:
    """Over how many seeds the pairs are."""
    return {entry.n for entry in task_board.pairs if entry.rank_by is not None}


def _best(task_board: TaskBoard) -> tuple[str | None, set[str]]:
    """The name of the best ranked pair, and of those whose difference from it is not real."""
    best = next((entry.name for entry in task_board.pairs if entry.rank is not None), None)
    letters = task_board.comparisons.letters
    ties = {name for name in letters if best and are_tied(letters[best], letters[name])}
    return best, ties - {best or ""}


def _cell(entry: Entry | None, best: str | None, ties: set[str], *, shows_n: bool) -> str:
    if entry is None:
        return "--"
    if entry.rank_by is None:
        return _without_score(entry)
    text = _accuracy(entry) + (f" ({entry.n})" if shows_n else "")
    if entry.instead_of_rank:
        text += rf" \textit{{{escaped(entry.instead_of_rank)}}}"
    if entry.name == best:
        return rf"\textbf{{{text}}}"
    return rf"\underline{{{text}}}" if entry.name in ties else text


def _without_score(entry: Entry) -> str:
    if entry.diverged:
        return rf"\textit{{diverged {entry.diverged}/{entry.expected}}}"
    return rf"\textit{{failed {entry.failed}/{entry.expected}}}" if entry.failed else "--"


def _accuracy(entry: Entry) -> str:
    score = entry.rank_by
    assert score is not None
    if score.half_width is None:
        return f"{100 * score.mean:.2f}"
    return rf"{100 * score.mean:.2f} $\pm$ {100 * score.half_width:.2f}"


def _baselines(task_board: TaskBoard, heads: int) -> Iterator[str]:
    rows = [
        [escaped(entry.name), rf"\multicolumn{{{heads}}}{{c}}{{{_accuracy(entry)}}}"]
        for entry in task_board.entries
        if entry.kind == "baseline" and entry.rank_by is not None
    ]
    if rows:
        yield r"    \midrule"
    yield from (f"    {_row(row)}" for row in rows)


def _footnotes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield r"  \par\smallskip\footnotesize"
        yield from (rf"  {escaped(note)}\par" for note in notes)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
