import type { ContentItem } from "./contentItem.ts";

/** A value in an item's content that belongs to another item, and that is known only when that item exists. */
export interface Reference {
  /** What stands in the content: a logical id, the path of a model, {@link uriKey} or {@link workspaceKey}. */
  readonly key: string;
  readonly to: ContentItem;
  readonly attribute: "id" | "queryServiceUri" | "workspaceId";
}

/** What one file of an item tells: a reference, or at a position of the file a problem or what is probably not meant. */
export type Finding =
  | { readonly reference: Reference }
  | { readonly problem: string; readonly position: number }
  | { readonly warning: string; readonly position: number };

/** Key of the address of a database. */
export const uriKey = (database: string): string => `${database}#queryServiceUri`;

/** Key of the workspace of an item of another workspace, where zeros stand for it. */
export const workspaceKey = (logicalId: string): string => `${logicalId}#workspaceId`;

/** Whether a file of an item of a type is sent as it is, whatever ids it holds. */
export const isSentAsItIs = (type: string, path: string): boolean => path === ".platform" || type === "VariableLibrary";
