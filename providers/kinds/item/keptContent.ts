import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import type { Run } from "../../run/run.ts";
import type { Defined } from "./itemContent.ts";

/* Definitions that are kept with the log, by their keys. */

/** In a rollback: the definition of an item from before the transaction. @param workspaceId from then */
export const keptOf = (run: Run, workspaceId: string, item: Defined): Promise<readonly DefinitionPart[] | undefined> =>
  run.definitions.kept(keyIn(workspaceId, item));

/** Key of a kept definition. Two workspaces may have the same items, edited by people in only one of them. */
export const keyIn = (workspaceId: string, item: Defined) => `${workspaceId.toLowerCase()}/${keyOf(item)}`;

/** The same for any workspace, as earlier versions look for an item that was made anew with its workspace. */
export const keyOf = ({ type, displayName, definitionHash }: Defined) =>
  `${type}/${displayName}/${definitionHash ?? ""}`;
