/** Which runs are not in the means, and why. */
function problemsSection(task) {
  const rows = task.entries.flatMap((entry) =>
    problemsOf(entry).map(([what, why]) => [pairLink(task, entry.name), what, why]),
  );
  if (!rows.length) return null;
  return section(
    "Runs with a problem",
    plainTable("Runs with a problem", ["Pair", "What", "Why"], rows),
  );
}

function problemsOf(entry) {
  const reasons = (chosen) =>
    element(
      "span",
      { class: "reasons" },
      [
        ...new Set(
          entry.runs
            .filter(chosen)
            .map((run) =>
              run.failure ? `${run.failure.kind}: ${run.failure.message}` : run.reason,
            ),
        ),
      ].map((reason) => bdi(reason)),
    );
  const of = (number) => `${number} of ${entry.expected}`;
  const found = [];
  for (const verdict of ["collapsed", "not_learned"]) {
    if (entry.verdicts[verdict])
      found.push([
        `${verdict.replace("_", " ")} ${of(entry.verdicts[verdict])}`,
        reasons((run) => run.verdict === verdict),
      ]);
  }
  if (entry.diverged)
    found.push([
      `diverged ${of(entry.diverged)}, not in the mean`,
      reasons((run) => run.state === "diverged"),
    ]);
  if (entry.failed)
    found.push([
      `failed ${of(entry.failed)}, not in the mean`,
      reasons((run) => run.state === "failed"),
    ]);
  const done = entry.n + entry.diverged;
  if (done + entry.failed < entry.expected)
    found.push([`incomplete, ${of(done)} done`, "the rest has not run"]);
  return found;
}
