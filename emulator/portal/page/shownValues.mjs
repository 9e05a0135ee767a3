// How names and values are shown: ids by the names of the objects that have them.

import { h } from "./dom.mjs";

/** `roleAssignments` as `Role assignments`. */
export const titleOf = (name) => {
  const words = name.replace(/([A-Z])/g, " $1").toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
};

/** Address of the view of an object. */
export const linkTo = (collection, id) =>
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

/** A value of an object. @param key the property that has it */
export function shown(value, names, key) {
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
