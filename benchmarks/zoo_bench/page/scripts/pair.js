/** Everything behind one row of a board. */
function pairContent(board, task, entry) {
  const close = element(
    "button",
    {
      type: "button",
      class: "quiet close",
      "aria-label": "Close",
      onclick: () => pairDialog().close(),
    },
    "×",
  );
  const heading = element(
    "header",
    { class: "pair-heading" },
    element(
      "div",
      {},
      element(
        "p",
        { class: "over" },
        bdi(task.task.name),
        entry.kind === "baseline" ? ", a baseline" : "",
      ),
      element("h1", { id: "pair-name", tabindex: "-1", autofocus: true }, bdi(entry.name)),
    ),
    close,
  );
  return [
    heading,
    element(
      "div",
      { class: "pair-body" },
      pairFigures(task, entry),
      problemsOf(entry).map(([what, why, change]) =>
        element(
          "p",
          { class: "warning" },
          what,
          ": ",
          why,
          change ? [". To try: ", bdi(change)] : "",
        ),
      ),
      seedsSection(task, entry),
      outOfScopeSection(task, entry),
      againstSection(task, entry),
      curvesSectionOf(entry),
      confusionSection(task, entry),
      classesSection(task, entry),
      examplesSection(task, entry),
      ...provenanceSections(board, task, entry),
    ),
  ];
}

function pairFigures(task, entry) {
  const clean = hasCleanScores(task) ? entry.clean_accuracy : null;
  const tiles = [
    ["Accuracy", entry.accuracy],
    ["Clean accuracy", clean],
    ["Macro F1", entry.macro_f1],
  ]
    .filter(([, interval]) => interval)
    .map(([title, interval]) =>
      figureTile(
        title,
        `${percent(interval.mean)} %`,
        interval.half_width === null
          ? "one seed"
          : `± ${percent(interval.half_width)} over ${interval.n} seeds`,
      ),
    );
  if (entry.rank)
    tiles.unshift(
      figureTile("Rank", element("span", { class: "rank" }, entry.rank), "letters shared are ties"),
    );
  const cost = definitions([
    ["Parameters", entry.parameters_total === null ? null : whole(entry.parameters_total)],
    [
      "of the head",
      entry.parameters_head === null || entry.kind === "baseline"
        ? null
        : whole(entry.parameters_head),
    ],
    ["Training", entry.train_seconds === null ? null : `${measure(entry.train_seconds)} s`],
    ["Latency p50", entry.latency_p50_ms === null ? null : `${measure(entry.latency_p50_ms)} ms`],
    ["Over test rows", entry.row_error === null ? null : `± ${percent(entry.row_error)} points`],
    [
      "Tokens",
      entry.unknown_share === null
        ? null
        : `${percent(entry.unknown_share)} % unknown, ${percent(entry.truncated_share)} % of the texts cut`,
    ],
    ["zoo check", { true: "passed by both", false: "failed" }[String(entry.certified)]],
  ]);
  return element("div", {}, element("div", { class: "tiles" }, tiles), cost);
}

/** Where every number comes from. */
function provenanceSections(board, task, entry) {
  const parts = Object.entries(entry.components).map(([role, part]) =>
    element(
      "div",
      {},
      element("h3", {}, capitalised(role)),
      definitions([
        ["Name", bdi(part.name)],
        ["From", bdi(`${part.distribution} ${part.version}`)],
        ["Target", bdi(part.target)],
        ["Options", Object.keys(part.options).length ? JSON.stringify(part.options) : null],
        [
          "Weights",
          part.pretrained === undefined
            ? null
            : part.pretrained
              ? bdi(part.checkpoint ?? "of the package")
              : "random at the start",
        ],
        ["Revision", part.revision],
        ["Weights SHA-256", part.weights_sha256],
      ]),
    ),
  );
  const places = [...new Set(entry.runs.map((run) => run.environment))].filter(
    (place) => place !== undefined,
  );
  return [
    section("What ran", element("div", { class: "side-by-side" }, parts)),
    entry.recipe
      ? section("Recipe", definitions(recipeRows(entry.recipe, entry.overridden)))
      : null,
    runsSection(entry, places),
    places.length
      ? section(
          "Where it ran",
          places.map((place, number) =>
            environmentFields(DATA.environments[place], places.length > 1 ? number + 1 : null),
          ),
        )
      : null,
    section(
      "Task",
      definitions([
        ["Name", bdi(task.task.name)],
        ["Content SHA-256", task.task.content_sha256],
        ["Verified", task.task.is_verified ? "yes" : "no"],
        [
          "Rows",
          [
            `${whole(task.task.n_train)} train, ${whole(task.task.n_validation)} validation, ${whole(task.task.n_test)} test, ${whole(task.task.n_test_clean)} of them clean`,
            task.task.n_out_of_scope === null
              ? ""
              : `, ${whole(task.task.n_out_of_scope)} out of scope`,
          ].join(""),
        ],
        ["Protocol", bdi(board.protocol)],
      ]),
    ),
  ];
}

/** A recipe by name; beside a value of this pair's own stands that of the suite. */
function recipeRows(recipe, overridden = {}) {
  const shown = (value) =>
    value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return Object.entries(recipe).map(([key, value]) => [
    key,
    shown(value) + (key in overridden ? ` (others: ${shown(overridden[key])})` : ""),
  ]);
}

function runsSection(entry, places) {
  const rows = entry.runs.map((run) => {
    const { provenance, failure } = run;
    const how = provenance
      ? [
          `${provenance.executor}, ${plural(provenance.attempts, "attempt")}`,
          provenance.resumed ? ", resumed" : "",
          places.length > 1 ? `, environment ${places.indexOf(run.environment) + 1}` : "",
        ].join("")
      : failure
        ? `${failure.kind} after ${plural(failure.attempts, "attempt")}${failure.step === null ? "" : ` in step ${failure.step}`}`
        : "";
    return [
      String(run.seed),
      run.state,
      provenance ? minute(provenance.started_at) : "",
      provenance ? minute(provenance.finished_at) : "",
      how,
      element("code", {}, run.run_id),
      element("code", {}, run.predictions ?? ""),
    ];
  });
  return section(
    "Runs",
    plainTable(
      "Runs",
      [
        "Seed",
        "State",
        "Started (UTC)",
        "Finished (UTC)",
        "Executor",
        "Run id",
        "Predictions SHA-256",
      ],
      rows,
    ),
  );
}

function minute(time) {
  return time.slice(0, 16).replace("T", " ");
}

function environmentFields(environment, number) {
  const { certificates, ...others } = environment;
  const git =
    others.git_sha === null ? null : `${others.git_sha}${others.git_dirty ? ", with changes" : ""}`;
  const certificate = (role) => {
    const one = certificates[role];
    return one
      ? `${one.status}: ${one.passed} passed, ${one.failed} failed, ${one.skipped} skipped; source ${one.source_sha256.slice(0, 12)}…, zoo ${one.zoo_version}`
      : "none";
  };
  return element(
    "div",
    {},
    number ? element("h3", {}, `Environment ${number}`) : null,
    definitions([
      ["zoo", others.zoo_version],
      ["git", git],
      ["Python", others.python],
      ["torch", others.torch],
      ["transformers", others.transformers],
      ["Hardware", bdi(others.hardware)],
      ["Device", others.device],
      ["Threads", String(others.threads)],
      ["Certificate of encoder", certificate("encoder")],
      ["Certificate of head", certificate("head")],
    ]),
  );
}

function pairDialog() {
  return document.getElementById("pair");
}

function openPair(board, task, entry) {
  const dialog = pairDialog();
  dialog.replaceChildren(...pairContent(board, task, entry));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  drawNewCharts();
}
