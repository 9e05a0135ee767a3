// The views of the portal. Each takes the model and gives elements; none knows a family by its name, except that people are
// shown by the objects that their ids name.

import { ask, difference, h, say } from "./dom.mjs";

/** `roleAssignments` as `Role assignments`. */
export const titleOf = (name) => {
  const words = name.replace(/([A-Z])/g, " $1").toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
};
const ownerOf = ({ ownedBy }) => Object.keys(ownedBy)[0];
const linkTo = (collection, id) =>
  collection === "workspaces"
    ? `#/workspace/${encodeURIComponent(id)}`
    : `#/object/${collection}/${encodeURIComponent(id)}`;

/** Names of all objects by id, so that an id can be read. */
export function namesIn(model) {
  const names = new Map();
  for (const { name: collection, objects } of model.collections)
    for (const { id, name } of objects)
      if (!names.has(id.toLowerCase())) names.set(id.toLowerCase(), { collection, id, name });
  return names;
}

function shown(value, names, key) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "number" && value > 1e12)
    return h("span", { class: "moment" }, new Date(value).toISOString().slice(0, 19).replace("T", " "));
  if (typeof value === "string") {
    const known = /id$/i.test(key) ? names.get(value.toLowerCase()) : undefined;
    if (known) return h("a", { href: linkTo(known.collection, known.id), title: value }, known.name);
    if (/^(Succeeded|Active|Completed|Approved)$/.test(value)) return h("span", { class: "pill good" }, value);
    if (/^(Failed|Inactive|Rejected)$/.test(value)) return h("span", { class: "pill bad" }, value);
    if (/^(Running|Pending|Provisioning|InProgress)$/.test(value)) return h("span", { class: "pill warn" }, value);
    return value;
  }
  if (Array.isArray(value) && value.every((one) => typeof one === "string"))
    return value.map((one) => h("div", {}, one));
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (isPlain(value)) {
    const lines = Object.entries(value).map(([name, own]) =>
      h("div", {}, h("dt", {}, titleOf(name)), h("dd", {}, shown(own, names, name))),
    );
    return lines.length > 0 && h("dl", {}, lines);
  }
  return value.length === 0 ? "" : h("code", {}, JSON.stringify(value));
}

/** Whether an object has nothing but texts, numbers and the like. */
const isPlain = (value) =>
  typeof value === "object" &&
  !Array.isArray(value) &&
  Object.values(value).every((own) => typeof own !== "object" || own === null);

/** Most columns beside the name. */
const COLUMNS = 5;

/** The properties that say most: those that most objects have, and no ids of owners. */
function columnsOf({ ownedBy, objects }) {
  const owners = new Set(Object.values(ownedBy));
  const counts = new Map();
  // what is nested is shown on the object's own page
  const isShort = (value) => typeof value !== "object" || (Array.isArray(value) && value.length > 0);
  for (const { values, name } of objects)
    for (const [key, value] of Object.entries(values))
      if (!owners.has(key) && key !== "principalId" && !SAYS_NOTHING.has(value) && value !== name && isShort(value))
        counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, COLUMNS)
    .map(([key]) => key);
}

/** Objects in the order of a tree: each below the one that it lies in. */
function inTree(collections, objects) {
  const children = new Map();
  const known = new Set(objects.map(({ object }) => object.id.toLowerCase()));
  for (const entry of objects) {
    const { liesIn } = collections.get(entry.collection);
    const parent = Object.values(liesIn)
      .map((key) => entry.object.values[key])
      .find((id) => typeof id === "string" && known.has(id.toLowerCase()));
    const key = parent?.toLowerCase() ?? "";
    children.set(key, [...(children.get(key) ?? []), entry]);
  }
  const walk = (key, depth) =>
    (children.get(key) ?? []).flatMap((entry) => [
      { ...entry, depth },
      ...walk(entry.object.id.toLowerCase(), depth + 1),
    ]);
  return walk("", 0);
}

function table(collection, objects, names) {
  if (objects.length === 0) return h("p", { class: "empty" }, "None.");
  const columns = columnsOf({ ...collection, objects });
  return h(
    "table",
    {},
    h(
      "tr",
      {},
      h("th", { scope: "col" }, "Name"),
      columns.map((key) => h("th", { scope: "col" }, titleOf(key))),
    ),
    objects.map(({ id, name, values }) => {
      const own = names.get(name.toLowerCase());
      const principal = names.get(String(values.principalId ?? "").toLowerCase());
      const title = principal?.name ?? (own && own.id !== id ? own.name : name);
      return h(
        "tr",
        {},
        h("td", {}, h("a", { href: linkTo(collection.name, id), "data-key": `${collection.name} ${id}` }, title)),
        columns.map((key) => h("td", {}, shown(values[key], names, key))),
      );
    }),
  );
}

/** Values that say nothing. */
const SAYS_NOTHING = new Set(["", null, 0, false]);

/** All workspaces. */
export function overview(model) {
  const workspaces = model.collections.find(({ name }) => name === "workspaces")?.objects ?? [];
  const tiles = workspaces.map(({ id, name, values }) => {
    const owned = model.collections.flatMap((collection) => {
      const key = collection.ownedBy.workspaces;
      if (key === undefined) return [];
      const count = collection.objects.filter((one) => (key === "id" ? one.id : one.values[key]) === id).length;
      return count > 0 ? [`${count} ${titleOf(collection.name).toLowerCase()}`] : [];
    });
    return h(
      "a",
      { class: "card tile", href: `#/workspace/${id}`, "data-key": `tile ${id}` },
      h("strong", {}, name),
      h("span", {}, [values.description, owned.join(", ") || "empty"].filter(Boolean).join(" · ")),
    );
  });
  return [
    h("h2", {}, "Workspaces"),
    h("p", { class: "sub" }, "What deployments have made here. This page changes as they go on."),
    tiles.length > 0
      ? h("div", { class: "grid" }, tiles)
      : h(
          "div",
          { class: "card padded" },
          h("p", {}, "There is no workspace yet. Deploy one: "),
          h("code", {}, "npm start"),
          h(
            "p",
            { class: "sub" },
            `Or let any client of the Fabric API call ${model.origin}/v1, with any bearer token.`,
          ),
        ),
  ];
}

/** One workspace: a section for each family that has something in it. */
export function workspace(model, id) {
  const names = namesIn(model);
  const found = model.collections.find(({ name }) => name === "workspaces")?.objects.find((one) => one.id === id);
  if (!found) return [h("h2", {}, "This workspace is gone"), h("p", {}, h("a", { href: "#/" }, "All workspaces"))];
  const collections = new Map(model.collections.map((collection) => [collection.name, collection]));
  const owned = model.collections.flatMap((collection) => {
    const key = collection.ownedBy.workspaces;
    if (key === undefined) return [];
    const objects = collection.objects.filter((one) => (key === "id" ? one.id : one.values[key]) === id);
    return objects.length > 0 ? [{ collection, objects }] : [];
  });
  const isInTree = ({ collection }) =>
    Object.keys(collection.liesIn).length > 0 ||
    owned.some((other) => Object.keys(other.collection.liesIn).includes(collection.name));
  const tree = owned.filter(isInTree);
  const treeRows = inTree(
    collections,
    tree.flatMap(({ collection, objects }) => objects.map((object) => ({ collection: collection.name, object }))),
  );
  const facts = Object.entries(found.values).filter(
    ([key, value]) => !SAYS_NOTHING.has(value) && key !== "displayName" && key !== "type",
  );
  return [
    h("h2", {}, found.name),
    h(
      "p",
      { class: "sub" },
      h("code", {}, id),
      facts.flatMap(([key, value]) => [` · ${titleOf(key)}: `, shown(value, names, key)]),
    ),
    treeRows.length > 0 && [
      h(
        "h3",
        {},
        tree
          .map(({ collection }, index) =>
            index === 0 ? titleOf(collection.name) : titleOf(collection.name).toLowerCase(),
          )
          .join(" and "),
      ),
      h(
        "div",
        { class: "card" },
        h(
          "table",
          { class: "tree" },
          h(
            "tr",
            {},
            ["Name", "Kind", "Description", "Files"].map((title) => h("th", { scope: "col" }, title)),
          ),
          treeRows.map(({ collection, object, depth }) =>
            h(
              "tr",
              {},
              h(
                "td",
                { style: { "--depth": String(depth) } },
                h("a", { href: linkTo(collection, object.id), "data-key": `tree ${object.id}` }, object.name),
              ),
              h("td", {}, object.values.type ?? titleOf(collection).replace(/s$/, "")),
              h("td", {}, object.values.description ?? ""),
              h("td", {}, (object.values.parts ?? []).length || ""),
            ),
          ),
        ),
      ),
    ],
    owned
      .filter((one) => !isInTree(one))
      .map(({ collection, objects }) => [
        h("h3", {}, titleOf(collection.name)),
        h("div", { class: "card" }, table(collection, objects, names)),
      ]),
    owned.length === 0 && h("p", { class: "sub" }, "Nothing is in it."),
  ];
}

/** One collection of the tenant. */
export function collectionView(model, name) {
  const collection = model.collections.find((one) => one.name === name);
  if (!collection) return [h("h2", {}, "There is no such part")];
  return [
    h("h2", {}, titleOf(name)),
    h("p", { class: "sub" }, `Family ${collection.family}`),
    h("div", { class: "card" }, table(collection, collection.objects.toReversed(), namesIn(model))),
  ];
}

/** One object: its files, and what changed between its versions. Its content is asked for when it has changed. */
export function objectView(model, name, id, content) {
  const collection = model.collections.find((one) => one.name === name);
  const object = collection?.objects.find((one) => one.id === id);
  if (!object) return [h("h2", {}, "It is not there any more"), h("p", {}, h("a", { href: "#/" }, "All workspaces"))];
  const names = namesIn(model);
  const facts = Object.entries(object.values).filter(
    ([key, value]) => value !== "" && value !== null && key !== "parts",
  );
  return [
    h("h2", {}, object.name),
    h("p", { class: "sub" }, `${object.values.type ?? titleOf(name)} `, h("code", {}, id)),
    h(
      "div",
      { class: "card" },
      h(
        "table",
        {},
        facts.map(([key, value]) =>
          h("tr", {}, h("th", { scope: "row" }, titleOf(key)), h("td", {}, shown(value, names, key))),
        ),
      ),
    ),
    content && [
      h("h3", {}, "Changes"),
      h(
        "div",
        { class: "card" },
        content.changes.length === 0
          ? h("p", { class: "empty" }, "It has not changed since this emulator was started.")
          : content.changes.map(({ at, files }, index) =>
              h(
                "details",
                { class: "file", "data-key": `change ${at}`, open: index === 0 },
                h(
                  "summary",
                  {},
                  `${at.slice(0, 19).replace("T", " ")} · `,
                  files.map(({ path }) => path).join(", ") || "nothing visible",
                ),
                files.map(({ path, lines }) => [h("code", {}, path), difference(lines)]),
              ),
            ),
      ),
      h("h3", {}, "Content"),
      h(
        "div",
        { class: "card" },
        content.files.map(({ path, text }) =>
          h(
            "details",
            { class: "file", "data-key": `file ${path}`, open: content.files.length <= 2 },
            h("summary", {}, h("code", {}, path)),
            text === null || text === undefined
              ? h("p", { class: "empty" }, "No text.")
              : h("pre", { tabindex: 0 }, h("span", {}, text)),
          ),
        ),
      ),
    ],
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
