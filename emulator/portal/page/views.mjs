// The views of what is deployed. Each takes the model and gives elements; none knows a family by its name, except that people are
// shown by the objects that their ids name.

import { h } from "./dom.mjs";
import { linkTo, namesIn, shown, titleOf } from "./shownValues.mjs";

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
