/** The columns of the table: `value` sorts, `show` fills the cell; costs begin with the lowest. */
function rankingColumns(task) {
  const share = (field) => ({
    value: (entry) => entry[field]?.mean ?? null,
    begins: "descending",
    isNumber: true,
  });
  const cost = (field, show) => ({
    value: (entry) => entry[field],
    begins: "ascending",
    isNumber: true,
    show: (entry) => show(entry[field]),
  });
  const range = accuracyRange(task.entries);
  const columns = [
    {
      title: "Rank",
      hint: "who shares a letter is tied",
      value: (entry) => entry.rank,
      begins: "ascending",
      show: rankCell,
    },
    { title: "Pair", value: (entry) => entry.name, begins: "ascending", isName: true },
    {
      title: "Accuracy %",
      hint: "mean ± half of the 95 % t interval over (n) seeds",
      ...share("accuracy"),
      show: (entry) => accuracyCell(entry, range),
    },
    { title: "Macro F1", ...share("macro_f1"), show: (entry) => percent(entry.macro_f1?.mean) },
    {
      title: "Clean acc.",
      hint: "on test rows that do not occur in train",
      ...share("clean_accuracy"),
      show: (entry) => percent(entry.clean_accuracy?.mean),
    },
    { title: "Params", ...cost("parameters_total", count) },
    { title: "Train s", ...cost("train_seconds", measure) },
    { title: "p50 ms", hint: "median latency of one text", ...cost("latency_p50_ms", measure) },
  ];
  return columns.filter((column) => hasCleanScores(task) || column.title !== "Clean acc.");
}

/** What `rankedBy` gives, in words. */
function scoreName(task) {
  return hasCleanScores(task) ? "clean accuracy" : "accuracy";
}

/** Whether the clean test rows are others than all. */
function hasCleanScores(task) {
  return task.task.n_test_clean !== task.task.n_test && task.task.n_test_clean > 0;
}

/** The part of the axis that the pairs take: baselines far below would squeeze them flat. */
function accuracyRange(entries) {
  const pairs = entries.filter((entry) => entry.kind === "pair" && entry.accuracy);
  const counted = (pairs.length ? pairs : entries).map((entry) => entry.accuracy).filter(Boolean);
  const ends = counted.flatMap(({ mean, half_width }) => [mean - half_width, mean + half_width]);
  const [low, high] = [Math.max(0, Math.min(...ends)), Math.min(1, Math.max(...ends))];
  return { low, width: Math.max(high - low, 1e-9) };
}

function rankCell(entry) {
  if (entry.instead_of_rank)
    return element(
      "span",
      { class: "tag", title: entry.suggestion ?? entry.instead_of_rank },
      entry.instead_of_rank,
    );
  return element("span", { class: "rank", title: entry.rank }, entry.rank ?? "");
}

function accuracyCell(entry, range) {
  const { mean, half_width: half, n } = entry.accuracy;
  const at = (share) =>
    `${(100 * Math.min(1, Math.max(0, (share - range.low) / range.width))).toFixed(2)}%`;
  const bar = element(
    "span",
    { class: "interval", "aria-hidden": "true" },
    element("i"),
    element("b"),
  );
  bar.classList.toggle("outside", mean < range.low);
  withVariables(bar, { "--low": at(mean - half), "--high": at(mean + half), "--mean": at(mean) });
  const numbers = [
    percent(mean),
    element("span", { class: "half" }, half === null ? "" : ` ± ${percent(half)}`),
  ];
  return element(
    "span",
    { class: "accuracy" },
    bar,
    element("span", {}, numbers, element("span", { class: "half" }, ` (${n})`)),
  );
}

function pairLink(task, name, text = pairName(name)) {
  return element("a", { href: pairHash(task, name) }, text);
}

function nameCell(task, entry) {
  const marks = [];
  if (entry.kind === "baseline") marks.push(element("span", { class: "tag" }, "baseline"));
  if (entry.certified === true)
    marks.push(
      element(
        "span",
        { class: "certified", title: "encoder and head had passed zoo check" },
        "✓",
        hiddenText("certified"),
      ),
    );
  if (entry.certified === false)
    marks.push(
      element(
        "span",
        { class: "unfit", title: "one of them had failed zoo check" },
        "✗",
        hiddenText("failed zoo check"),
      ),
    );
  return element("th", { scope: "row" }, pairLink(task, entry.name), marks);
}

/** The table with its filters; it keeps its own sorting and filters for as long as it lives. */
function rankingSection(task) {
  const scored = task.entries.filter((entry) => entry.accuracy);
  const state = { sort: null, filters: NO_FILTERS };
  const bar = element("div");
  const chips = element("div");
  const status = element("p", { class: "status", role: "status" });
  const table = element("table", { class: "ranking" });
  const columns = rankingColumns(task);
  const refresh = () => {
    const rows = sorted(
      scored.filter((entry) => passes(entry, state.filters)),
      state.sort,
    );
    table.replaceChildren(rankingHead(columns, state, sortBy), rankingBody(task, columns, rows));
    chips.replaceChildren(filterChips(state.filters, filterBy));
    status.textContent =
      rows.length === scored.length
        ? plural(rows.length, "row")
        : `${rows.length} of ${plural(scored.length, "row")}`;
  };
  const sortBy = (column) => {
    const isAgain = state.sort?.column === column;
    const turned = state.sort?.direction === "ascending" ? "descending" : "ascending";
    state.sort = { column, direction: isAgain ? turned : column.begins };
    refresh();
    table.querySelector(`[data-column="${columns.indexOf(column)}"]`).focus();
  };
  const filterBy = (filters) => {
    state.filters = filters;
    keepingFocus(bar, () => bar.replaceChildren(filterBar(scored, filters, filterBy)));
    refresh();
  };
  filterBy(NO_FILTERS);
  return section("Ranking", bar, chips, status, scrollingTable("Ranking", table));
}

/** Fills the bar anew without taking the focus, and the cursor, from the field that is in use. */
function keepingFocus(bar, fill) {
  const fields = () => [...bar.querySelectorAll("input, select, button")];
  const place = fields().indexOf(document.activeElement);
  const cursor = place === 0 ? document.activeElement.selectionStart : null;
  fill();
  if (place < 0) return;
  fields()[place]?.focus();
  if (cursor !== null) fields()[0].setSelectionRange(cursor, cursor);
}

function rankingHead(columns, state, sortBy) {
  const cells = columns.map((column, place) => {
    const direction = state.sort?.column === column ? state.sort.direction : "none";
    const arrow = element(
      "span",
      { class: "arrow", "aria-hidden": "true" },
      { ascending: "↑", descending: "↓" }[direction] ?? "",
    );
    const button = element(
      "button",
      { type: "button", title: column.hint, "data-column": place, onclick: () => sortBy(column) },
      column.title,
      arrow,
    );
    return element(
      "th",
      { scope: "col", "aria-sort": direction, class: column.isNumber && "number" },
      button,
    );
  });
  return element("thead", {}, element("tr", {}, cells));
}

function rankingBody(task, columns, entries) {
  const rows = entries.map((entry) => {
    const cells = columns.map((column) =>
      column.isName
        ? nameCell(task, entry)
        : element("td", { class: column.isNumber && "number" }, column.show(entry)),
    );
    // the link in the row is what the keyboard reaches; a click may land beside it
    const open = (event) =>
      event.target.closest("a") || (location.hash = pairHash(task, entry.name));
    return element("tr", { class: entry.kind, onclick: open }, cells);
  });
  if (rows.length) return element("tbody", {}, rows);
  return element(
    "tbody",
    {},
    element(
      "tr",
      {},
      element("td", { class: "empty", colspan: columns.length }, "No row passes these filters."),
    ),
  );
}

function sorted(entries, sort) {
  if (!sort) return entries;
  const sign = sort.direction === "ascending" ? 1 : -1;
  const value = (entry) => sort.column.value(entry);
  const isEmpty = (entry) => value(entry) === null || value(entry) === undefined;
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  // what has no value stays below, whichever way the others are sorted
  return [...entries].sort(
    (a, b) => isEmpty(a) - isEmpty(b) || (isEmpty(a) ? 0 : sign * compare(value(a), value(b))),
  );
}
