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

/** A figure with a chart; `makeSpec` is asked again whenever the colours change. */
function chart(label, makeSpec, onPick = null) {
  const host = element("div", { class: "chart" });
  const figure = element("figure", { role: "img", "aria-label": label }, host);
  drawn.set(host, () => draw(host, makeSpec(), onPick));
  return figure;
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
  const view = new vega.View(vega.parse(compiled, {}, { ast: true }), {
    container: host,
    renderer: "svg",
    hover: true,
    // the policy of the page forbids to make functions out of text
    expr: vegaInterpreter.expressionInterpreter,
    loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} },
    tooltip: showTooltip,
    logLevel: vega.Warn,
  });
  if (onPick) {
    host.classList.add("pickable");
    view.addEventListener("click", (event, item) => item?.datum?.pick && onPick(item.datum.pick));
  }
  view.runAsync();
}

function refuse() {
  return Promise.reject(new Error("a chart of this page loads nothing"));
}
