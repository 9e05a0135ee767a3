// The emulator's page: it asks for what has changed once a second, and draws the view that the address names.

import { ask, h, replace, say } from "./dom.mjs";
import { collectionView, faultRows, objectView, overview, requestRows, titleOf, workspace } from "./views.mjs";

const nav = document.getElementById("nav");
const main = document.getElementById("main");
const status = document.getElementById("status");

/** Pause between questions. */
const ASK_EVERY_MS = 1_000;

let model;
/** All requests so far, each with its number. */
let requests = [];
/** First request that came with the last answer. */
let fresh = 0;
/** The elements of the view that change: functions that draw them again. */
let redraw = [];

const address = () => {
  const [, view = "", ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  return { view, rest };
};

function drawNav() {
  const hits = model.faults.reduce((sum, { hits }) => sum + hits, 0);
  const here = location.hash || "#/";
  const entry = (href, text, count, isBad) =>
    h(
      "li",
      {},
      h(
        "a",
        { href, "data-key": href, "aria-current": here === href ? "page" : false },
        text,
        count !== undefined && h("span", { class: isBad ? "count bad" : "count" }, count),
      ),
    );
  const workspaces = model.collections.find(({ name }) => name === "workspaces")?.objects ?? [];
  const tenant = model.collections.filter(({ name, ownedBy }) => name !== "workspaces" && !("workspaces" in ownedBy));
  replace(
    nav,
    h(
      "ul",
      {},
      entry("#/requests", "Requests", requests.length),
      entry(
        "#/faults",
        "Fault rules",
        hits > 0 ? `${hits} hit${hits === 1 ? "" : "s"}` : model.faults.length || undefined,
        hits > 0,
      ),
      entry("#/settings", "Levers, clock, store"),
    ),
    h("h2", {}, "Workspaces"),
    h(
      "ul",
      {},
      entry("#/", "All", workspaces.length),
      workspaces.map(({ id, name }) => entry(`#/workspace/${id}`, name)),
    ),
    h("h2", {}, "Tenant"),
    h(
      "ul",
      {},
      tenant.map(({ name, objects }) => entry(`#/tenant/${name}`, titleOf(name), objects.length)),
    ),
  );
}

/** A part of the view that is drawn anew with each change. */
function live(draw, attributes = {}) {
  const element = h("div", attributes);
  redraw.push(() => replace(element, draw()));
  return element;
}

function requestsView() {
  const filter = h("input", {
    type: "search",
    "aria-label": "Filter requests",
    placeholder: "Filter: POST, 429, fault, /items …",
    size: 34,
    oninput: redrawAll,
  });
  return [
    h("h2", {}, "Requests"),
    h("p", { class: "sub" }, "Every call to the emulator as it arrives, newest first. Tokens are not kept."),
    h(
      "div",
      { class: "bar" },
      filter,
      live(() => [h("span", { class: "sub" }, `${requests.length} in all`)]),
    ),
    live(() => requestRows(model, requests, filter.value, fresh), { class: "card" }),
  ];
}

const field = (label, input, attributes = {}) => h("label", attributes, label, input);

/** Rules that people want most. */
const PRESETS = {
  "429 for the next create": {
    method: "POST",
    route: "/workspaces/{workspaceId}/items",
    status: "429",
    errorCode: "RequestBlocked",
    retryAfter: "2",
  },
  "Item creates fail": {
    method: "POST",
    route: "/workspaces/{workspaceId}/items",
    status: "400",
    errorCode: "InvalidInput",
    times: "forever",
  },
  "An operation fails": {
    method: "POST",
    route: "/workspaces/{workspaceId}/items",
    operationError: "ItemCreationFailed",
  },
  "An answer is lost": { method: "POST", route: "/workspaces", drop: "after" },
  "503 three times": { status: "503", errorCode: "ServiceUnavailable", times: "3" },
};

function faultsView() {
  const problem = h("p", { class: "problem", role: "alert" });
  const options = (values) => values.map((value) => h("option", { value }, value === "" ? "any" : value));
  const inputs = {
    method: h("select", {}, options(["", "GET", "POST", "PATCH", "PUT", "DELETE"])),
    route: h("input", { list: "routes", placeholder: "any" }),
    nth: h("input", { type: "number", min: 1, placeholder: "1" }),
    times: h("input", { placeholder: "1, or forever" }),
    status: h("input", { type: "number", min: 400, max: 599, placeholder: "such as 429" }),
    errorCode: h("input", { placeholder: "UnknownError" }),
    retryAfter: h("input", { placeholder: "seconds" }),
    delayMs: h("input", { type: "number", min: 0, placeholder: "ms" }),
    drop: h(
      "select",
      {},
      h("option", { value: "" }, "no"),
      h("option", { value: "before" }, "before the effect"),
      h("option", { value: "after" }, "after the effect"),
    ),
    operationError: h("input", { placeholder: "error code" }),
  };
  const ruleOf = () => {
    const text = (key) => inputs[key].value.trim() || undefined;
    const number = (key) => (text(key) === undefined ? undefined : Number(text(key)));
    const operation = text("operationError");
    return {
      method: text("method"),
      route: text("route"),
      nth: number("nth"),
      times: text("times") === "forever" ? "forever" : number("times"),
      status: number("status"),
      errorCode: text("errorCode"),
      retryAfter: text("retryAfter"),
      delayMs: number("delayMs"),
      drop: text("drop"),
      operationError: operation && { errorCode: operation, message: "A fault was injected" },
    };
  };
  const fillIn = (values) => {
    for (const [key, input] of Object.entries(inputs)) input.value = values[key] ?? "";
    inputs.route.focus();
  };
  const add = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await ask("/_emulator/faults/more", { method: "POST", body: [ruleOf()] });
      say("The rule is active.");
      await refresh();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const routes = [...new Set(model.routes.map(({ template }) => template))].sort();
  return [
    h("h2", {}, "Fault rules"),
    h("p", { class: "sub" }, "A rule lets requests fail as the service might. The list shows each hit as it comes."),
    live(() => faultRows(model.faults, refresh), { class: "card", id: "faults" }),
    h("h3", {}, "Add a rule"),
    h(
      "form",
      { class: "card", onsubmit: add, id: "fault-form" },
      h(
        "div",
        { class: "form" },
        field("Method", inputs.method),
        field("Route, or a part of the path", inputs.route, { class: "wide" }),
        field("First matching request", inputs.nth),
        field("How many", inputs.times),
        field("Answer with status", inputs.status),
        field("Error code", inputs.errorCode),
        field("Retry-After", inputs.retryAfter),
        field("Delay before", inputs.delayMs),
        field("Close the connection", inputs.drop),
        field("Let its operation fail with", inputs.operationError),
        h("div", { class: "actions" }, h("button", { class: "main" }, "Add rule"), problem),
      ),
      h(
        "div",
        { class: "presets" },
        Object.entries(PRESETS).map(([name, values]) =>
          h("button", { type: "button", class: "quiet", onclick: () => fillIn(values) }, name),
        ),
      ),
      h(
        "datalist",
        { id: "routes" },
        routes.map((value) => h("option", { value })),
      ),
    ),
    h("h3", {}, "Last hits"),
    live(
      () =>
        requestRows(
          model,
          requests.filter(({ isHit }) => isHit),
          "",
          fresh,
        ),
      { class: "card" },
    ),
  ];
}

const CHOICES = { timing: ["immediate", "recorded"], quota: ["none", "documented"] };

function leversForm() {
  const problem = h("p", { class: "problem", role: "alert" });
  const inputs = Object.entries(model.levers).map(([key, value]) => {
    if (typeof value === "boolean") return [key, h("input", { type: "checkbox", checked: value })];
    if (key in CHOICES)
      return [
        key,
        h(
          "select",
          {},
          CHOICES[key].map((choice) => h("option", { value: choice, selected: choice === value }, choice)),
        ),
      ];
    const text =
      value === null
        ? ""
        : typeof value === "object"
          ? JSON.stringify(value)
          : value >= Number.MAX_SAFE_INTEGER
            ? ""
            : String(value);
    return [key, h("input", { value: text, placeholder: value === null ? "none" : "all" })];
  });
  const valueOf = (key, input) => {
    const now = model.levers[key];
    if (input.type === "checkbox") return input.checked;
    if (key in CHOICES) return input.value;
    const text = input.value.trim();
    if (key === "throttle") return text === "" ? null : JSON.parse(text);
    if (text === "") return key === "pageSize" ? Number.MAX_SAFE_INTEGER : now;
    if (!Number.isFinite(Number(text))) throw new Error(`${key} must be a number.`);
    return Number(text);
  };
  const save = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const body = Object.fromEntries(inputs.map(([key, input]) => [key, valueOf(key, input)]));
      await ask("/_emulator/levers", { method: "POST", body });
      say("The levers are set.");
      await refresh();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  return h(
    "form",
    { class: "card", onsubmit: save },
    h(
      "div",
      { class: "form" },
      inputs.map(([key, input]) =>
        input.type === "checkbox" ? h("label", { class: "row" }, input, titleOf(key)) : field(titleOf(key), input),
      ),
      h("div", { class: "actions" }, h("button", { class: "main" }, "Set levers"), problem),
    ),
  );
}

function settingsView() {
  const problem = h("p", { class: "problem", role: "alert" });
  const attempt = (work, done) => async () => {
    problem.textContent = "";
    try {
      await work();
      if (done) say(done);
      await refresh();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const advance = (advanceMs) =>
    attempt(() => ask("/_emulator/clock", { method: "POST", body: { advanceMs } }), "The clock was set forward.");
  const file = h("input", { type: "file", accept: "application/json", "aria-label": "Snapshot to load" });
  const load = attempt(async () => {
    const [chosen] = file.files;
    if (!chosen) throw new Error("Choose a snapshot first.");
    await ask("/_emulator/state", { method: "POST", body: JSON.parse(await chosen.text()) });
  }, "The snapshot was loaded.");
  const snapshot = attempt(async () => {
    const text = JSON.stringify(await ask("/_emulator/state"), null, 2);
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    h("a", { href: url, download: "emulator-snapshot.json" }).click();
    URL.revokeObjectURL(url);
  });
  const reset = async () => {
    if (confirm("Remove all objects, rules and requests, and begin with the seed again?"))
      await attempt(() => ask("/_emulator/reset", { method: "POST" }), "The emulator begins anew.")();
  };
  return [
    h("h2", {}, "Levers, clock, store"),
    problem,
    h("h3", {}, "Levers"),
    leversForm(),
    h("h3", {}, "Clock"),
    h(
      "div",
      { class: "card padded" },
      live(() => [h("p", {}, h("code", {}, new Date(model.now).toISOString().slice(0, 19).replace("T", " ")), " UTC")]),
      h("p", { class: "sub" }, "Operations end, names become free and tokens expire by this clock."),
      h(
        "div",
        { class: "bar" },
        h("button", { type: "button", onclick: advance(60_000) }, "+ 1 minute"),
        h("button", { type: "button", onclick: advance(3_600_000) }, "+ 1 hour"),
        h("button", { type: "button", onclick: advance(86_400_000) }, "+ 1 day"),
      ),
    ),
    h("h3", {}, "Store"),
    h(
      "div",
      { class: "card padded" },
      h("div", { class: "bar" }, h("button", { type: "button", onclick: snapshot }, "Save a snapshot")),
      h("div", { class: "bar" }, file, h("button", { type: "button", onclick: load }, "Load it")),
      h("div", { class: "bar" }, h("button", { type: "button", class: "danger", onclick: reset }, "Reset")),
    ),
  ];
}

/** Content of the shown object, and the version of the model that it belongs to. */
let content = { key: "", version: "", value: undefined };

/** Asks for an object's content, if it may have changed since. */
async function askContent(name, id) {
  const key = `${name} ${id}`;
  if (content.key !== key) content = { key, version: "", value: undefined };
  if (content.version === model.version) return;
  content.version = model.version;
  const path = `/_emulator/portal/object?in=${encodeURIComponent(name)}&id=${encodeURIComponent(id)}`;
  const value = await ask(path).catch(() => undefined);
  if (content.key !== key) return;
  content.value = value;
  redrawAll();
}

const shownObject = (name, id) =>
  live(() => {
    void askContent(name, id);
    return objectView(model, name, id, content.value);
  });

function redrawAll() {
  for (const draw of redraw) draw();
}

/** Draws the view of the address anew. */
function show() {
  redraw = [];
  const { view, rest } = address();
  const [first = "", ...more] = rest;
  const views = {
    requests: requestsView,
    faults: faultsView,
    settings: settingsView,
    workspace: () => [live(() => workspace(model, first))],
    tenant: () => [live(() => collectionView(model, first))],
    object: () => [shownObject(first, more.join("/"))],
  };
  main.replaceChildren(...(views[view] ?? (() => [live(() => overview(model))]))().flat(9));
  redrawAll();
  drawNav();
  document.title = `${main.querySelector("h2")?.textContent ?? "Overview"} · Fabric emulator`;
}

/** Asks for what has changed. @returns whether something has */
async function fetchChanges() {
  const [next, news] = await Promise.all([
    ask(`/_emulator/portal/model?known=${encodeURIComponent(model?.version ?? "")}`),
    ask(`/_emulator/portal/requests?since=${requests.length}`),
  ]);
  if (news.from < requests.length) requests = [];
  // what was there when the page was opened is not news
  fresh = model === undefined ? Infinity : requests.length;
  requests = [...requests, ...news.requests.map((request, index) => ({ ...request, number: news.from + index }))];
  const isFirst = model === undefined;
  if (!isFirst)
    for (const { isHit, method, path } of news.requests) if (isHit) say(`A fault rule hit ${method} ${path}`);
  const isChanged = next.collections !== undefined;
  if (isChanged) model = next;
  return isFirst || isChanged || news.requests.length > 0;
}

/** Several changes at once are asked for once. */
let asking;
function refresh() {
  asking ??= fetchChanges()
    .then((isChanged) => {
      status.textContent = "live";
      status.classList.remove("lost");
      if (!isChanged) return;
      drawNav();
      redrawAll();
    })
    .catch(() => {
      status.textContent = "the emulator does not answer";
      status.classList.add("lost");
    })
    .finally(() => (asking = undefined));
  return asking;
}

addEventListener("hashchange", () => {
  show();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});

await fetchChanges();
document.getElementById("origin").textContent = `${model.origin}/v1`;
status.textContent = "live";
show();
document.documentElement.dataset.drawn = "true";
setInterval(() => document.hidden || refresh(), ASK_EVERY_MS);
