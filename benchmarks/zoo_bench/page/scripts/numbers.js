/** `75.60`, of a share. */
function percent(share) {
  return share === null || share === undefined ? "" : (100 * share).toFixed(2);
}

/** `75.60 ± 3.89`, of an interval over seeds; without `±` for a single seed. */
function percentInterval(interval) {
  if (!interval) return "";
  const half = interval.half_width === null ? "" : ` ± ${percent(interval.half_width)}`;
  return percent(interval.mean) + half;
}

/** `5.32M`; `148k` below a million. */
function count(number) {
  if (number === null || number === undefined) return "";
  if (number < 1e3) return String(number);
  if (number < 1e6) return `${(number / 1e3).toFixed(number < 1e5 ? 1 : 0)}k`;
  return `${(number / 1e6).toFixed(number < 1e8 ? 2 : 0)}M`;
}

/** Four digits at most: `0.35`, `12.5`, `1,432`. */
function measure(number) {
  if (number === null || number === undefined) return "";
  const digits = number < 10 ? 2 : number < 100 ? 1 : 0;
  return number.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function whole(number) {
  return number.toLocaleString("en");
}

function signed(points) {
  return (points > 0 ? "+" : points < 0 ? "−" : "±") + Math.abs(points).toFixed(2);
}

function pValue(value) {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

function plural(number, one, many = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

function capitalised(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** What ranks go by: the accuracy on clean test rows where there are any. */
function rankedBy(entry) {
  return entry.clean_accuracy ?? entry.accuracy;
}
