// The script of a report's page: it draws the timeline from the data in the page. Nothing is loaded from anywhere.

const { timeline } = JSON.parse(document.getElementById("data").textContent);
const { lengthMs, breaks, rollbackAt, groups, paths } = timeline;
const length = Math.max(lengthMs, 1);
/** Rows that a group shows before somebody asks for all. */
const FIRST_ROWS = 40;
/** Rows of all groups from which on groups without problems begin closed. */
const MANY_ROWS = 120;

const chart = document.getElementById("chart");
const search = document.getElementById("search");
const problems = document.getElementById("problems");
const tip = document.getElementById("tip");
const live = document.getElementById("live");

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const percent = (ms) => `${((ms / length) * 100).toFixed(3)}%`;
const seconds = (ms) => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
};
const RESULTS = {
  done: "done",
  refused: "refused",
  unknown: "unknown",
  undone: "taken back",
  back: "in rollback",
  read: "",
};
const WAITS = { quota: "held back by the quota", retry: "pause before a repetition", operation: "operation runs" };
const OPERATIONS = { create: "create", update: "update", delete: "delete" };
const isBad = (span) => span.t === "call" && (span.status === undefined || span.status >= 400);
const isProblem = ({ outcome, spans }) => outcome === "refused" || outcome === "unknown" || spans.some(isBad);

/** Polls of an operation, and the waits between them, as one line. */
function withoutPolls(spans) {
  const isPoll = (span) =>
    (span.t === "wait" && span.why === "operation") ||
    (span.t === "call" &&
      span.method === "GET" &&
      span.status === 200 &&
      /\/operations\/[^/]+$/.test(paths[span.path]));
  const lines = [];
  for (const span of spans) {
    const last = lines.at(-1);
    if (!isPoll(span)) lines.push(span);
    else if (last?.polls === undefined)
      lines.push({ ...span, t: "wait", why: "operation", polls: span.t === "call" ? 1 : 0 });
    else {
      last.ms = span.at + span.ms - last.at;
      if (span.t === "call") Object.assign(last, { polls: last.polls + 1, id: span.id });
    }
  }
  return lines;
}

/** What a span is, in one line. */
function titleOf(span) {
  const back = span.isBack ? "rollback: " : "";
  if (span.t === "step") return `${back}${OPERATIONS[span.op]}, ${span.outcome}`;
  if (span.t === "wait") {
    const polls = span.polls ? `, asked ${span.polls === 1 ? "once" : `${span.polls} times`}` : "";
    return `${back}${WAITS[span.why]}${polls}`;
  }
  const nth = span.nth ? ` (attempt ${span.nth})` : "";
  return `${back}${span.method} ${paths[span.path]}${nth}`;
}
function resultOf(span) {
  const when = `at ${seconds(span.at)}, for ${seconds(span.ms)}`;
  if (span.t !== "call") return span.reason ? `${when}. ${span.reason}` : when;
  const status = span.status ?? "no answer";
  return `${[status, span.code].filter(Boolean).join(" ")}, ${when}`;
}

function bar(span, hasCalls) {
  const element = make("i", span.t);
  if (span.t === "step") element.classList.add(span.outcome);
  if (span.t === "step" && !hasCalls) element.classList.add("bare");
  if (span.t === "wait") element.classList.add(span.why);
  if (isBad(span)) element.classList.add("bad");
  else if (span.t === "call" && span.method === "GET") element.classList.add("read");
  if (span.isBack) element.classList.add("back");
  element.style.left = percent(Math.min(span.at, length));
  element.style.width = percent(span.ms);
  return element;
}

function copyButton(text) {
  const button = make("button", "copy", "copy");
  button.type = "button";
  button.dataset.copy = text;
  button.setAttribute("aria-label", `copy ${text}`);
  return button;
}

function detailsOf(row) {
  const box = make("div", "details");
  if (row.id) {
    const line = make("p", "", "id ");
    line.append(make("code", "", row.id), " ", copyButton(row.id));
    line.style.margin = "0 0 8px";
    box.append(line);
  }
  const table = make("table");
  const head = make("tr");
  for (const title of ["at", "took", "what", "answer", "request"]) {
    const cell = make("th", "", title);
    cell.scope = "col";
    head.append(cell);
  }
  table.append(head);
  for (const span of withoutPolls(row.spans)) {
    const line = make("tr", span.isBack ? "back" : "");
    line.append(make("td", "number", seconds(span.at)), make("td", "number", seconds(span.ms)));
    line.append(make("td", span.t === "call" ? "mono" : "", titleOf(span)));
    const answer = span.t === "call" ? [span.status ?? "no answer", span.code].filter(Boolean).join(" ") : span.reason;
    line.append(make("td", isBad(span) || span.outcome === "refused" ? "bad" : "", answer ?? ""));
    const request = make("td");
    if (span.id) request.append(make("code", "", span.id), " ", copyButton(span.id));
    line.append(request);
    table.append(line);
  }
  box.append(table);
  return box;
}

function showTip(span, element) {
  tip.replaceChildren(make("b", "", titleOf(span)), resultOf(span));
  tip.hidden = false;
  const at = element.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left), innerWidth - own.width - 8);
  const isBelow = at.bottom + own.height + 10 < innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${isBelow ? at.bottom + 6 : at.top - own.height - 6}px`;
}
const hideTip = () => {
  tip.hidden = true;
  for (const marked of document.querySelectorAll(".track .at")) marked.classList.remove("at");
};

const spansOfBar = new WeakMap();
const rowOfButton = new WeakMap();

function rowElement(row) {
  const item = make("li");
  const button = make("button", "row");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const name = make("span", "name");
  if (row.kind) name.append(make("small", "", row.kind));
  name.append(row.name);
  name.title = `${row.kind} ${row.name}`.trim();
  const track = make("span", "track");
  track.setAttribute("aria-hidden", "true");
  const hasCalls = row.spans.some(({ t }) => t !== "step");
  for (const span of row.spans) {
    const element = bar(span, hasCalls);
    spansOfBar.set(element, span);
    track.append(element);
  }
  const result = make("span", `result ${row.outcome}`, RESULTS[row.outcome]);
  button.append(name, track, result);
  rowOfButton.set(button, row);
  item.append(button);
  return item;
}

function isShown(row) {
  const wanted = search.value.trim().toLowerCase();
  if (problems.checked && !isProblem(row)) return false;
  if (wanted === "") return true;
  return (
    `${row.kind} ${row.name} ${row.id ?? ""}`.toLowerCase().includes(wanted) ||
    row.spans.some((span) => span.id === wanted)
  );
}

function fill(list, rows, isAll) {
  const first = isAll ? rows : rows.filter((row, index) => index < FIRST_ROWS || isProblem(row));
  list.replaceChildren(...first.map(rowElement));
  if (first.length === rows.length) return;
  const item = make("li");
  const more = make("button", "more-rows", `Show all ${rows.length} objects`);
  more.type = "button";
  more.addEventListener("click", () => {
    fill(list, rows, true);
    list.querySelector(`li:nth-child(${first.length + 1}) .row`)?.focus();
  });
  item.append(more);
  list.append(item);
}

function draw() {
  hideTip();
  const all = groups.reduce((count, { rows }) => count + rows.length, 0);
  const isFiltered = search.value.trim() !== "" || problems.checked;
  const elements = groups.flatMap(({ name, rows }) => {
    const shown = rows.filter(isShown);
    if (shown.length === 0) return [];
    const group = make("details", "group");
    const summary = make("summary", "", name || "Outside workspaces");
    const bad = shown.filter(isProblem).length;
    const count = `${shown.length} ${shown.length === 1 ? "object" : "objects"}`;
    summary.append(make("small", "", bad ? `${count}, ${bad} with trouble` : count));
    const list = make("ul");
    group.append(summary, list);
    const open = () => {
      if (list.childElementCount === 0) fill(list, shown, isFiltered);
    };
    group.addEventListener("toggle", () => group.open && open());
    group.open = isFiltered || all <= MANY_ROWS || bad > 0;
    if (group.open) open();
    return [group];
  });
  const nothing = make("p", "empty", all === 0 ? "The log has no step." : "Nothing like that.");
  chart.replaceChildren(...(elements.length > 0 ? elements : [nothing]));
}

function drawAxis() {
  const ticks = document.getElementById("ticks");
  const steps = [
    50, 100, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  ];
  const step = steps.find((ms) => length / ms <= 8) ?? 3_600_000;
  const taken = [...breaks.map(({ at }) => at), ...(rollbackAt === undefined ? [] : [rollbackAt])];
  for (let at = 0; at <= length; at += step) {
    if (at > 0 && taken.some((other) => Math.abs(other - at) < length * 0.07)) continue;
    const tick = make("span", "", at === 0 ? "0" : seconds(at).replace(".0 s", " s").replace(" min 0 s", " min"));
    tick.style.left = percent(at);
    ticks.append(tick);
  }
  for (const { at, skippedMs } of breaks) {
    const tick = make("span", "skip", `⋯ ${seconds(skippedMs)} later`);
    tick.style.left = percent(at);
    ticks.append(tick);
  }
  if (rollbackAt === undefined) return;
  const turn = make("span", "turn", "rollback");
  turn.style.left = percent(rollbackAt);
  ticks.append(turn);
  document.getElementById("timeline").style.setProperty("--turn", percent(rollbackAt));
}

function toggle(button) {
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) button.nextElementSibling?.remove();
  else button.after(detailsOf(rowOfButton.get(button)));
}

const rowsShown = () => [...chart.querySelectorAll(".row")].filter((row) => row.offsetParent !== null);

chart.addEventListener("click", (event) => {
  const button = event.target.closest(".row");
  if (button) toggle(button);
});
chart.addEventListener("pointerover", (event) => {
  const span = spansOfBar.get(event.target);
  if (span) showTip(span, event.target);
  else hideTip();
});
chart.addEventListener("pointerleave", hideTip);
chart.addEventListener("focusout", hideTip);
chart.addEventListener("keydown", (event) => {
  const button = event.target.closest(".row");
  if (!button) return;
  const { key } = event;
  if (key === "ArrowDown" || key === "ArrowUp") {
    const rows = rowsShown();
    rows[rows.indexOf(button) + (key === "ArrowDown" ? 1 : -1)]?.focus();
  } else if (key === "ArrowRight" || key === "ArrowLeft") {
    const bars = [...button.querySelectorAll(".track i")];
    const now = bars.findIndex((element) => element.classList.contains("at"));
    const next = key === "ArrowRight" ? Math.min(now + 1, bars.length - 1) : Math.max(now - 1, 0);
    hideTip();
    const element = bars[next];
    if (!element) return;
    element.classList.add("at");
    const span = spansOfBar.get(element);
    showTip(span, element);
    live.textContent = `${titleOf(span)}: ${resultOf(span)}`;
  } else if (key === "Escape") hideTip();
  else return;
  event.preventDefault();
});
// a focus may scroll the page, and must not hide what its key has shown
addEventListener("scroll", () => document.querySelector(".track .at") ?? hideTip(), { passive: true });
search.addEventListener("input", draw);
problems.addEventListener("change", draw);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a page of a file may not use the clipboard: the text is selected instead
    const range = document.createRange();
    const code = button.previousElementSibling ?? button;
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  button.textContent = "copied";
  live.textContent = `copied ${text}`;
  setTimeout(() => (button.textContent = "copy"), 1500);
});

drawAxis();
draw();
document.documentElement.dataset.drawn = "true";
