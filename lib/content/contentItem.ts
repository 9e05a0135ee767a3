import { lineAt } from "../api/plainText.ts";
import type { TextFile } from "./contentRules.ts";

/** An item of the stack, with its content. */
export interface ContentItem {
  /** Position of its workspace in the configuration. */
  readonly workspace: number;
  readonly type: string;
  readonly displayName: string;
  /** The item's folder, relative to the project. */
  readonly path: string;
  /** Path of the item that holds this one in its `.children`. */
  readonly parent?: string | undefined;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
  /** The item's text files. */
  readonly files: readonly TextFile[];
}

/** An item in messages: `Report 'Sales' (fabric/Sales.Report)`. */
export const titleOf = ({ type, displayName, path }: ContentItem): string => `${type} '${displayName}' (${path})`;

/** A place in a file of an item: `fabric/Sales.Report/definition.pbir:4`. */
export const placeIn = (item: ContentItem, file: TextFile, position: number): string =>
  `${item.path}/${file.path}:${lineAt(file.text, position)}`;
