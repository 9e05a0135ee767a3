import { z } from "zod";
import type { KindKey } from "../../lib/config/kindKeys.ts";
import { schemaWith } from "../../lib/config/schema/schema.ts";
import { workspaceFilesSchema } from "../../lib/config/schema/workspaceSchema.ts";
import { WHY_NO_SECRETS } from "../../lib/config/secrets.ts";

/** A JSON Schema, or a part of one, as plain data. */
export type Json = z.core.JSONSchema.JSONSchema;

/** `"true"` and `"false"` as text, in any case: `pulumi config set` writes them. */
const TRUE_OR_FALSE = "^\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\\s*$";

/** Metadata that only the tables of docs/configuration.md use. */
const ONLY_FOR_TABLES = ["absent", "more"] as const;

/**
 * The file's valid content, key by key without the namespace, with all metadata for the documentation.
 * @param keys the keys that kinds add
 */
export function keysSchema(keys: readonly KindKey[]): Json {
  const schema = jsonSchemaOf(schemaWith(keys), []);
  return withEntries(schema, { oneOf: [workspaceIn(schema), jsonSchemaOf(workspaceFilesSchema, [])] });
}

/** The schema of one workspace. */
export const workspaceIn = (schema: Json): Json => (schema.properties?.["workspaces"] as Json).items as Json;

const withEntries = (schema: Json, items: Json): Json => ({
  ...schema,
  properties: { ...schema.properties, workspaces: { ...(schema.properties?.["workspaces"] as Json), items } },
});

function jsonSchemaOf(schema: z.ZodType, leftOut: readonly string[]): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === "pipe" && jsonSchema.type === "boolean") {
        Object.assign(jsonSchema, { type: ["boolean", "string"], pattern: TRUE_OR_FALSE });
      }
      // zod omits both if a value is transformed, because they might be values after the transformation; here they are values
      // in the file
      if (def.type === "default") jsonSchema.default ??= def.defaultValue as typeof jsonSchema.default;
      const examples = z.globalRegistry.get(zodSchema)?.["examples"];
      if (Array.isArray(examples)) jsonSchema.examples = examples;
      for (const key of leftOut) delete jsonSchema[key];
    },
  });
  return json;
}

const refusal = `A secret is refused: ${WHY_NO_SECRETS}. Secrets belong in Key Vault (npm run secret) or in the environment.`;

/** Refuses Pulumi's replacement for a secret at any depth. The editor's message gives the reason. */
const noSecret: Json = {
  if: { type: "object", required: ["secure"], maxProperties: 1, properties: { secure: { type: "string" } } },
  then: {
    properties: {
      // no value is both null and not null, so every value is refused, by a keyword whose message a schema can set for editors
      secure: { type: "null", not: { type: "null" }, description: refusal, errorMessage: refusal },
    },
  },
  else: {
    additionalProperties: { $ref: "#/definitions/noSecret" },
    items: { $ref: "#/definitions/noSecret" },
  },
};

/**
 * The JSON Schema of `Pulumi.<stack>.yaml`. Keys of other namespaces and Pulumi's own keys may have any value.
 * @param keys the keys that kinds add
 */
export function stackFileSchema(keys: readonly KindKey[]): Json {
  const schema = jsonSchemaOf(schemaWith(keys), ONLY_FOR_TABLES);
  // editors tell what is wrong with one of both, and not that neither fits
  const { properties = {}, required = [] } = withEntries(schema, {
    if: { type: "object", required: ["from"] },
    then: jsonSchemaOf(workspaceFilesSchema, ONLY_FOR_TABLES),
    else: workspaceIn(schema),
  });
  const named = (key: string) => `fabric:${key}`;
  const known = Object.keys(properties).map(named);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi.<stack>.yaml of fabric-environments",
    description: "The configuration of one stack. Every key is described in docs/configuration.md.",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        type: "object",
        required: required.map(named),
        properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [named(key), schema])),
        propertyNames: { anyOf: [{ enum: known }, { not: { pattern: "^fabric:" } }] },
        patternProperties: { "^fabric:": { $ref: "#/definitions/noSecret" } },
      },
    },
    definitions: { noSecret },
  };
}

/**
 * The JSON Schema of a file that an entry with `from` names: a workspace or a list of workspaces.
 * @param keys the keys that kinds add
 */
export function workspacesFileSchema(keys: readonly KindKey[]): Json {
  const workspace = { $ref: "#/definitions/workspace" };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A file of workspaces of fabric-environments",
    description: "A workspace or a list of workspaces. Every key is described in docs/configuration.md.",
    if: { type: "array" },
    then: { items: workspace },
    else: workspace,
    allOf: [{ $ref: "#/definitions/noSecret" }],
    definitions: { workspace: workspaceIn(jsonSchemaOf(schemaWith(keys), ONLY_FOR_TABLES)), noSecret },
  };
}
