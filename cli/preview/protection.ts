import type { StackConfig } from "../../lib/config/stackConfig.ts";
import type { PreviewedObject } from "./previewChanges.ts";

/** Why an object is protected, and the one thing to do that lifts it. */
export interface Protection {
  readonly why: "fabric:protectData" | "protect: true" | "the program" | "the state";
  /** A line of the stack's file, or a command, according to `isCommand`. */
  readonly lift: string;
  readonly isCommand: boolean;
}

/**
 * Finds out from the configuration where an object's protection comes from.
 * @param config none where it could not be read
 */
export function protectionOf(
  { urn, kind, name, workspace }: PreviewedObject,
  isDeclared: boolean,
  stack: string,
  config: StackConfig | undefined,
): Protection {
  const holder = config?.workspaces.find((declared) => declared.name === workspace);
  const declared = kind === "Item" ? holder?.items.find((item) => item.name === name) : holder;
  if (isDeclared && declared && (kind === "Item" || kind === "Workspace")) {
    return {
      why: declared.protect ? "protect: true" : "fabric:protectData",
      lift: "protect: false",
      isCommand: false,
    };
  }
  const lift = `pulumi state unprotect ${quoted(urn)} --stack ${quoted(stack)}`;
  return { why: isDeclared ? "the program" : "the state", lift, isCommand: true };
}

/** As one word of a shell: names of resources come from a file that a pull request changes, and the line is to be copied. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
