import { quoted } from "../commandLine/quoted.ts";
import type { StackConfig, WorkspaceConfig } from "../../lib/config/stackConfig.ts";
import type { KindValues } from "../../lib/config/kindKeys.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";
import type { PreviewedObject } from "./previewChanges.ts";

/** Why an object is protected, and the one action that lifts the protection. */
export interface Protection {
  readonly why: "fabric:protectData" | "protect: true" | "the program" | "the state";
  /** A line of the stack's file, or a command, according to `isCommand`. */
  readonly lift: string;
  readonly isCommand: boolean;
}

/**
 * Finds the reason for an object's protection in the configuration.
 * @param config undefined if the configuration could not be read
 */
export function protectionOf(
  { urn, kind, name, workspace }: PreviewedObject,
  isDeclared: boolean,
  stack: string,
  config: StackConfig | undefined,
): Protection {
  const holder = config?.workspaces.find((declared) => declared.name === workspace);
  const isProtected = protectIn(config, kind, name, holder);
  if (isDeclared && isProtected !== "notDeclared") {
    return {
      why: isProtected ? "protect: true" : "fabric:protectData",
      lift: "protect: false",
      isCommand: false,
    };
  }
  const lift = `pulumi state unprotect ${wordOf(urn)} --stack ${wordOf(stack)}`;
  return { why: isDeclared ? "the program" : "the state", lift, isCommand: true };
}

/** Whether the configuration itself protects an object; `notDeclared` if no entry declares the object. */
function protectIn(
  config: StackConfig | undefined,
  kind: string,
  name: string,
  holder: WorkspaceConfig | undefined,
): boolean | undefined | "notDeclared" {
  if (kind === "Workspace") return holder ? holder.protect : "notDeclared";
  const items = holder?.items.filter((item) => item.name === name) ?? [];
  const declared = kind === "Item" ? items : declaredAs(kind, (holder ?? config)?.kindValues ?? {}, name);
  return declared[0] ? declared[0].protect : "notDeclared";
}

/** The objects of that name in the entry of a kind. */
function declaredAs(kind: string, values: KindValues, name: string) {
  const entry = kindNamed(kind)?.entry;
  const value = entry && values[entry.key];
  if (!entry || value === undefined) return [];
  return entry.declare(value).filter((one) => one.name === undefined || one.name === name);
}

/** A text as one word of a shell: its names come from a file that a pull request can change. */
const wordOf = (text: string): string => (/^[\w./-]+$/.test(text) ? text : quoted(text));
