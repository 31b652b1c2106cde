function taskHeading(board, task) {
  const { name, n_train: train, n_test: test, labels, n_test_clean: clean } = task.task;
  const facts = [
    `protocol ${board.protocol}`,
    `${whole(train)} train rows${task.is_drawn ? ", drawn by each seed" : ""}`,
    `${whole(test)} test rows`,
    plural(labels.length, "label"),
    plural(board.threads, "thread"),
  ];
  const warnings = board.outdated ? [board.outdated] : [];
  if (clean !== test) {
    const place = `also occur in ${task.is_drawn ? "the whole " : ""}train or validation`;
    warnings.push(
      hasCleanScores(task)
        ? `${plural(test - clean, "test row")} ${place}; ranks go by the accuracy on the other, clean ones.`
        : `All test rows ${place}; ranks go by the accuracy on them.`,
    );
  }
  if (!task.task.is_verified)
    warnings.push("The data could not be verified: these are no figures of the official task.");
  warnings.push(...task.caveats);
  return element(
    "header",
    { class: "task-heading" },
    element("h1", {}, bdi(name)),
    element(
      "p",
      { class: "facts" },
      facts.map((fact) => element("span", {}, bdi(fact))),
    ),
    warnings.map((text) => element("p", { class: "warning" }, text)),
  );
}

function keyFigures(task) {
  const pairs = task.entries.filter((entry) => entry.kind === "pair" && rankedBy(entry));
  const tiles = [];
  if (pairs.length) {
    const [best] = pairs;
    const tied = task.comparisons.filter(
      ([first, second, , , , , isReal]) =>
        !isReal && [first, second].includes(task.entries.indexOf(best)),
    ).length;
    const note =
      best.rank === null
        ? "not ranked"
        : tied
          ? `tied with ${plural(tied, "other")}`
          : "ahead of all others that are ranked";
    tiles.push(
      figureTile(`Highest ${scoreName(task)}`, `${percent(rankedBy(best).mean)} %`, [
        pairLink(task, best.name),
        element("small", {}, note),
      ]),
    );
  }
  const baselines = task.entries.filter((entry) => entry.kind === "baseline" && rankedBy(entry));
  if (baselines.length) {
    const [best] = baselines;
    const outcomes = pairs.map((entry) => entry.against_baselines[best.name]).filter(Boolean);
    const counted = ["better", "tied", "worse"]
      .map((outcome) => [outcome, outcomes.filter((one) => one === outcome).length])
      .filter(([, count]) => count)
      .map(([outcome, count]) => `${count} ${outcome}`);
    const note = counted.length
      ? `of ${plural(outcomes.length, "pair")}: ${counted.join(", ")}`
      : "no pair could be compared with it";
    tiles.push(
      figureTile("Best baseline", `${percent(rankedBy(best).mean)} %`, [
        pairLink(task, best.name),
        element("small", {}, note),
      ]),
    );
  }
  if (task.detectable !== null) {
    tiles.push(
      figureTile(
        "Detectable difference",
        `${percent(task.detectable)} points`,
        "smaller ones would mostly have stayed unseen (80 % power)",
      ),
    );
  }
  return element("div", { class: "tiles" }, tiles);
}

function figureTile(title, value, ...more) {
  return element(
    "div",
    { class: "tile" },
    element("p", { class: "tile-title" }, title),
    element("p", { class: "tile-value" }, value),
    element("p", { class: "tile-note" }, ...more),
  );
}

/** What may be said, and what the accuracy depends on. */
function claimsSection(task) {
  if (!task.claims.length && !task.variance) return null;
  const said = element(
    "ul",
    { class: "claims" },
    task.claims.map((claim) => element("li", {}, claim)),
  );
  return section("What may be said", said, task.variance ? varianceBar(task.variance) : null);
}

function varianceBar(shares) {
  const parts = [
    ["encoder", shares.encoder],
    ["head", shares.head],
    ["their interaction", shares.interaction],
    ["seed", shares.seed],
  ];
  const bar = parts.map(([, share], place) =>
    withVariables(element("i", { class: `part-${place}` }), { "--share": share }),
  );
  const legend = parts.map(([name, share], place) =>
    element(
      "li",
      {},
      element("i", { class: `part-${place}`, "aria-hidden": "true" }),
      `${name} `,
      element("b", {}, `${Math.round(100 * share)} %`),
    ),
  );
  return element(
    "figure",
    { class: "variance" },
    element("figcaption", {}, "Shares of the variance of accuracy"),
    element("div", { class: "variance-bar", "aria-hidden": "true" }, bar),
    element("ul", {}, legend),
  );
}

function note(text) {
  return element("p", { class: "note" }, text);
}
