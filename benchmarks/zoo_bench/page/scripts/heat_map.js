/** Encoders down, heads across; a cell opens its pair. */
function heatMap(task) {
  const pairs = task.entries.filter((entry) => entry.kind === "pair");
  const names = (field) =>
    [...new Set(pairs.map((entry) => entry[field]))].sort(
      (a, b) => bestOf(pairs, field, b) - bestOf(pairs, field, a),
    );
  const [encoders, heads] = [names("encoder"), names("head")];
  const means = pairs.filter(rankedBy).map((entry) => rankedBy(entry).mean);
  const low = Math.min(...means);
  const width = Math.max(...means) - low || 1;
  const head = element(
    "tr",
    {},
    element("td", {}),
    heads.map((name) => element("th", { scope: "col" }, shortName(name))),
  );
  const rows = encoders.map((encoder) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, pairName(encoder)),
      heads.map((name) =>
        heatCell(
          task,
          pairs.find((entry) => entry.encoder === encoder && entry.head === name),
          low,
          width,
        ),
      ),
    ),
  );
  const table = element(
    "table",
    { class: "heat" },
    element("thead", {}, head),
    element("tbody", {}, rows),
  );
  return section(
    "Encoders by heads",
    note(
      `${capitalised(scoreName(task))} in %, best encoders and heads first; a cell opens its pair.`,
    ),
    scrollingTable("Accuracy by encoder and head", table),
  );
}

function bestOf(pairs, field, name) {
  return Math.max(
    0,
    ...pairs
      .filter((entry) => entry[field] === name && rankedBy(entry))
      .map((entry) => rankedBy(entry).mean),
  );
}

function heatCell(task, entry, low, width) {
  if (!entry) return element("td", { class: "missing" }, "–");
  const score = rankedBy(entry);
  const link = pairLink(task, entry.name, score ? percent(score.mean) : stateOf(entry));
  link.setAttribute(
    "aria-label",
    `${entry.name}: ${score ? percentInterval(score) : stateOf(entry)}`,
  );
  if (!score) return element("td", { class: "missing" }, link);
  const share = (score.mean - low) / width;
  const half = element(
    "small",
    {},
    score.half_width === null ? "n=1" : `± ${percent(score.half_width)}`,
  );
  link.append(half);
  return withVariables(element("td", { class: share > 0.55 ? "strong" : null }, link), {
    "--share": `${Math.round(100 * share)}%`,
  });
}

function stateOf(entry) {
  return entry.diverged ? "diverged" : entry.failed ? "failed" : "not done";
}
