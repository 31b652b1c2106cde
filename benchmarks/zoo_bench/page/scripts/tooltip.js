/** Vega's handler of tooltips: one box of lines, its text set as text. */
function showTooltip(handler, event, item, value) {
  const box = document.getElementById("tooltip");
  box.hidden = value === null || value === undefined || value === "";
  if (box.hidden) return;
  // the top layer covers everything else while a dialog is open
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.textContent = String(value);
  const { innerWidth, innerHeight } = window;
  const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
  const below = event.clientY + 16;
  const top =
    below + box.offsetHeight > innerHeight ? event.clientY - box.offsetHeight - 10 : below;
  withVariables(box, { "--left": `${Math.max(8, left)}px`, "--top": `${top}px` });
}

function hideTooltip() {
  document.getElementById("tooltip").hidden = true;
}
