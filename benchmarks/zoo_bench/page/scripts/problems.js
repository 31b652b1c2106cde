/** Which runs failed or have not learned, why, and what to try. */
function problemsSection(task) {
  const rows = task.entries.flatMap((entry) =>
    problemsOf(entry).map(([what, why, change]) => [
      pairLink(task, entry.name),
      what,
      why,
      bdi(change),
    ]),
  );
  if (!rows.length) return null;
  return section(
    "Runs with a problem",
    task.why_unranked ? note(task.why_unranked) : null,
    plainTable("Runs with a problem", ["Pair", "What", "Why", "To try"], rows, [], "problems"),
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
  for (const [verdict, number] of Object.entries(entry.unlearned)) {
    const left = verdict === "diverged" ? ", not in the mean" : "";
    found.push([
      `${verdict.replace("_", " ")} ${of(number)}${left}`,
      reasons((run) => run.verdict === verdict),
      entry.suggestions[verdict] ?? "",
    ]);
  }
  if (entry.failed)
    found.push([
      `failed ${of(entry.failed)}, not in the mean`,
      reasons((run) => run.state === "failed"),
      "",
    ]);
  const done = entry.n + entry.diverged;
  if (done + entry.failed < entry.expected)
    found.push([`incomplete, ${of(done)} done`, "the rest has not run", ""]);
  return found;
}
