/** What is to be known of the data before a score is believed. */
function auditSection(task) {
  const { audit } = task;
  const title = "The data";
  if (audit.reason) return section(title, note(`Not audited here. ${audit.reason}`));
  const sizes = audit.splits.map(([name, rows]) => `${whole(rows)} ${splitName(name)}`);
  const [texts, rows] = audit.conflicts;
  const conflicts = texts
    ? `${plural(texts, "text")} ${texts === 1 ? "has" : "have"} more than one label, in ${plural(rows, "row")} of all splits.`
    : "No text has more than one label.";
  return section(
    title,
    note(
      `${task.is_drawn ? "Of the whole task, of which every seed draws its train and validation rows: " : ""}${sizes.join(", ")} rows. ${conflicts}`,
    ),
    duplicatesTable(audit),
    note(
      "Normalised: case, punctuation and spaces have no say. Other label: texts with several labels within, rows labelled as never before across.",
    ),
    encodersTable(audit),
    audit.missing.map(([name, reason]) =>
      element("p", { class: "note" }, bdi(name), `: no tokenizer here. ${reason}`),
    ),
  );
}

function duplicatesTable({ within, across }) {
  const rows = [
    ...within.map(([splits, ...numbers]) => [`within ${splitNames(splits)}`, ...numbers]),
    ...across.map(([split, seen, ...numbers]) => [
      `${splitName(split)} in ${splitNames(seen)}`,
      ...numbers,
    ]),
  ];
  return plainTable(
    "Texts that occur twice",
    ["Texts that occur twice", "Rows", "Exact", "Normalised", "Other label"],
    rows.map(([where, ...numbers]) => [where, ...numbers.map(whole)]),
    [1, 2, 3, 4],
  );
}

function encodersTable({ encoders }) {
  if (!encoders.length) return null;
  return plainTable(
    "Tokens",
    ["Tokens of", "Cut at", "Unknown %", "Cut %"],
    encoders.map(([names, length, unknown, cut]) => [
      element("span", {}, names.flatMap((name, place) => [place ? ", " : "", bdi(name)])),
      whole(length),
      percent(unknown),
      percent(cut),
    ]),
    [1, 2, 3],
  );
}

function splitName(name) {
  return name.replaceAll("_", " ");
}

function splitNames(names) {
  return names.map(splitName).join(" + ");
}
