/** An element with attributes, listeners (`onclick`) and children; text never becomes markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element with CSS variables; a `style` attribute would break the content security policy. */
function withVariables(made, variables) {
  for (const [name, value] of Object.entries(variables)) made.style.setProperty(name, value);
  return made;
}

/** A name by a stranger: `bdi` keeps its direction of writing to itself. */
function bdi(text, attributes = {}) {
  return element("bdi", attributes, text);
}

const LONGEST_NAME = 60;

/** The beginning and the end of a name that would take a page; the whole of it is its title. */
function shortName(name) {
  if (name.length <= LONGEST_NAME) return bdi(name);
  return bdi(`${name.slice(0, LONGEST_NAME - 20)}…${name.slice(-18)}`, { title: name });
}

/** The name of a pair or of its part, which rather breaks before head and options than in a word. */
function pairName(name) {
  if (name.length > LONGEST_NAME) return shortName(name);
  const parts = name.split(/(?<=\+)|(?=\[)/).map((part) => element("span", {}, part));
  return element("bdi", { class: "pair-name" }, parts);
}

/** For those who hear the page. */
function hiddenText(text) {
  return element("span", { class: "hidden-text" }, text);
}

function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), ...children);
}

/** A table in a box that scrolls by itself, so that the page never does sideways. */
function scrollingTable(label, table) {
  return element(
    "div",
    { class: "scroll", role: "region", "aria-label": label, tabindex: "0" },
    table,
  );
}

/** A plain table: titles, and rows of texts or elements. Columns in `numeric` are right-aligned. */
function plainTable(label, titles, rows, numeric = [], style = null) {
  const side = (place) => (numeric.includes(place) ? "number" : null);
  const head = titles.map((title, place) =>
    element("th", { scope: "col", class: side(place) }, title),
  );
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      row.map((cell, place) => element("td", { class: side(place) }, cell)),
    ),
  );
  return scrollingTable(
    label,
    element(
      "table",
      { class: style },
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, body),
    ),
  );
}

/** Names and values below one another; what has no value is left out. */
function definitions(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element(
    "dl",
    { class: "definitions" },
    known.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value)),
    ),
  );
}
