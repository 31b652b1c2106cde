function scoredRuns(entry) {
  return entry.runs.filter((run) => run.state === "scored");
}

function seedsSection(task, entry) {
  const split = entry.clean_accuracy ? "test_clean" : "test";
  const rows = entry.runs.map((run) => {
    const score = (metric) => (run.metrics?.[split] ? run.metrics[split][metric] : null);
    return [
      String(run.seed),
      percent(score("accuracy")),
      percent(score("macro_f1")),
      score("nll")?.toFixed(3) ?? "",
      score("ece")?.toFixed(3) ?? "",
      (run.state === "scored" ? (run.verdict ?? "") : run.state).replace("_", " "),
      measure(run.cost?.train_seconds),
    ];
  });
  const points = scoredRuns(entry)
    .filter((run) => run.metrics[split]?.accuracy !== undefined)
    .map((run) => ({
      score: 100 * run.metrics[split].accuracy,
      tip: `seed ${run.seed}\naccuracy ${percent(run.metrics[split].accuracy)} %`,
    }));
  // a single seed has no interval, and so nothing to draw
  const figure =
    points.length > 1
      ? chart(`Accuracy of ${points.length} seeds with their mean and interval`, () =>
          seedsSpec(rankedBy(entry), points),
        )
      : null;
  const table = plainTable(
    "Seeds",
    ["Seed", "Accuracy %", "Macro F1 %", "NLL", "ECE", "Verdict", "Train s"],
    rows,
    [1, 2, 3, 4, 6],
  );
  const said = [
    hasCleanScores(task) ? "Scores on the clean test rows." : "",
    figure ? "Dots are seeds, the bar their mean, the band its 95 % t interval." : "",
  ]
    .join(" ")
    .trim();
  return section("Seeds", said ? note(said) : null, figure, table);
}

/** How well each seed tells what is out of scope; nothing where no pair was scored of it. */
function outOfScopeSection(task, entry) {
  if (!task.entries.some((one) => one.auroc)) return null;
  const scored = scoredRuns(entry).filter((run) => run.metrics.out_of_scope);
  const missing = scoredRuns(entry).length - scored.length;
  if (!scored.length && !missing) return null;
  const rows = scored.map((run) => [
    String(run.seed),
    percent(run.metrics.out_of_scope.auroc),
    percent(run.metrics.out_of_scope.fpr_at_95_tpr),
  ]);
  if (rows.length > 1)
    rows.push(["all", percentInterval(entry.auroc), percentInterval(entry.fpr_at_95_tpr)]);
  const how = `How well confidence tells ${whole(task.task.n_out_of_scope)} texts out of scope from the test rows. Confidence is the largest probability; of scores that are no probabilities, the largest score.`;
  return section(
    "Out of scope",
    rows.length ? note(how) : null,
    missing
      ? note(`Not scored with ${plural(missing, "seed")}: results from before schema 4.`)
      : null,
    rows.length
      ? plainTable("Out of scope", ["Seed", "AUROC %", "FPR at 95 % TPR, %"], rows, [1, 2])
      : null,
  );
}

/** The other ranked pairs and the baselines, with what may be said of the difference. */
function againstSection(task, entry) {
  const place = task.entries.indexOf(entry);
  const rows = [...task.comparisons, ...task.with_baselines]
    .filter(([first, second]) => first === place || second === place)
    .map(([first, second, difference, p, low, high, isReal]) => {
      const sign = first === place ? 1 : -1;
      const bounds = sign > 0 ? [low, high] : [-high, -low];
      return {
        other: task.entries[first === place ? second : first],
        difference: sign * difference,
        p,
        bounds,
        isReal,
      };
    })
    .sort((a, b) => a.difference - b.difference);
  if (!rows.length) return null;
  const cells = rows.map(({ other, difference, p, bounds, isReal }) => [
    pairLink(task, other.name),
    signed(100 * difference),
    bounds.map((bound) => signed(100 * bound)).join(" to "),
    pValue(p),
    isReal ? element("b", {}, difference > 0 ? "better" : "worse") : "tie",
  ]);
  const how =
    "This row minus the other, in points: the interval over resampled test rows and p over seeds (Welch, Holm-adjusted). Better or worse needs both, and 0.2 points.";
  return section(
    "Against the others",
    note(how),
    plainTable(
      "Against the others",
      ["Other", "Difference", "Rows, 95 %", "p", ""],
      cells,
      [1, 2, 3],
    ),
  );
}

function curvesSectionOf(entry) {
  // also of runs that diverged: where they went wrong is to be seen
  const epochs = entry.runs.flatMap((run) =>
    (run.history ?? []).map((row) => ({ ...row, seed: run.seed })),
  );
  const rowsOf = (field, series, show) =>
    epochs
      .filter((row) => typeof row[field] === "number")
      .map((row) => ({
        epoch: row.epoch,
        seed: row.seed,
        series,
        value: show(row[field]),
        tip: `seed ${row.seed}, epoch ${row.epoch}\n${series} ${show(row[field]).toFixed(3)}`,
      }));
  const loss = [
    ...rowsOf("train_loss", "train", Number),
    ...rowsOf("validation_loss", "validation", Number),
  ];
  const accuracy = rowsOf("accuracy", "validation", (value) => 100 * value);
  const charts = [
    ["Loss", loss],
    ["Validation accuracy (%)", accuracy],
  ]
    .filter(([, rows]) => rows.length)
    .map(([title, rows]) =>
      chart(`${title} by epoch, one line per seed`, () => curvesSpec(title, rows)),
    );
  return charts.length
    ? section(
        "Learning curves",
        note("One line per seed."),
        element("div", { class: "side-by-side" }, charts),
      )
    : null;
}

const MOST_CONFUSIONS = 12;

function classesSection(task, entry) {
  if (!entry.per_class.length) return null;
  const rows = entry.per_class.map((one) => [
    bdi(one.label),
    percent(one.precision),
    percent(one.recall),
    percent(one.f1),
    whole(one.support),
  ]);
  return section(
    "Classes",
    note("Means over the seeds, in %."),
    plainTable(
      "Classes",
      ["Label", "Precision", "Recall", "F1", "Rows"],
      rows,
      [1, 2, 3, 4],
      "tight",
    ),
  );
}

function confusionSection(task, entry) {
  const { labels } = task.task;
  if (!entry.confusion.length) return null;
  const wrong = entry.confusion
    .filter(([label, other]) => label !== other)
    .sort((a, b) => b[2] - a[2])
    .slice(0, MOST_CONFUSIONS);
  const rows = wrong.map(([label, other, number]) => [
    bdi(labels[label]),
    bdi(labels[other]),
    whole(number),
  ]);
  const figure = chart(`Confusion matrix of ${labels.length} labels`, () =>
    confusionSpec(labels, entry.confusion),
  );
  const table = rows.length
    ? plainTable("Most frequent confusions", ["True", "Taken for", "Rows"], rows, [2], "tight")
    : null;
  return section(
    "Confusions",
    note("Test rows over all seeds; the colour is the share of the true label."),
    figure,
    table,
  );
}

function examplesSection(task, entry) {
  const { reason, licence, source } = task.texts;
  const title = "Wrong with most confidence";
  if (!entry.examples) return section(title, note(reason));
  if (!entry.examples.length)
    return section(
      title,
      note(
        scoredRuns(entry).length
          ? "There are none, or its scores are no probabilities."
          : "No run has scores.",
      ),
    );
  const { labels } = task.task;
  const items = entry.examples.map((one) =>
    element(
      "li",
      {},
      element("p", { class: "example-text", dir: "auto" }, one.text),
      element(
        "p",
        { class: "example-labels" },
        element(
          "span",
          {},
          "taken for ",
          bdi(labels[one.predicted]),
          ` (${Math.round(100 * one.probability)} %)`,
        ),
        element("span", {}, "is ", bdi(labels[one.label])),
        element(
          "span",
          {},
          `wrong with ${one.wrong} of ${plural(scoredRuns(entry).length, "seed")}, test row ${one.row}`,
        ),
      ),
    ),
  );
  const where = /^https:\/\//.test(source ?? "")
    ? element("a", { href: source, rel: "noreferrer" }, source)
    : source;
  const credit = element(
    "p",
    { class: "note" },
    `Texts: ${task.task.name}, ${licence}, `,
    where ?? "",
    ". Probabilities are means over the seeds.",
  );
  return section(title, element("ol", { class: "examples" }, items), credit);
}
