// The emulator's page: it asks for what has changed once a second, and draws the view that the address names.

import { ask, h, replace, say } from "./dom.mjs";
import { faultsView } from "./faultsView.mjs";
import { objectView } from "./objectView.mjs";
import { requestsView } from "./requestsView.mjs";
import { settingsView } from "./settingsView.mjs";
import { titleOf } from "./shownValues.mjs";
import { collectionView, overview, workspace } from "./views.mjs";

const nav = document.getElementById("nav");
const main = document.getElementById("main");
const status = document.getElementById("status");

/** Pause between questions. */
const ASK_EVERY_MS = 1_000;

/** What views are given: what the emulator has answered, and what they may call. */
const page = {
  model: undefined,
  /** All requests so far, each with its number. */
  requests: [],
  /** First request that came with the last answer. */
  fresh: 0,
  live,
  redrawAll,
  refresh,
};
/** The elements of the view that change: functions that draw them again. */
let redraw = [];

const address = () => {
  const [, view = "", ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  return { view, rest };
};

function drawNav() {
  const hits = page.model.faults.reduce((sum, { hits }) => sum + hits, 0);
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
  const workspaces = page.model.collections.find(({ name }) => name === "workspaces")?.objects ?? [];
  const tenant = page.model.collections.filter(
    ({ name, ownedBy }) => name !== "workspaces" && !("workspaces" in ownedBy),
  );
  replace(
    nav,
    h(
      "ul",
      {},
      entry("#/requests", "Requests", page.requests.length),
      entry(
        "#/faults",
        "Fault rules",
        hits > 0 ? `${hits} hit${hits === 1 ? "" : "s"}` : page.model.faults.length || undefined,
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

function redrawAll() {
  for (const draw of redraw) draw();
}

/** Draws the view of the address anew. */
function show() {
  redraw = [];
  const { view, rest } = address();
  const [first = "", ...more] = rest;
  const views = {
    requests: () => requestsView(page),
    faults: () => faultsView(page),
    settings: () => settingsView(page),
    workspace: () => [live(() => workspace(page.model, first))],
    tenant: () => [live(() => collectionView(page.model, first))],
    object: () => [objectView(page, first, more.join("/"))],
  };
  main.replaceChildren(...(views[view] ?? (() => [live(() => overview(page.model))]))().flat(9));
  redrawAll();
  drawNav();
  document.title = `${main.querySelector("h2")?.textContent ?? "Overview"} · Fabric emulator`;
}

/** Asks for what has changed. @returns whether something has */
async function fetchChanges() {
  const [next, news] = await Promise.all([
    ask(`/_emulator/portal/model?known=${encodeURIComponent(page.model?.version ?? "")}`),
    ask(`/_emulator/portal/requests?since=${page.requests.length}`),
  ]);
  if (news.from < page.requests.length) page.requests = [];
  // what was there when the page was opened is not news
  page.fresh = page.model === undefined ? Infinity : page.requests.length;
  page.requests = [
    ...page.requests,
    ...news.requests.map((request, index) => ({ ...request, number: news.from + index })),
  ];
  const isFirst = page.model === undefined;
  if (!isFirst)
    for (const { isHit, method, path } of news.requests) if (isHit) say(`A fault rule hit ${method} ${path}`);
  const isChanged = next.collections !== undefined;
  if (isChanged) page.model = next;
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
document.getElementById("origin").textContent = `${page.model.origin}/v1`;
status.textContent = "live";
show();
document.documentElement.dataset.drawn = "true";
setInterval(() => document.hidden || refresh(), ASK_EVERY_MS);
