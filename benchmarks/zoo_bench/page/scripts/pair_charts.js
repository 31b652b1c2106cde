function seedsSpec(interval, points) {
  const half = interval.half_width ?? 0;
  const mean = [
    {
      mean: 100 * interval.mean,
      low: 100 * (interval.mean - half),
      high: 100 * (interval.mean + half),
    },
  ];
  const scale = { zero: false, padding: 14 };
  const x = {
    type: "quantitative",
    scale,
    axis: { title: "Accuracy (%)", grid: true, tickCount: 6 },
  };
  return {
    width: "container",
    height: 62,
    layer: [
      {
        data: { values: mean },
        mark: {
          type: "rule",
          strokeWidth: 12,
          strokeCap: "round",
          color: colour("accent"),
          opacity: 0.2,
        },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        data: { values: mean },
        mark: { type: "tick", thickness: 2, size: 34, color: colour("accent") },
        encoding: { x: { ...x, field: "mean" } },
      },
      {
        data: { values: points },
        mark: { type: "point", filled: true, size: 75, color: colour("ink"), opacity: 0.85 },
        encoding: { x: { ...x, field: "score" }, tooltip: { field: "tip" } },
      },
    ],
  };
}

function curvesSpec(title, rows) {
  const series = [...new Set(rows.map((row) => row.series))];
  const epochs = [...new Set(rows.map((row) => row.epoch))].sort((a, b) => a - b);
  return {
    width: "container",
    height: 190,
    data: { values: rows },
    mark: { type: "line", point: { size: 34, filled: true }, strokeWidth: 1.6, opacity: 0.85 },
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        scale: { nice: false, padding: 10 },
        axis: {
          title: "Epoch",
          grid: false,
          format: "d",
          values: epochs.length < 12 ? epochs : undefined,
        },
      },
      y: {
        field: "value",
        type: "quantitative",
        scale: { zero: false },
        axis: { title, tickCount: 5, domain: false, ticks: false },
      },
      color: {
        field: "series",
        type: "nominal",
        scale: {
          domain: series,
          range: [colour("series-1"), colour("series-0")].slice(-series.length),
        },
        legend: series.length > 1 ? { orient: "bottom", title: null } : null,
      },
      detail: { field: "seed" },
      tooltip: { field: "tip" },
    },
  };
}

const MOST_NAMED_LABELS = 40;

const MOST_COUNTED_LABELS = 20;

function confusionSpec(labels, confusion) {
  const names = distinct(labels);
  const sums = labels.map(() => 0);
  for (const [label, , number] of confusion) sums[label] += number;
  const values = confusion.map(([label, other, number]) => ({
    label: names[label],
    other: names[other],
    number,
    share: number / sums[label],
    isLight: number / sums[label] < 0.5,
    tip: `${names[label]} taken for ${names[other]}\n${plural(number, "row")} of ${whole(sums[label])} over all seeds`,
  }));
  const isNamed = labels.length <= MOST_NAMED_LABELS;
  const axis = (title, more) => ({
    type: "nominal",
    sort: null,
    scale: { domain: names },
    axis: { title, domain: false, ticks: false, labels: isNamed, labelLimit: 96, ...more },
  });
  return {
    width: "container",
    height: Math.min(620, Math.max(120, labels.length * 26)),
    data: { values },
    encoding: {
      x: { field: "other", ...axis("Predicted", { labelAngle: labels.length > 4 ? -60 : 0 }) },
      y: { field: "label", ...axis("True", {}) },
      tooltip: { field: "tip" },
    },
    layer:
      labels.length <= MOST_COUNTED_LABELS
        ? [confusionCells(), confusionCounts()]
        : [confusionCells()],
  };
}

function confusionCells() {
  const scale = { domain: [0, 1], range: [colour("ramp-low"), colour("ramp-high")] };
  return {
    mark: { type: "rect", cornerRadius: 2 },
    encoding: { color: { field: "share", type: "quantitative", legend: null, scale } },
  };
}

function confusionCounts() {
  return {
    mark: { type: "text", fontSize: 11 },
    encoding: {
      text: { field: "number" },
      color: {
        condition: { test: "datum.isLight", value: colour("ink") },
        value: colour("ramp-ink"),
      },
    },
  };
}

/** The names, with their place behind those that read alike. */
function distinct(names) {
  return names.map((name, place) => (names.indexOf(name) === place ? name : `${name} (${place})`));
}
