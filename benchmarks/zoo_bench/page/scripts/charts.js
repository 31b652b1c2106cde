const MOST_COLOURS = 6;
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];

/** Charts on the page with what draws them again, for another theme. */
const drawn = new Map();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Colours that the colour-blind tell apart, and that both grounds show. */
function seriesColours() {
  return Array.from({ length: MOST_COLOURS }, (_, place) => colour(`series-${place}`));
}

function chartConfig() {
  const [ink, muted, line] = ["ink", "muted", "line"].map(colour);
  const font = getComputedStyle(document.body).fontFamily;
  return {
    aria: false, // the figure around it has the label
    background: "transparent",
    font,
    view: { stroke: null },
    axis: {
      domainColor: line,
      tickColor: line,
      gridColor: line,
      gridOpacity: 0.7,
      labelColor: muted,
      titleColor: muted,
      titleFontWeight: 500,
      labelFontSize: 11.5,
      titleFontSize: 12,
      titlePadding: 10,
      labelPadding: 6,
      tickSize: 4,
    },
    legend: {
      labelColor: ink,
      titleColor: muted,
      titleFontWeight: 500,
      labelFontSize: 12,
      titleFontSize: 12,
      labelLimit: 170,
      symbolSize: 70,
      columnPadding: 16,
      rowPadding: 4,
      symbolBaseFillColor: muted,
      offset: 14,
      layout: { bottom: { anchor: "start", direction: "horizontal", margin: 36 } },
    },
    text: { color: ink, fontSize: 11.5 },
  };
}

/** A chart that can be saved; `makeSpec` is asked again whenever the colours change. */
function chart(label, makeSpec, onPick = null) {
  const host = element("div", { class: "chart" });
  drawn.set(host, () => draw(host, makeSpec(), onPick));
  const save = element(
    "button",
    {
      class: "save",
      title: "Save this chart as SVG, in light colours",
      onclick: () => saveChart(host, makeSpec, label),
    },
    "SVG",
    hiddenText(`of ${label}`),
  );
  // beside the figure, not in it: an image has no parts that can be reached
  const figure = element("figure", { role: "img", "aria-label": label }, host);
  return element("div", { class: "chart-frame" }, figure, save);
}

/** The chart as a file for a paper: light colours, on no ground, as wide as it is here. */
async function saveChart(host, makeSpec, label) {
  const compiled = inLightColours(() => {
    const spec = makeSpec();
    const width = spec.width === "container" ? host.clientWidth : spec.width;
    return vegaLite.compile({ ...spec, width }, { config: chartConfig() }).spec;
  });
  const svg = await makeView(compiled, { renderer: "none" }).toSVG();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  // what is open, a task or a pair, and what of it is drawn
  const words = `${decoded(location.hash)} ${label}`.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  element("a", { href: address, download: `${words.join("-")}.svg` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** What `make` gives while the colours are light; nothing is painted in between. */
function inLightColours(make) {
  const { dataset } = document.documentElement;
  const chosen = dataset.theme;
  dataset.theme = "light";
  try {
    return make();
  } finally {
    if (chosen) dataset.theme = chosen;
    else delete dataset.theme;
  }
}

/** Charts measure their place, so they are drawn only when they have one. */
function drawNewCharts() {
  for (const [host, redraw] of drawn) {
    if (!host.isConnected) drawn.delete(host);
    else if (!host.firstChild) redraw();
  }
}

function drawAllCharts() {
  for (const host of drawn.keys()) host.replaceChildren();
  drawNewCharts();
}

function draw(host, spec, onPick) {
  const { spec: compiled } = vegaLite.compile(spec, { config: chartConfig() });
  const view = makeView(compiled, {
    container: host,
    renderer: "svg",
    hover: true,
    tooltip: showTooltip,
  });
  if (onPick) {
    host.classList.add("pickable");
    view.addEventListener("click", (event, item) => item?.datum?.pick && onPick(item.datum.pick));
  }
  view.runAsync();
}

function makeView(compiled, options) {
  return new vega.View(vega.parse(compiled, {}, { ast: true }), {
    // the policy of the page forbids to make functions out of text
    expr: vegaInterpreter.expressionInterpreter,
    loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} },
    logLevel: vega.Warn,
    ...options,
  });
}

function refuse() {
  return Promise.reject(new Error("a chart of this page loads nothing"));
}
