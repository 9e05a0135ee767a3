import { rmSync } from "node:fs";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { removalOf } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import { nameOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Failure } from "./plan.ts";
import { savedProgram } from "./registration.ts";
import { ownFile, projectCopy } from "./stackState.ts";
import { referenceOf } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** A failure of the engine, for the plan and for people. */
export interface EngineFailure extends Failure {
  readonly leftover: Leftover;
}

/**
 * Runs the saved checkpoint as a program, so that the engine takes the stack back to it. The run stops at the first failure:
 * otherwise the engine would delete all resources after the failed one, because they were not registered.
 * @param saved with its secrets decrypted
 * @param exclude URNs that stay as they are
 * @returns what failed; restored resources stay restored
 */
export async function restore(
  access: StackAccess,
  { saved, current, exclude }: { saved: Checkpoint; current: Checkpoint; exclude: readonly string[] },
  say: (line: string) => void,
): Promise<EngineFailure[]> {
  const program = savedProgram(saved, current);
  return runEngine(access, program, say, (stack, options) =>
    stack.up({ ...options, ...(exclude.length > 0 && { exclude: [...exclude] }) }),
  );
}

/** Lets the engine delete resources, and only these; one failure does not stop the others. @returns what failed */
export async function remove(
  access: StackAccess,
  urns: readonly string[],
  say: (line: string) => void,
): Promise<EngineFailure[]> {
  return runEngine(
    access,
    async () => undefined,
    say,
    (stack, options) => stack.destroy({ ...options, target: [...urns], continueOnError: true }),
  );
}

interface EngineOptions {
  readonly onEvent: (event: EngineEvent) => void;
  readonly message: string;
}

async function runEngine(
  access: StackAccess,
  program: PulumiFn,
  say: (line: string) => void,
  run: (stack: Stack, options: EngineOptions) => Promise<unknown>,
): Promise<EngineFailure[]> {
  const workDir = projectCopy(access);
  const seen = new Seen(say);
  try {
    const envVars = Object.fromEntries(
      Object.entries(ownFile(access.env)).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const workspace = await LocalWorkspace.create({ workDir, program, envVars });
    const stack = await Stack.select(referenceOf(access), workspace);
    await run(stack, { onEvent: (event) => seen.note(event), message: "rollback" });
    return seen.failures();
  } catch (error) {
    const failures = seen.failures();
    if (failures.length > 0) return failures;
    const text = messageOf(error);
    // the line with the cause, out of all that the CLI printed
    const reason = /^\s*error: (.*)/m.exec(text)?.[1] ?? text.split("\n")[0] ?? "";
    return [{ urn: "", isDelete: false, leftover: { what: "the saved checkpoint", reason } }];
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** Reads the engine's events: prints the documented lines in the order of events, and collects failures. */
class Seen {
  readonly #failed: { readonly urn: string; readonly op: string; readonly type: string; readonly id?: string }[] = [];
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
      this.#failed.push({ urn: broken.urn, op: broken.op, type: broken.type, ...(id && { id }) });
    }
  }

  failures(): EngineFailure[] {
    return this.#failed.map(({ urn, op, type, id }) => {
      const why = this.#errors.get(urn);
      const leftover = {
        what: nameOf({ urn, type }),
        id,
        reason: `${op} failed${why ? `: ${why}` : ""}`,
        remedy: isDelete(op) ? remedyFor(type, id) : undefined,
      };
      return { urn, isDelete: isDelete(op), leftover };
    });
  }
}

/** Whether a resource stands for an object, and is neither a provider nor a component. */
const isObject = (type: string) => !/^(pulumi|fabric):/.test(type);
/** Azure and Fabric share names of kinds: Log Analytics has a Workspace, too. */
const remedyFor = (type: string, id: string | undefined) =>
  type.startsWith("azure-native:") ? id && `az resource delete --ids ${id}` : removalOf(kindOf(type), id);
const kindOf = (type: string) => type.split(":").at(-1) ?? type;
const isDelete = (op: string) => op === "delete" || op === "delete-replaced";
