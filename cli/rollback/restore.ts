import { rmSync } from "node:fs";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { removalOf } from "../leftovers.ts";
import type { Leftover } from "../leftovers.ts";
import { nameOf } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { savedProgram } from "./registration.ts";
import { projectCopy } from "./stackState.ts";
import type { StackAccess } from "./stackState.ts";

/**
 * Runs the saved checkpoint as a program, so that the engine takes the stack back to it. Its failure is no exception: what
 * was restored stays so.
 * @param saved with its secrets decrypted
 * @returns what could not be restored
 */
export async function restore(
  access: StackAccess,
  saved: Checkpoint,
  current: Checkpoint,
  say: (line: string) => void,
): Promise<Leftover[]> {
  const workDir = projectCopy(access);
  try {
    const envVars = Object.fromEntries(
      Object.entries(access.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const workspace = await LocalWorkspace.create({ workDir, program: savedProgram(saved, current), envVars });
    const stack = await Stack.select(access.stack, workspace);
    const seen = new Seen(say);
    // one object that cannot be removed must not keep the others
    const options = { onEvent: (event: EngineEvent) => seen.note(event), message: "rollback", continueOnError: true };
    try {
      await stack.up(options);
    } catch (error) {
      if (seen.failed.length > 0) return seen.leftovers();
      const text = error instanceof Error ? error.message : String(error);
      // of all that the CLI has printed
      const reason = /^\s*error: (.*)/m.exec(text)?.[1] ?? text.split("\n")[0] ?? "";
      return [{ what: "the saved checkpoint", reason }];
    }
    return seen.leftovers();
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** What the engine tells while it works: the documented lines, in the order in which things happen, and what failed. */
class Seen {
  readonly failed: { readonly urn: string; readonly op: string; readonly type: string; readonly id?: string }[] = [];
  readonly #say: (line: string) => void;
  readonly #errors = new Map<string, string>();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  note(event: EngineEvent): void {
    const begun = event.resourcePreEvent?.metadata;
    const ended = event.resOutputsEvent?.metadata;
    const broken = event.resOpFailedEvent?.metadata;
    const told = event.diagnosticEvent;
    if (begun && isObject(begun.type)) {
      const id = begun.old?.id ?? "?";
      if (isDelete(begun.op)) this.#say(`Cleaning up ${nameOf(begun)} (${id})`);
      else if (begun.op === "update") this.#say(`Restoring ${nameOf(begun)} (${id})`);
      else if (begun.op === "create") this.#say(`Making ${nameOf(begun)} again`);
    }
    if (ended && isObject(ended.type) && isDelete(ended.op))
      this.#say(`✓ Successfully cleaned up ${kindOf(ended.type)}`);
    if (told?.severity === "error" && told.urn) this.#errors.set(told.urn, told.message.trim());
    if (broken) {
      const id = broken.old?.id;
      this.failed.push({ urn: broken.urn, op: broken.op, type: broken.type, ...(id && { id }) });
    }
  }

  leftovers(): Leftover[] {
    return this.failed.map(({ urn, op, type, id }) => {
      const why = this.#errors.get(urn);
      return {
        what: nameOf({ urn, type }),
        id,
        reason: `${op} failed${why ? `: ${why}` : ""}`,
        remedy: isDelete(op) ? remedyFor(type, id) : undefined,
      };
    });
  }
}

/** Whether it is a resource that stands for something, and neither a provider nor a component. */
const isObject = (type: string) => !/^(pulumi|fabric):/.test(type);
/** Azure has kinds of the same names as Fabric's: a Workspace is one of Log Analytics, too. */
const remedyFor = (type: string, id: string | undefined) =>
  type.startsWith("azure-native:") ? id && `az resource delete --ids ${id}` : removalOf(kindOf(type), id);
const kindOf = (type: string) => type.split(":").at(-1) ?? type;
const isDelete = (op: string) => op === "delete" || op === "delete-replaced";
