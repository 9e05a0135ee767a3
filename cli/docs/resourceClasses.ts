import { format, resolveConfig } from "prettier";
import { MAY_BE_OUTPUT } from "../../package/standIns.ts";
import type { Field } from "../../providers/engine/field.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { allKinds, kindKeys, kinds } from "../../providers/kinds/kinds.ts";
import { declaringPath } from "./kindPages.ts";
import { readKindSources } from "./kindComments.ts";
import type { KindSource } from "./kindComments.ts";
import { schemaAt } from "./keyTable.ts";
import { keysSchema } from "./stackSchema.ts";
import type { Json } from "./stackSchema.ts";
import { acceptedBy, asItIs, commentText, propertyText, saysOf, typeText } from "./typeText.ts";
import type { Property } from "./typeText.ts";

/* The classes of the package: one for each kind, with what its fields, its source and the configuration say about it. */

/** The file that is derived. */
export const classesFile = "package/resources.ts";

/** Inputs that hold the id of what an object lies in. */
const HOLDERS: Readonly<Record<string, string>> = {
  workspaceId: "Id of the workspace that the object is in: `workspace.id`.",
  itemId: "Id of the item that the object belongs to: `item.ownId`.",
  connectionId: "Id of the connection: `connection.id`.",
};

/** The text of the file. */
export async function classesText(projectRoot: string): Promise<string> {
  const sources = readKindSources(projectRoot);
  const schema = keysSchema(kindKeys);
  const names = new Map<ResourceKind, string>(
    Object.entries(kinds).map(([name, kind]) => [kind as unknown as ResourceKind, name]),
  );
  const classes = allKinds.map((kind) => classText(kind, sources.get(names.get(kind) ?? ""), schema));
  const text = `import type { Input, Output } from "@pulumi/pulumi/output.js";
import type { CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import { FabricObject } from "./fabricObject.ts";

/* Derived from the kinds by \`npm run docs\`: change the kinds instead. */

${workspaceText(schema)}

${classes.join("\n\n")}
`;
  return format(text, { ...(await resolveConfig(classesFile)), parser: "typescript" });
}

/** The class of a kind, with the type of its arguments. */
function classText(kind: ResourceKind, source: KindSource | undefined, schema: Json): string {
  const { name } = kind;
  const path = declaringPath(kind);
  const described = path === undefined ? undefined : keysAt(schema, path);
  const fields = Object.entries(kind.fields).filter(([, field]) => !field.isDerived && !field.isFilledIn);
  const inputs = fields.map(([field, rule]) => inputOf(field, rule, { kind, source, described }));
  const outputs = kind.outputs.map((output): Property => {
    const { type = "unknown", isOptional = true, says = "" } = source?.outputs.get(output) ?? {};
    return {
      name: output,
      type: `Output<${type}${isOptional ? " | undefined" : ""}>`,
      isRequired: true,
      says: says || `\`${String(output)}\` of the ${kind.noun}, as the service shows it.`,
    };
  });
  const args = inputs.map((input) => propertyText({ ...input, type: `Input<${input.type}>` }));
  const known = inputs.map((input) => {
    const isKnown = input.isRequired || input.says.includes("@default `");
    return { ...input, type: `Output<${input.known}${isKnown ? "" : " | undefined"}>`, isRequired: true };
  });
  const members = [...known.filter(({ name: one }) => !kind.outputs.includes(one as never)), ...outputs];
  const isOptional = inputs.every(({ isRequired }) => !isRequired);
  return `/** Arguments of {@link ${name}}. */
export interface ${name}Args {
${args.join("\n")}
}

${commentText(source?.says ?? kind.noun)}export class ${name} extends FabricObject {
${members.map((member) => propertyText({ ...member, words: "declare readonly" })).join("\n")}

constructor(name: string, args: ${name}Args${isOptional ? " = {}" : ""}, opts?: CustomResourceOptions) {
  super("${name}", name, args, opts);
}
}`;
}

interface Described {
  readonly kind: ResourceKind;
  readonly source: KindSource | undefined;
  /** The keys of the configuration that declare such an object. */
  readonly described: Json | undefined;
}

function inputOf(
  field: string,
  { schema }: Field,
  { kind, source, described }: Described,
): Property & { readonly known: string } {
  const accepted = acceptedBy(schema);
  const inConfiguration = described?.properties?.[field] as Json | undefined;
  const own = saysOf({ ...accepted, description: accepted.description ?? source?.fields.get(field) ?? "" });
  const isSaid = accepted.description !== undefined || (source?.fields.get(field) ?? "") !== "";
  const says = isSaid ? own : [inConfiguration?.description, HOLDERS[field], own].filter(Boolean).join("\n");
  return {
    name: field,
    type: typeText(accepted, (type) => `Input<${type}>`),
    known: typeText(accepted, asItIs),
    isRequired: !schema.safeParse(undefined).success,
    says: says || `\`${field}\` of the ${kind.noun}.`,
  };
}

/** The arguments of the component, which are the keys of `workspaces[]`. */
function workspaceText(schema: Json): string {
  const [workspace = {}] = schemaAt(schema, "workspaces[]").oneOf ?? [];
  const { properties = {}, ...entry } = workspace;
  const { name: _name, ...keys } = properties;
  const users = (keys["users"] as Json).items as Json;
  const named = { description: "Key of the resource. Required if `principal` is an output.", type: "string" };
  const withName = { ...users, properties: { ...users.properties, name: named } } as Json;
  const own = {
    ...entry,
    required: [],
    properties: { ...keys, users: { ...(keys["users"] as Json), items: withName } },
  } as Json;
  const mayBe = Object.entries(MAY_BE_OUTPUT).flatMap(([holder, names]) =>
    names.map((name) => (holder === "" ? name : `${holder}.${name}`)),
  );
  const text = typeText(own, (type, path) => (mayBe.includes(path.replaceAll("[]", "")) ? `Input<${type}>` : type));
  return `/** Arguments of {@link FabricWorkspace}: the keys of an entry of \`fabric:workspaces\`, as docs/configuration.md has them. */
export interface FabricWorkspaceArgs ${text}`;
}

/** The keys of an object in the configuration; of all its variants, if it has some. */
function keysAt(schema: Json, path: string): Json {
  const found = schemaAt(schema, path);
  const variants = (found.oneOf ?? found.anyOf ?? []) as readonly Json[];
  const keys = variants.flatMap(({ properties = {} }) => Object.entries(properties));
  return variants.length === 0 ? found : { properties: Object.fromEntries(keys) };
}
