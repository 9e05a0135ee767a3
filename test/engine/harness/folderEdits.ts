import { randomUUID } from "node:crypto";
import type { Item } from "../../../emulator/families/itemStore.ts";
import { DEFAULT_SET, valueSetsOf } from "../../../emulator/families/itemSettings.ts";
import { changeOf, theirNameOf } from "./foreignEdits.ts";
import type { Drawing, Edit } from "./foreignEdits.ts";

/* What other people do, by chance, to the items of a folder. */

interface Chooser extends Omit<Drawing, "random"> {
  readonly one: <T>(all: readonly T[]) => T | undefined;
}

/** What holds something that a stored object does not show, or that goes with it. */
const STORES = ["Lakehouse", "Warehouse", "Eventhouse", "KQLDatabase"];

const ownItems = ({ service }: Chooser) => service.items.all().filter(({ type }) => type !== "SQLEndpoint");

const edits: Readonly<Record<string, (chooser: Chooser) => Edit | undefined>> = {
  content: contentEdit,
  oneMoreContent: contentEdit,
  name: (chooser) => {
    const item = chooser.one(ownItems(chooser));
    return item && changeOf("items", item, { displayName: theirNameOf(item.type, chooser.label) });
  },
  description: (chooser) => {
    const item = chooser.one(ownItems(chooser));
    return item && changeOf("items", item, { description: `theirs ${chooser.label}` });
  },
  place: (chooser) => {
    // a database lies where its eventhouse lies
    const item = chooser.one(ownItems(chooser).filter(({ type }) => !["Eventhouse", "KQLDatabase"].includes(type)));
    const folders = chooser.service.folders.all().filter(({ workspaceId }) => workspaceId === item?.workspaceId);
    const folder = chooser.one([undefined, ...folders.filter(({ id }) => id !== item?.folderId)]);
    return item && folder?.id !== item.folderId ? changeOf("items", item, { folderId: folder?.id }) : undefined;
  },
  deleted: (chooser) => {
    const item = chooser.one(ownItems(chooser).filter(({ type }) => !STORES.includes(type)));
    return item && { what: `item ${item.displayName}: deleted`, collection: "items", id: item.id, is: null };
  },
  made: ({ one, label, service }) => {
    const workspace = one(service.workspaces.all());
    if (!workspace) return undefined;
    const is = { workspaceId: workspace.id, type: "Notebook", displayName: `theirs ${label}`, description: "" };
    return { what: `item theirs ${label}: made`, collection: "items", id: randomUUID(), is, isNew: true };
  },
  valueSet: (chooser) => {
    const library = chooser.one(ownItems(chooser).filter(({ type }) => type === "VariableLibrary"));
    const active = library?.properties?.["activeValueSetName"] ?? DEFAULT_SET;
    const other = library && chooser.one(valueSetsOf(library).filter((name) => name !== active));
    return library && other !== undefined
      ? changeOf("items", library, { properties: { ...library.properties, activeValueSetName: other } })
      : undefined;
  },
  folderName: ({ one, label, service }) => {
    const folder = one(service.folders.all());
    return folder && changeOf("folders", folder, { displayName: `theirs ${label}` });
  },
};

/** Draws what somebody does to an item of a folder; undefined if there is nothing of its kind. */
export function drawFolderEdit({ random, label, service }: Drawing): Edit | undefined {
  const one = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  return edits[one(Object.keys(edits)) ?? ""]?.({ one, label, service });
}

/** Changes one file of an item. */
function contentEdit(chooser: Chooser): Edit | undefined {
  const { one, label } = chooser;
  const item = one(ownItems(chooser).filter(({ parts }) => parts !== undefined));
  const part = one(item?.parts?.filter(({ path }) => path !== ".platform") ?? []);
  if (!item || !part) return undefined;
  const text = Buffer.from(part.payload, "base64").toString();
  const payload = Buffer.from(changedText(text, `theirs ${label}`)).toString("base64");
  const parts: Item["parts"] = item.parts?.map((other) => (other === part ? { ...part, payload } : other)) ?? [];
  return { ...changeOf("items", item, { parts }), what: `${item.type} ${item.displayName}: ${part.path} edited` };
}

function changedText(text: string, words: string): string {
  try {
    return JSON.stringify({ ...(JSON.parse(text) as object), theirs: words });
  } catch {
    return `${text}# ${words}\n`;
  }
}
