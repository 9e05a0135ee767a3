import type { ChangedFile, ChangedObject, ChangedProperty } from "./changes.ts";
import { Markup, markup } from "./markup.ts";
import type { Report } from "./model.ts";

/** Objects of a workspace from which on its changes begin closed. */
const MANY_OBJECTS = 30;
/** Most lines of a file's difference that are shown at once. */
const OPEN_LINES = 24;

/** The part of the page that says what changed, by workspace. */
export function changesSection({ changes, timeline, outcome }: Report): Markup {
  if (changes.length === 0) return new Markup("");
  const names = workspaceNames(changes, timeline);
  const groups = Map.groupBy(changes, ({ workspaceId }) => workspaceId);
  const note = outcome === "rolledBack" && markup`<p class="sub">The rollback has taken all of this back.</p>`;
  const parts = [...groups].map(([id, objects]) => groupOf(names.get(id) ?? id, objects));
  return markup`<section aria-labelledby="changes-title"><h2 id="changes-title">What changed</h2>${note}<div class="changes card">${parts}</div></section>`;
}

/** Names of workspaces by id, as the timeline has them. */
function workspaceNames(changes: readonly ChangedObject[], { groups }: Report["timeline"]): Map<string, string> {
  const names = new Map<string, string>([["", "Outside workspaces"]]);
  for (const { name, rows } of groups)
    for (const { kind, id } of rows)
      if (id !== undefined && name !== "") {
        const workspaceId = kind === "Workspace" ? id : id.includes("/") ? id.split("/")[0] : undefined;
        if (workspaceId) names.set(workspaceId.toLowerCase(), name);
      }
  // what was never answered has no id: it is named by its own change
  for (const { kind, workspaceId, name } of changes)
    if (kind === "Workspace" && !names.has(workspaceId)) names.set(workspaceId, name);
  return names;
}

function groupOf(name: string, objects: readonly ChangedObject[]): Markup {
  const made = objects.filter(isPlainCreate);
  const others = objects.filter((object) => !isPlainCreate(object));
  const isOpen = objects.length <= MANY_OBJECTS || others.length > 0;
  const counts = (["create", "update", "delete"] as const).flatMap((operation) => {
    const count = objects.filter((object) => object.operation === operation).length;
    return count > 0 ? [`${count} ${DONE[operation]}`] : [];
  });
  const byKind = [...Map.groupBy(made, ({ kind }) => kind)].map(
    ([kind, own]) =>
      markup`<p class="names"><span class="op create">create</span><b>${kind}</b> ${own.map(({ name }) => name).join(", ")}</p>`,
  );
  return markup`<details${isOpen && new Markup(" open")}><summary>${name}<small>${counts.join(", ")}</small></summary>${byKind}${others.map(objectOf)}</details>`;
}

const DONE = { create: "created", update: "updated", delete: "deleted" } as const;

const isPlainCreate = ({ operation, isRefused, files }: ChangedObject) =>
  operation === "create" && !isRefused && files.every(({ change }) => change === "new");

function objectOf({ kind, name, operation, isRefused, properties, files }: ChangedObject): Markup {
  const refused = isRefused && markup`<span class="refused-note">refused</span>`;
  const table = properties.length > 0 && markup`<table class="properties">${properties.map(propertyOf)}</table>`;
  return markup`<div class="object"><h3><span class="op ${operation}">${operation}</span>${kind} ${name}${refused}</h3>${table}${files.map(fileOf)}</div>`;
}

const propertyOf = ({ property, before, after }: ChangedProperty) =>
  markup`<tr><th scope="row">${property}</th><td>${before !== undefined && markup`<del>${before}</del>`}${
    before !== undefined && after !== undefined && " → "
  }${after !== undefined && markup`<ins>${after}</ins>`}${after === undefined && " removed"}</td></tr>`;

function fileOf({ path, change, lines, note }: ChangedFile): Markup {
  const title = markup`<code>${path}</code> ${change}${note !== undefined && `, ${note}`}`;
  if (lines.length === 0) return markup`<div class="file">${title}</div>`;
  const open = lines.length <= OPEN_LINES && new Markup(" open");
  return markup`<div class="file"><details${open}><summary>${title}</summary><pre>${lines.map(lineOf)}</pre></details></div>`;
}

const lineOf = (line: string) =>
  markup`<span class="${line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : line.startsWith("@@") ? "place" : ""}">${line || " "}</span>`;
