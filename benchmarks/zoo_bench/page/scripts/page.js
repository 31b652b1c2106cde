const DATA = JSON.parse(document.getElementById("data").textContent);
const ACROSS = "~all";

/** `#/board/task/pair`: what the address says is what the page shows. */
function taskHash(board, id) {
  return `#/${DATA.boards.indexOf(board)}/${encodeURIComponent(id)}`;
}

function pairHash(task, name) {
  const board = DATA.boards.find((one) => one.tasks.includes(task));
  return `${taskHash(board, task.id)}/${encodeURIComponent(name)}`;
}

function route() {
  const [, place, id, name] = location.hash.startsWith("#/")
    ? location.hash.split("/").map(decoded)
    : [];
  const board = DATA.boards[place] ?? DATA.boards[0];
  const task = board.tasks.find((one) => one.id === id) ?? board.tasks[0];
  return {
    board,
    task,
    isAcross: id === ACROSS && board.across !== null,
    entry: task.entries.find((one) => one.name === name),
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // an address that somebody cut off
  }
}

let shown = null;

function show() {
  const { board, task, isAcross, entry } = route();
  const wanted = isAcross ? board : task;
  hideTooltip();
  if (shown !== wanted) {
    shown = wanted;
    showTabs(board, isAcross ? ACROSS : task.id);
    document
      .getElementById("main")
      .replaceChildren(isAcross ? acrossSection(board) : taskContent(board, task));
    drawNewCharts();
  }
  if (entry) openPair(board, task, entry);
  else pairDialog().close();
}

function taskContent(board, task) {
  const scored = task.entries.filter((entry) => entry.accuracy);
  const hasPairs = task.entries.some((entry) => entry.kind === "pair");
  const parts = [
    taskHeading(board, task),
    keyFigures(task),
    claimsSection(task),
    scored.length ? rankingSection(task) : note("No run of this task has a score yet."),
    problemsSection(task),
    hasPairs ? heatMap(task) : null,
    scored.length ? scatterSection(task) : null,
    auditSection(task),
    boardSection(board),
  ];
  return element("div", { class: board.outdated ? "task outdated" : "task" }, parts);
}

function boardSection(board) {
  if (board.recipe === null) return null;
  const title = element("summary", {}, `The suite's recipe (${board.recipe_id})`);
  return element("details", {}, title, definitions(recipeRows(board.recipe)));
}

function showTabs(board, current) {
  const tabs = board.tasks.map((task) => [task.id, task.id]);
  if (board.across) tabs.push([ACROSS, "All tasks"]);
  const line = document.getElementById("tabs");
  line.hidden = tabs.length < 2;
  const select = (id) => {
    location.hash = taskHash(board, id);
  };
  line.replaceChildren(
    ...tabs.map(([id, text]) =>
      element(
        "button",
        {
          type: "button",
          role: "tab",
          "aria-selected": String(id === current),
          "aria-controls": "main",
          tabindex: id === current ? "0" : "-1",
          onclick: () => select(id),
        },
        shortName(text),
      ),
    ),
  );
  line.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    // where the address is by now: a second key may come before the tabs of the first are made
    const { task, isAcross } = route();
    const place = tabs.findIndex(([id]) => id === (isAcross ? ACROSS : task.id));
    select(tabs[(place + step + tabs.length) % tabs.length][0]);
    // the tabs are made anew when the address changes, after this
    window.addEventListener(
      "hashchange",
      () => line.querySelector('[aria-selected="true"]').focus(),
      { once: true },
    );
  };
  document.getElementById("board").value = String(DATA.boards.indexOf(board));
}

function setUpBoards() {
  const boards = DATA.boards.map((board, place) =>
    element(
      "option",
      { value: place },
      `${board.protocol}, ${plural(board.threads, "thread")}${board.recipe_id ? `, recipe ${board.recipe_id}` : ""}${board.outdated ? " (outdated)" : ""}`,
    ),
  );
  const choice = document.getElementById("board");
  choice.append(...boards);
  choice.onchange = () =>
    (location.hash = taskHash(DATA.boards[choice.value], DATA.boards[choice.value].tasks[0].id));
  document.getElementById("board-choice").hidden = boards.length < 2;
}

/** What did not get onto a board. */
function showLeftOut() {
  const { causes, unfinished, unreadable, repeated } = DATA;
  const lines = causes.map(({ kind, message, runs }) =>
    element(
      "details",
      {},
      element("summary", {}, `${plural(runs.length, "run")} failed: `, bdi(`${kind}: ${message}`)),
      element(
        "ul",
        {},
        runs.map((run) => element("li", {}, bdi(run))),
      ),
    ),
  );
  if (unfinished.length) {
    lines.push(
      element(
        "details",
        {},
        element("summary", {}, `${plural(unfinished.length, "run")} not done`),
        element(
          "ul",
          {},
          unfinished.map((run) => element("li", {}, bdi(run))),
        ),
      ),
    );
  }
  lines.push(
    ...unreadable.map((reason) => element("p", {}, "Left out, unreadable: ", bdi(reason))),
    ...repeated.map((reason) => element("p", {}, "Left out, there twice: ", bdi(reason))),
  );
  if (lines.length) document.getElementById("footer").prepend(section("Failed or left out", lines));
}

function setUpTheme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const refresh = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to ${isDark() ? "light" : "dark"} colours`);
    drawAllCharts();
  };
  if (["light", "dark"].includes(storedTheme())) root.dataset.theme = storedTheme();
  button.onclick = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    storedTheme(root.dataset.theme);
    refresh();
  };
  system.addEventListener("change", refresh);
  refresh();
}

/** The theme chosen before; some browsers refuse to remember anything for a file. */
function storedTheme(theme) {
  try {
    if (theme) localStorage.setItem("zoo-theme", theme);
    return localStorage.getItem("zoo-theme");
  } catch {
    return null;
  }
}

function setUpDialog() {
  const dialog = pairDialog();
  dialog.addEventListener("close", () => {
    hideTooltip();
    dialog.replaceChildren();
    const { board, task, entry } = route();
    if (entry) location.hash = taskHash(board, task.id);
  });
  // a click on the dimmed page around it hits the dialog itself
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

showLeftOut();
if (DATA.boards.length) {
  setUpBoards();
  setUpDialog();
  show();
  window.addEventListener("hashchange", show);
} else {
  document.getElementById("main").append(note("There are no results here yet."));
}
setUpTheme();
