// The view of levers, clock and store.

import { ask, field, h, say } from "./dom.mjs";
import { titleOf } from "./shownValues.mjs";

const CHOICES = { timing: ["immediate", "recorded"], quota: ["none", "documented"] };

function leversForm(page) {
  const problem = h("p", { class: "problem", role: "alert" });
  const inputs = Object.entries(page.model.levers).map(([key, value]) => {
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
    const now = page.model.levers[key];
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
      await page.refresh();
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

/** Levers, clock and store. */
export function settingsView(page) {
  const problem = h("p", { class: "problem", role: "alert" });
  const attempt = (work, done) => async () => {
    problem.textContent = "";
    try {
      await work();
      if (done) say(done);
      await page.refresh();
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
    leversForm(page),
    h("h3", {}, "Clock"),
    h(
      "div",
      { class: "card padded" },
      page.live(() => [
        h("p", {}, h("code", {}, new Date(page.model.now).toISOString().slice(0, 19).replace("T", " ")), " UTC"),
      ]),
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
