import { z } from "zod";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { formatOf } from "../../../lib/content/contentRules.ts";
import { withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Variables } from "../../../lib/content/environmentValues.ts";
import type { NamedPool } from "../../../lib/content/itemValues.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { itemPlace } from "./itemPlace.ts";
import type { Sent } from "./sentNote.ts";

/* The content of an item as the service has it: its definition. */

/** Parts have only this encoding; any other encoding would be mistaken for different content. */
const definitionAnswer = z.object({
  definition: z.object({
    parts: z.array(z.object({ path: z.string().min(1), payload: z.string(), payloadType: z.literal("InlineBase64") })),
  }),
});

/** The properties of an item that its content depends on. */
export interface Defined {
  /** Folder of the files, relative to the project. */
  readonly path?: string | undefined;
  /** See {@link Surroundings.references}. */
  readonly references?: Readonly<Record<string, string>> | undefined;
  /** See {@link valuesOf}. */
  readonly values?: readonly object[] | undefined;
  /** Salted hashes of the environment variables that the values take. */
  readonly variables?: Variables | undefined;
  readonly sparkPool?: NamedPool | undefined;
  readonly type: string;
  readonly displayName: string;
  readonly definitionHash?: string | undefined;
  /** Hashes of the files by path; absent in states of earlier versions. */
  readonly parts?: Readonly<Record<string, string>> | undefined;
  /** Absent if the last send did not read the definition back. The content then counts as unchanged. */
  readonly sent?: Sent | undefined;
}

/** A declared item. */
export interface Declared extends Defined {
  readonly workspaceId: string;
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads the service's present definition, in the format in which the item's files are, and with the names of environment
 * variables in place of their values.
 */
export async function readDefinition(run: Run, id: string, item: Defined): Promise<DefinitionPart[]> {
  const { type, displayName } = item;
  const format = formatOf(type, Object.keys(item.parts ?? {}));
  const { definition } = await run.read({
    method: "POST",
    path: `${pathOf(itemPlace, id)}/getDefinition${format === undefined ? "" : `?format=${format}`}`,
    operation: `read the definition of ${type} '${displayName}'`,
    replaySafe: true,
    answer: definitionAnswer,
  });
  return [...withoutEnvironment(definition.parts, item.variables ?? {}, run.variables)];
}

/** Whether an item has some content at the service. @throws the errors of {@link readDefinition} */
export const hasContent = async (
  run: Run,
  id: string,
  item: Defined,
  parts: readonly DefinitionPart[],
): Promise<boolean> => hashDefinition(await readDefinition(run, id, item)) === hashDefinition(parts);

/** Variables whose former values nobody knows any more, so that they cannot be told from other text in a definition. */
export const lostVariables = (run: Run, { variables = {} }: Defined) => run.variables.changed(variables);

/** Ignores the errors of items whose definition the service returns to nobody. @throws any other error */
export function unlessUnreadable(error: unknown): undefined {
  if (!isFabricError(error, "OperationNotSupportedForItem", "ItemHasProtectedLabel")) throw error;
}

export const workspaceIn = (id: string) => id.split("/")[0] ?? "";
