/** Mean ranks over the tasks of a board, with wins, ties and losses. */
function acrossSection(board) {
  const { across } = board;
  const rows = across.standings.map((one) => [
    pairName(one.name),
    one.mean_rank === null ? `incomplete ${one.tasks}/${across.tasks}` : one.mean_rank.toFixed(2),
    ...["wins", "ties", "losses"].map((field) => (one.mean_rank === null ? "" : one[field])),
  ]);
  const real = across.wilcoxon_p.filter(([, , p]) => p < 0.05);
  const tests = [];
  if (across.friedman_p !== null)
    tests.push(`Friedman's test over all pairs: p = ${pValue(across.friedman_p)}.`);
  if (across.wilcoxon_p.length)
    tests.push(
      `Wilcoxon's signed rank test with Holm's adjustment: ${real.length} of ${across.wilcoxon_p.length} differences between two pairs have p < 0.05.`,
    );
  if (!tests.length)
    tests.push("Tests over tasks need six data sets at least: with fewer no p can be small enough.");
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
        tests.map((text) => element("li", {}, text)),
      ),
    ),
    real.length
      ? plainTable(
          "Differences over tasks",
          ["Pair", "Pair", "p"],
          real.map(([a, b, p]) => [pairName(a), pairName(b), pValue(p)]),
          [2],
        )
      : null,
  );
}
