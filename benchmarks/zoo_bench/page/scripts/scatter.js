const COSTS = {
  latency_p50_ms: {
    title: "p50 ms",
    axis: "Median latency of one text (ms)",
    show: measure,
    isTime: true,
  },
  train_seconds: { title: "Training s", axis: "Training (s)", show: measure, isTime: true },
  parameters_total: { title: "Parameters", axis: "Parameters", show: count },
};

const SCATTER_HEIGHT = 340;
const AXIS_WIDTH = 50;
const LABEL_GAP = 6;
const LABEL_HEIGHT = 17;
const LONGEST_LABEL = 190;
const LETTER_WIDTH = 7;

/** The pairs that no other beats at the same or a lower cost, cheapest first. */
function paretoFront(points) {
  let best = -Infinity;
  const byCost = [...points].sort((a, b) => a.cost - b.cost || b.score - a.score);
  return byCost.filter((point) => point.score > best && ((best = point.score), true));
}

/**
 * Points of accuracy and cost, those of pairs alone, and the entries that would squeeze the others
 * flat. Times compare on one machine only.
 */
function scatterPoints(entries, cost) {
  const points = entries
    .filter((entry) => rankedBy(entry) && entry[cost] > 0)
    .map((entry) => scatterPoint(entry, cost));
  const scores = points.filter((point) => point.isPair).map((point) => point.score);
  const floor = Math.min(...scores) - 0.6 * Math.max(Math.max(...scores) - Math.min(...scores), 2);
  const shown = points.filter((point) => point.isPair || point.score >= floor || !scores.length);
  const names = new Set(shown.map((point) => point.pick));
  const left = entries.filter((entry) => rankedBy(entry) && !names.has(entry.name));
  const pairs = shown.filter((point) => point.isPair);
  const machines = new Set(pairs.map((point) => point.hardware));
  return { shown, pairs, left, isComparable: !COSTS[cost].isTime || machines.size < 2 };
}

function scatterPoint(entry, cost) {
  const score = rankedBy(entry);
  const half = score.half_width ?? 0;
  return {
    pick: entry.name,
    isPair: entry.kind === "pair",
    encoder: entry.encoder ?? "baseline",
    head: entry.head ?? "baseline",
    hardware: entry.hardware.join("; "),
    cost: entry[cost],
    score: 100 * score.mean,
    low: 100 * Math.max(0, score.mean - half),
    high: 100 * Math.min(1, score.mean + half),
    tip: `${entry.name}\naccuracy ${percentInterval(score)} %\n${COSTS[cost].axis}: ${COSTS[cost].show(entry[cost])}`,
  };
}

function scatterSpec(task, cost, width) {
  const { shown, pairs, isComparable } = scatterPoints(task.entries, cost);
  const front = isComparable ? paretoFront(pairs) : [];
  // to the dearest pair: more of the cost buys no more than the last of the front has
  const line = front.length
    ? [...front, { ...front.at(-1), cost: Math.max(...pairs.map((point) => point.cost)) }]
    : [];
  const x = {
    field: "cost",
    type: "quantitative",
    scale: { type: "log", nice: false, padding: 18 },
    axis: { title: COSTS[cost].axis, grid: false, format: "~s", tickCount: 5, labelOverlap: true },
  };
  const y = {
    field: "score",
    type: "quantitative",
    scale: {
      zero: false,
      domain: [
        Math.min(...shown.map((point) => point.low)),
        Math.max(...shown.map((point) => point.high)),
      ],
    },
    axis: {
      title: `${capitalised(scoreName(task))} (%)`,
      tickCount: 6,
      domain: false,
      ticks: false,
    },
  };
  const tooltip = { field: "tip" };
  return {
    width: "container",
    height: SCATTER_HEIGHT,
    encoding: { x, y },
    layer: [
      {
        data: { values: line },
        mark: {
          type: "line",
          interpolate: "step-after",
          color: colour("muted"),
          strokeDash: [4, 3],
          strokeWidth: 1.3,
        },
      },
      {
        data: { values: shown },
        mark: { type: "rule", color: colour("muted"), opacity: 0.45 },
        encoding: { y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: pairs },
        mark: { type: "point", filled: true, size: 90, opacity: 1 },
        encoding: {
          color: namesAsColours(pairs, width),
          shape: namesAsShapes(pairs, width),
          tooltip,
        },
      },
      {
        data: { values: shown.filter((point) => !point.isPair) },
        mark: {
          type: "point",
          shape: "diamond",
          filled: false,
          size: 90,
          color: colour("ink"),
          strokeWidth: 1.6,
        },
        encoding: { tooltip },
      },
      ...frontLabels(front, shown, width),
    ].filter((layer) => layer.data.values.length),
  };
}

function namesAsColours(points, width) {
  return namesAs("encoder", points, seriesColours(), width) ?? { value: colour("accent") };
}

function namesAsShapes(points, width) {
  return (
    namesAs("head", points, SHAPES, width, {
      symbolFillColor: colour("muted"),
      symbolStrokeWidth: 0,
    }) ?? { value: "circle" }
  );
}

/** An encoding by name, or nothing where there are more names than a reader can tell apart. */
function namesAs(field, points, range, width, legend = {}) {
  const domain = [...new Set(points.map((point) => point[field]))].sort();
  if (domain.length > range.length) return null;
  const longest = Math.max(...domain.map((name) => name.length));
  // two legends stand side by side; a letter takes about seven pixels
  const columns = Math.max(1, Math.floor(width / 2 / (50 + 7 * Math.min(longest, 22))));
  return {
    field,
    type: "nominal",
    scale: { domain, range: range.slice(0, domain.length) },
    legend: { orient: "bottom", columns, title: field, ...legend },
  };
}

/** The names of the front, and of baselines, written towards the middle where there is room. */
function frontLabels(front, shown, width) {
  const logs = shown.map((point) => Math.log(point.cost));
  const [first, last] = [Math.min(...logs), Math.max(...logs)];
  const isLeft = (point) => Math.log(point.cost) <= (first + last) / 2;
  const low = Math.min(...shown.map((point) => point.low));
  const high = Math.max(...shown.map((point) => point.high));
  const plotWidth = width - AXIS_WIDTH;
  const taken = [];
  // about where it will be, from the left of the plot
  const boxOf = (point) => {
    const x = 18 + ((Math.log(point.cost) - first) / (last - first || 1)) * (plotWidth - 36);
    const length = Math.min(LETTER_WIDTH * point.pick.length, LONGEST_LABEL);
    const from = isLeft(point) ? x + LABEL_GAP : x - LABEL_GAP - length;
    const y = (1 - (point.score - low) / (high - low || 1)) * SCATTER_HEIGHT;
    return { from, to: from + length, y };
  };
  const hasRoom = (point) => {
    const box = boxOf(point);
    const isFree =
      box.from >= 0 &&
      box.to <= plotWidth &&
      taken.every(
        (one) => box.to < one.from || one.to < box.from || Math.abs(box.y - one.y) > LABEL_HEIGHT,
      );
    if (isFree) taken.push(box);
    return isFree;
  };
  const labelled = [...front, ...shown.filter((point) => !point.isPair)]
    .sort((a, b) => b.score - a.score)
    .filter(hasRoom);
  const layer = (align, dx, values) => ({
    data: { values },
    mark: { type: "text", align, dx, dy: -11, limit: LONGEST_LABEL, color: colour("ink") },
    encoding: { text: { field: "pick" } },
  });
  return [
    layer("left", LABEL_GAP, labelled.filter(isLeft)),
    layer(
      "right",
      -LABEL_GAP,
      labelled.filter((point) => !isLeft(point)),
    ),
  ];
}

/** Accuracy against a cost that the reader chooses. */
function scatterSection(task) {
  let cost = "latency_p50_ms";
  const place = element("div");
  const below = note("");
  const show = () => {
    const { left, isComparable } = scatterPoints(task.entries, cost);
    const names = left.map((entry) => entry.name).join(", ");
    const line = isComparable
      ? "The broken line joins the pairs that no pair beats at the same or a lower cost."
      : "No line joins the best pairs: they were timed on different machines, which do not compare.";
    below.textContent = `${line}${names ? ` Not on the chart: ${names}.` : ""}`;
    place.replaceChildren(
      chart(
        `Accuracy against ${COSTS[cost].axis}`,
        () => scatterSpec(task, cost, place.clientWidth),
        (name) => (location.hash = pairHash(task, name)),
      ),
    );
  };
  const choices = Object.entries(COSTS).map(([key, { title }]) =>
    element(
      "label",
      {},
      element("input", {
        type: "radio",
        name: "cost",
        value: key,
        checked: key === cost,
        onchange: () => {
          cost = key;
          show();
          drawNewCharts();
        },
      }),
      element("span", {}, title),
    ),
  );
  const made = section(
    "Accuracy and cost",
    element(
      "fieldset",
      { class: "segments" },
      element("legend", { class: "hidden-text" }, "Cost"),
      choices,
    ),
    place,
    below,
  );
  show();
  return made;
}
