const NO_FILTERS = { text: "", encoder: [], head: [], verdict: [], certified: false };

/** Whether an entry passes: any of the values chosen of one kind, and every kind. */
function passes(entry, filters) {
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  const name = entry.name.toLowerCase();
  return (
    words.every((word) => name.includes(word)) &&
    ["encoder", "head"].every(
      (kind) => !filters[kind].length || filters[kind].includes(entry[kind]),
    ) &&
    (!filters.verdict.length ||
      filters.verdict.some((verdict) => verdictsOf(entry).includes(verdict))) &&
    (!filters.certified || entry.certified === true)
  );
}

function verdictsOf(entry) {
  const bad = ["diverged", "failed", "unfinished"].filter((kind) => entry[kind]);
  return [...Object.keys(entry.verdicts), ...bad];
}

/** The bar of filters; `change` is called with the new filters. */
function filterBar(entries, filters, change) {
  const search = element("input", {
    type: "search",
    placeholder: "Search pairs",
    "aria-label": "Search pairs",
    value: filters.text,
    oninput: (event) => change({ ...filters, text: event.target.value }),
  });
  const kinds = [
    ["encoder", (entry) => [entry.encoder]],
    ["head", (entry) => [entry.head]],
    ["verdict", verdictsOf],
  ];
  const choices = kinds.map(([kind, valuesOf]) => {
    const values = [...new Set(entries.flatMap(valuesOf))].filter((value) => value !== null).sort();
    return values.length > 1 ? filterChoice(kind, values, filters, change) : null;
  });
  const certified = entries.some((entry) => entry.certified !== null)
    ? element(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-pressed": String(filters.certified),
          onclick: () => change({ ...filters, certified: !filters.certified }),
        },
        "Certified only",
      )
    : null;
  return element(
    "div",
    { class: "filters", role: "search", "aria-label": "Filter the table" },
    search,
    choices,
    certified,
  );
}

function filterChoice(kind, values, filters, change) {
  const options = values.map((value) =>
    element(
      "option",
      { value, disabled: filters[kind].includes(value) },
      value.replaceAll("_", " "),
    ),
  );
  return element(
    "select",
    {
      "aria-label": `Filter by ${kind}`,
      onchange: (event) => change({ ...filters, [kind]: [...filters[kind], event.target.value] }),
    },
    element("option", { value: "", selected: true }, capitalised(kind)),
    options,
  );
}

/** The active filters as buttons that take them away. */
function filterChips(filters, change) {
  const chips = ["encoder", "head", "verdict"].flatMap((kind) =>
    filters[kind].map((value) =>
      filterChip(`${kind}: ${value.replaceAll("_", " ")}`, () =>
        change({ ...filters, [kind]: filters[kind].filter((other) => other !== value) }),
      ),
    ),
  );
  if (filters.text.trim())
    chips.push(filterChip(`“${filters.text.trim()}”`, () => change({ ...filters, text: "" })));
  if (filters.certified)
    chips.push(filterChip("certified", () => change({ ...filters, certified: false })));
  if (chips.length > 1) {
    chips.push(
      element(
        "button",
        { type: "button", class: "quiet", onclick: () => change(NO_FILTERS) },
        "Clear all",
      ),
    );
  }
  return element("div", { class: "chips", hidden: !chips.length }, chips);
}

function filterChip(text, remove) {
  const cross = element("span", { "aria-hidden": "true" }, "×");
  return element(
    "button",
    { type: "button", class: "chip", "aria-label": `Remove filter ${text}`, onclick: remove },
    shortName(text),
    cross,
  );
}
