// The view of one object. Its content is asked for when it has changed.

import { ask, difference, h } from "./dom.mjs";
import { namesIn, shown, titleOf } from "./shownValues.mjs";

/** Content of the shown object, and the version of the model that it belongs to. */
let content = { key: "", version: "", value: undefined };

/** Asks for an object's content, if it may have changed since. */
async function askContent(page, name, id) {
  const key = `${name} ${id}`;
  if (content.key !== key) content = { key, version: "", value: undefined };
  if (content.version === page.model.version) return;
  content.version = page.model.version;
  const path = `/_emulator/portal/object?in=${encodeURIComponent(name)}&id=${encodeURIComponent(id)}`;
  const value = await ask(path).catch(() => undefined);
  if (content.key !== key) return;
  content.value = value;
  page.redrawAll();
}

/** One object: its files, and what changed between its versions. */
export const objectView = (page, name, id) =>
  page.live(() => {
    void askContent(page, name, id);
    return drawn(page.model, name, id, content.value);
  });

function drawn(model, name, id, content) {
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
