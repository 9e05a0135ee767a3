// The view of fault rules.

import { ask, field, h, say } from "./dom.mjs";
import { requestRows } from "./requestsView.mjs";

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

/** The fault rules, a form to add one, and the requests that they hit. */
export function faultsView(page) {
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
      await page.refresh();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const routes = [...new Set(page.model.routes.map(({ template }) => template))].sort();
  return [
    h("h2", {}, "Fault rules"),
    h("p", { class: "sub" }, "A rule lets requests fail as the service might. The list shows each hit as it comes."),
    page.live(() => faultRows(page.model.faults, page.refresh), { class: "card", id: "faults" }),
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
    page.live(
      () =>
        requestRows(
          page.model,
          page.requests.filter(({ isHit }) => isHit),
          "",
          page.fresh,
        ),
      { class: "card" },
    ),
  ];
}

/** The active rules with their hits. */
export function faultRows(faults, changed) {
  if (faults.length === 0) return [h("p", { class: "empty" }, "No rule: everything answers as it should.")];
  return [
    h(
      "table",
      {},
      h(
        "tr",
        {},
        ["Requests", "What happens", "Hits", ""].map((title) =>
          h("th", { scope: "col" }, title || h("span", { class: "small" }, "Remove")),
        ),
      ),
      faults.map(({ rule, hits }, index) => {
        const which = [rule.method ?? "any", rule.route ?? "any route"].join(" ");
        const when = [
          rule.nth > 1 && (rule.times === 1 ? `number ${rule.nth}` : `from number ${rule.nth} on`),
          rule.times === "forever" ? "each one" : rule.times > 1 && `${rule.times} of them`,
          rule.each && "counted by path",
          rule.sticky && "and its repetitions",
        ];
        return h(
          "tr",
          {},
          h(
            "td",
            {},
            h("code", {}, which),
            h("div", { class: "small" }, when.filter(Boolean).join(", ") || "the next one"),
          ),
          h("td", {}, effectOf(rule)),
          h(
            "td",
            { class: "tight" },
            h("span", { class: hits > 0 ? "pill bad" : "pill" }, `${hits} hit${hits === 1 ? "" : "s"}`),
          ),
          h(
            "td",
            {},
            h(
              "button",
              {
                type: "button",
                class: "quiet",
                "data-key": `remove ${index}`,
                "aria-label": `remove the rule for ${which}`,
                onclick: async () => {
                  await ask(`/_emulator/faults/${index}`, { method: "DELETE" });
                  changed();
                },
              },
              "remove",
            ),
          ),
        );
      }),
    ),
  ];
}

function effectOf(rule) {
  const effects = [
    rule.status !== undefined && `${rule.status} ${rule.errorCode}`,
    rule.retryAfter !== undefined && `Retry-After ${rule.retryAfter} s`,
    rule.operationError && `its operation fails: ${rule.operationError.errorCode}`,
    rule.drop && `connection closed ${rule.drop} the effect`,
    rule.delayMs > 0 && `${rule.delayMs} ms later`,
    rule.holdMs > 0 && `answer held for ${rule.holdMs} ms`,
  ];
  return effects.filter(Boolean).join(", ") || "nothing";
}
