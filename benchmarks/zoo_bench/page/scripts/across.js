/** Mean ranks over the tasks of a board, with wins, ties and losses. */
function acrossSection(board) {
  const { across } = board;
  const rows = across.standings.map((one) => [
    pairName(one.name),
    one.mean_rank === null ? `incomplete ${one.tasks}/${across.tasks}` : one.mean_rank.toFixed(2),
    ...["wins", "ties", "losses"].map((field) => (one.mean_rank === null ? "" : one[field])),
  ]);
  return element(
    "div",
    {},
    element(
      "header",
      { class: "task-heading" },
      element("h1", {}, `Over ${across.counted}`),
      element("p", { class: "facts" }, element("span", {}, bdi(`protocol ${board.protocol}`))),
    ),
    section(
      "Standings",
      note(
        "1 is the best rank. Wins, ties and losses are against the other complete pairs, task by task.",
      ),
      plainTable("Standings", ["Pair", "Mean rank", "Wins", "Ties", "Losses"], rows, [1, 2, 3, 4]),
      element(
        "ul",
        { class: "claims" },
        across.tests.map((text) => element("li", {}, text)),
      ),
    ),
  );
}
