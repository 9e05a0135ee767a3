import { closestName } from "../../config/closestName.ts";
import { wordList } from "../../config/wordList.ts";
import { knownItemType } from "../../api/itemType.ts";

/** Attributes of an item that a value may ask for, in the service's meaning of fabric-cicd's words. */
const itemAttributes = ["id", "sqlendpoint", "sqlendpointid", "queryserviceuri"] as const;
/** One of {@link itemAttributes}. */
export type ItemAttribute = (typeof itemAttributes)[number];

/** Attributes of a workspace that a value may ask for; `name_encoded` is the name as a part of an address (`My%20Sales`). */
const workspaceAttributes = ["id", "name", "name_encoded"] as const;
/** One of {@link workspaceAttributes}. */
export type WorkspaceAttribute = (typeof workspaceAttributes)[number];

/** A value that is known only at the target, or in the environment of the run. */
export type DynamicReference =
  | {
      readonly kind: "item";
      /** Display name of another workspace; absent for the workspace that is deployed. */
      readonly workspace?: string;
      /** Type of the item in the service's spelling. */
      readonly type: string;
      /** Display name of the item; it may contain dots. */
      readonly name: string;
      readonly attribute: ItemAttribute;
    }
  | {
      readonly kind: "workspace";
      /** Display name of another workspace, whose attribute is always `id`; absent for the workspace that is deployed. */
      readonly name?: string;
      readonly attribute: WorkspaceAttribute;
    }
  | {
      readonly kind: "environment variable";
      /** Name of the variable, in its own case. */
      readonly name: string;
    };

/** Types that have the attributes that not every item has. */
const ownersOf: Readonly<Partial<Record<ItemAttribute, readonly string[]>>> = {
  sqlendpoint: ["Lakehouse", "MirroredDatabase", "SQLDatabase", "Warehouse"],
  sqlendpointid: ["Lakehouse", "MirroredDatabase"],
  queryserviceuri: ["Eventhouse"],
};

const ITEM_FORM = "$items.<type>.<name>.$<attribute>";
const FORMS = [
  "$workspace.$id",
  "$workspace.$name",
  "$workspace.$name_encoded",
  "$workspace.<name>.$id",
  `$workspace.<name>.${ITEM_FORM}`,
  ITEM_FORM,
];

/** A reference that was understood, or why it was not. */
export type ReadReference = { readonly reference: DynamicReference } | { readonly problem: string };

/**
 * Understands one dynamic value of the kinds `$items…` and `$workspace…`, as fabric-cicd 1.4 writes them. Attributes may lack
 * their `$`, which is the old spelling.
 * @param text the whole value; it begins with `$`
 */
export function readReference(text: string): ReadReference {
  if (text.startsWith("$items.")) return itemReference(text.slice("$items.".length));
  if (text.startsWith("$workspace.")) return workspaceReference(text.slice("$workspace.".length));
  const word = /^\$\w*/.exec(text)?.[0] ?? "$";
  const meant = closestName(word, ["$items", "$workspace"]);
  const hint = meant && meant !== word ? `did you mean ${meant}?` : `known are ${wordList(FORMS, "and")}`;
  // without the word itself, which may be the beginning of a secret
  return { problem: `begins with $, but is no dynamic value; ${hint}` };
}

function workspaceReference(rest: string): ReadReference {
  if (rest === "$id" || rest === "id") return { reference: { kind: "workspace", attribute: "id" } };
  if (rest === "$name" || rest === "$name_encoded") {
    return { reference: { kind: "workspace", attribute: rest === "$name" ? "name" : "name_encoded" } };
  }
  if (rest === "name" || rest === "name_encoded") {
    // fabric-cicd looks for a workspace of this name, which nobody means
    return {
      problem: `is ambiguous: write $workspace.$${rest}, or $workspace.${rest}.$id for a workspace with the name ${rest}`,
    };
  }
  const items = rest.startsWith("$items.") ? 0 : rest.indexOf(".$items.");
  if (items >= 0) {
    const workspace = rest.slice(0, items).trim();
    if (workspace === "") return { problem: "names no workspace between $workspace. and .$items" };
    return itemReference(rest.slice(items + (items === 0 ? "$items.".length : ".$items.".length)), workspace);
  }
  if (rest.startsWith("$")) return { problem: wrongAttribute(rest.slice(1), workspaceAttributes, "a workspace") };
  const dot = rest.lastIndexOf(".$");
  if (dot >= 0 && rest.slice(dot) !== ".$id") {
    return { problem: wrongAttribute(rest.slice(dot + 2), ["id"], "another workspace") };
  }
  const name = (dot >= 0 ? rest.slice(0, dot) : rest).trim();
  if (name === "") return { problem: `names no workspace; write $workspace.$id, or $workspace.<name>.$id` };
  return { reference: { kind: "workspace", name, attribute: "id" } };
}

function itemReference(rest: string, workspace?: string): ReadReference {
  const form = workspace === undefined ? ITEM_FORM : `$workspace.<name>.${ITEM_FORM}`;
  const dot = rest.indexOf(".");
  const type = (dot < 0 ? rest : rest.slice(0, dot)).trim();
  const below = dot < 0 ? "" : rest.slice(dot + 1);
  // a name may contain dots: the attribute is what follows the last one
  const last = below.includes(".$") ? below.lastIndexOf(".$") : below.lastIndexOf(".");
  if (type === "" || last < 0) return { problem: `is incomplete: the form is ${form}` };
  const name = below.slice(0, last).trim();
  if (name === "") return { problem: `names no item: the form is ${form}` };
  const spelled = knownItemType(type);
  if (spelled !== undefined && spelled !== type) return { problem: `must spell the type ${spelled}, not ${type}` };
  const asked = below
    .slice(last + 1)
    .replace(/^\$/, "")
    .trim();
  const attribute = itemAttributes.find((known) => known === asked.toLowerCase());
  if (!attribute) return { problem: wrongAttribute(asked, itemAttributes, "an item") };
  const owners = ownersOf[attribute];
  if (owners && spelled !== undefined && !owners.includes(type)) {
    const has = itemAttributes.filter((one) => ownersOf[one]?.includes(type) ?? true);
    return {
      problem: `asks for $${attribute}, which a ${type} does not have; it has ${wordList(dollars(has), "and")}`,
    };
  }
  return { reference: { kind: "item", ...(workspace === undefined ? {} : { workspace }), type, name, attribute } };
}

const dollars = (attributes: readonly string[]) => attributes.map((attribute) => `$${attribute}`);

function wrongAttribute(asked: string, known: readonly string[], of: string): string {
  const meant = closestName(asked, known);
  const all = wordList(dollars(known), "and");
  return (
    `asks for $${asked}, which is no attribute of ${of}` +
    (meant === undefined ? `; known: ${all}` : `; did you mean $${meant}? Known: ${all}`)
  );
}
