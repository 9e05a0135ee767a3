// The view of requests, with each as a command of curl.

import { h, say } from "./dom.mjs";

/** All requests, as they arrive. */
export function requestsView(page) {
  const filter = h("input", {
    type: "search",
    "aria-label": "Filter requests",
    placeholder: "Filter: POST, 429, fault, /items …",
    size: 34,
    oninput: page.redrawAll,
  });
  return [
    h("h2", {}, "Requests"),
    h("p", { class: "sub" }, "Every call to the emulator as it arrives, newest first. Tokens are not kept."),
    h(
      "div",
      { class: "bar" },
      filter,
      page.live(() => [h("span", { class: "sub" }, `${page.requests.length} in all`)]),
    ),
    page.live(() => requestRows(page.model, page.requests, filter.value, page.fresh), { class: "card" }),
  ];
}

/** A request as a command of curl. The token is left to whoever runs it: the emulator never keeps one. */
export function curlOf(origin, { method, path, query, body }) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const isGraph = /^\/(v1\.0|[0-9a-f-]{36}\/oauth2)/.test(path);
  const url = `${origin}${isGraph ? "" : "/v1"}${path}${query ? `?${query}` : ""}`;
  const hasBody = body && Object.keys(body).length > 0;
  const data = hasBody ? ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}` : "";
  return `curl -X ${method} ${quoted(url)} -H "Authorization: Bearer $TOKEN"${data}`;
}

/** Most requests in the list. */
const LISTED = 300;

/** The requests that match a filter, newest first. */
export function requestRows(model, requests, filter, fresh) {
  const wanted = filter.trim().toLowerCase();
  const matches = ({ method, path, status, errorCode = "", isHit }) =>
    `${method} ${path} ${status} ${errorCode} ${isHit ? "fault" : ""}`.toLowerCase().includes(wanted);
  const shownOnes = requests.filter(matches).slice(-LISTED).reverse();
  if (shownOnes.length === 0)
    return [h("p", { class: "empty" }, requests.length === 0 ? "No request yet." : "No request like that.")];
  return [
    h(
      "table",
      {},
      h(
        "tr",
        {},
        ["Time", "Request", "Answer", "Took", ""].map((title) =>
          h("th", { scope: "col" }, title || h("span", { class: "small" }, "Copy")),
        ),
      ),
      shownOnes.map((request) => {
        const { at, method, path, status, errorCode, isHit, ms, number } = request;
        const kind = status === 0 || status >= 400 ? "bad" : status === 202 ? "warn" : "good";
        return h(
          "tr",
          { class: [isHit && "hit", number >= fresh && "new"].filter(Boolean).join(" ") },
          h("td", { class: "tight" }, at.slice(11, 19)),
          h("td", { class: "mono" }, `${method} ${path}`),
          h(
            "td",
            {},
            h("span", { class: `pill ${kind}` }, status === 0 ? "dropped" : status),
            errorCode && ` ${errorCode}`,
            isHit && [" ", h("span", { class: "pill bad" }, "fault")],
          ),
          h("td", { class: "tight" }, ms === undefined ? "" : `${ms} ms`),
          h(
            "td",
            {},
            h(
              "button",
              {
                type: "button",
                class: "quiet",
                "data-key": `curl ${number}`,
                "aria-label": `copy ${method} ${path} as curl`,
                onclick: async () => {
                  await navigator.clipboard.writeText(curlOf(model.origin, request));
                  say("Copied as curl; set TOKEN to any text.");
                },
              },
              "curl",
            ),
          ),
        );
      }),
    ),
  ];
}
