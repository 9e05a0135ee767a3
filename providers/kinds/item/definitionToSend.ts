import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readDefinitionParts, readPlatform } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { formatOf, hasMoreThanPayload, payloadOf } from "../../../lib/content/contentRules.ts";
import { withEnvironment } from "../../../lib/content/environmentValues.ts";
import { resolvedDefinition } from "../../../lib/content/resolvedDefinition.ts";
import type { NamedPool } from "../../../lib/content/itemValues.ts";
import { hashWithValues, referenceText, valuesOf, withPool, withValues } from "../../../lib/content/itemValues.ts";
import type { DynamicReference } from "../../../lib/content/values/reference.ts";
import { textFiles } from "../../../lib/content/textFiles.ts";
import type { Run } from "../../run/run.ts";
import { contentBefore } from "./contentBefore.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import { lostVariables } from "./itemContent.ts";
import type { Declared, Defined } from "./itemContent.ts";

/* The definition that an item is to have: from its files, with the values and ids of the environment in them. */

/** A Spark pool that a workspace can use. */
const poolShape = z.object({ id: z.string(), name: z.string(), type: z.string() });

/** A definition as the service takes it. */
export interface Definition {
  /** See {@link formatOf}. */
  readonly format?: string | undefined;
  readonly parts: readonly DefinitionPart[];
}

/**
 * The definition to send: from the files, with ids of this workspace; or in a rollback the kept definition, because the files
 * have changed since.
 * @param id the item's id, once it is known; until then an item's reference to itself stays as it is
 * @throws Error if the files have changed since the engine compared them
 */
export const definitionFor = async (run: Run, inputs: Declared, id?: string): Promise<Definition | undefined> =>
  (await definitionById(run, inputs, id))?.(id);

/** {@link definitionFor}, for several ids: the files are read once. */
async function definitionById(
  run: Run,
  inputs: Declared,
  id?: string,
): Promise<((id?: string) => Definition) | undefined> {
  const { path, definitionHash, workspaceId, sparkPool } = inputs;
  if (path === undefined || definitionHash === undefined) return undefined;
  const kept = run.isRollback ? await contentBefore(run, inputs, id) : undefined;
  if (kept) {
    const lost = lostVariables(run, inputs);
    if (lost.length > 0)
      run.warn(
        `${inputs.type} '${inputs.displayName}' has the present value of ${lost.join(", ")}: nobody keeps the former one.`,
      );
    const parts = withEnvironment(kept, run.variables);
    const former = await formerItem(run, inputs, id);
    return (made) =>
      withFormat(inputs, former && made !== undefined ? withNewIds(parts, newIdsFor(former, inputs, made)) : parts);
  }
  const files = readDefinitionParts(path);
  const isOther = comparedHash(files, inputs) !== definitionHash;
  if (isOther && !run.isRollback)
    throw new Error(`The files in ${path} have changed while the deployment ran: deploy again.`);
  // an item that has to be made anew gets the content that there is
  if (isOther && id !== undefined)
    throw new Error(
      `'${inputs.displayName}' has the definition that the deployment sent: the one from before was not kept, and the files in ` +
        `${path} are others by now. Put it back by hand.`,
    );
  const changed = run.isRollback ? [] : lostVariables(run, inputs);
  if (changed.length > 0)
    throw new Error(
      `'${inputs.displayName}' needs the environment variable ${changed.join(", ")} as the program read it, and here it has ` +
        `another value or none: deploy again.`,
    );
  const { logicalId } = readPlatform(path);
  const valued = withValues(files, valuesOf(inputs), (reference) => valueIn(run, inputs, reference), {
    ...{ references: inputs.references, variable: (name) => run.variables.value(name) },
  });
  const parts = withPool(valued, sparkPool, sparkPool && (await poolId(run, workspaceId, sparkPool)));
  return (id) =>
    resolvedDefinition(parts, { ...inputs, references: { ...inputs.references, ...ownReference(logicalId, id) } });
}

/** What an item's own logical id stands for, once the item exists. */
export const ownReference = (
  logicalId: string | undefined,
  id: string | undefined,
): Readonly<Record<string, string>> =>
  id === undefined || logicalId === undefined ? {} : { [logicalId]: id.split("/")[1] ?? id };

/** Keeps the texts that an item was deployed with, for later previews. */
export async function keepTexts(run: Run, { path, definitionHash, ...item }: Defined): Promise<void> {
  if (path === undefined || definitionHash === undefined || run.isRollback) return;
  try {
    const parts = asCompared(readDefinitionParts(path), item);
    if (hashWithValues(parts, valuesOf(item)) === definitionHash) await run.noteDeployed(definitionHash, parts);
  } catch {
    // the deployment does not depend on them
  }
}

/** The files with names in place of what is known only at the service: what an item's hash is of. */
const asCompared = (files: readonly DefinitionPart[], item: Defined) =>
  withPool(withValues(files, valuesOf(item)), item.sparkPool);

export const comparedHash = (files: readonly DefinitionPart[], item: Defined) =>
  hashWithValues(asCompared(files, item), valuesOf(item));

/** The id of a Spark pool. @throws Error if the workspace cannot use a pool of that name */
async function poolId(run: Run, workspaceId: string, { type, name }: NamedPool): Promise<string> {
  const pools = await run.listOnce(`/workspaces/${workspaceId}/spark/pools`, "list Spark pools", poolShape);
  const found = pools.find((pool) => pool.type === type && pool.name === name);
  if (found) return found.id;
  const known = pools.map((pool) => `${pool.type} '${pool.name}'`).join(", ");
  throw new Error(`The workspace has no Spark pool '${name}' of type ${type}. It can use: ${known || "none"}.`);
}

/** @throws Error if the value is missing, which the program rules out */
export function valueIn(run: Run, { references, displayName }: Defined, reference: DynamicReference): string {
  const key = referenceText(reference);
  const value = reference.kind === "environment variable" ? run.variables.value(reference.name) : references?.[key];
  if (value === undefined) throw new Error(`'${displayName}' needs ${key}, and its value is not known.`);
  return value;
}

/** A definition with the name of its format, if the type needs one. */
export const withFormat = ({ type }: Pick<Defined, "type">, parts: readonly DefinitionPart[]): Definition => {
  const format = formatOf(
    type,
    parts.map(({ path }) => path),
  );
  return { ...(format !== undefined && { format }), parts };
};

/** The content of a new item: a definition, or what the type needs to know. The service takes only one of both. */
export async function contentToMake(
  run: Run,
  inputs: Declared,
): Promise<Pick<Declared, "creationPayload"> | { readonly definition: Definition | undefined }> {
  const definition = await definitionFor(run, inputs);
  const creationPayload = inputs.creationPayload ?? (definition && payloadOf(inputs.type, textFiles(definition.parts)));
  return creationPayload ? { creationPayload } : { definition };
}

/** The definition that a new item still needs: what its payload does not hold, and its references to itself. */
export async function contentAfterMaking(run: Run, id: string, inputs: Declared): Promise<Definition | undefined> {
  const byId = inputs.creationPayload ? undefined : await definitionById(run, inputs);
  if (!byId) return undefined;
  const definition = byId(id);
  const files = textFiles(definition.parts);
  if (payloadOf(inputs.type, files)) return hasMoreThanPayload(inputs.type, files) ? definition : undefined;
  return isDeepStrictEqual(byId(), definition) ? undefined : definition;
}
