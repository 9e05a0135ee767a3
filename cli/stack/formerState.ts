import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { quoted } from "../commandLine/quoted.ts";

/** The folders that a stack's state may lie in. */
export interface StatePlaces {
  readonly stack: string;
  /** Folder that earlier versions used: Pulumi's reading of a relative path in this project's folder. */
  readonly formerly: string;
  /** Folder in use now. */
  readonly now: string;
  /** Default folder of the transaction logs. */
  readonly logs: string;
}

/**
 * Earlier versions let Pulumi take the project's folder for a URL: a clone in `My%20Repo` used the state of `My Repo`. Such a
 * clone now has a state of its own, which begins empty. Only the user knows which clone owns the stack in the other state.
 * @returns the note to print before the first deployment into the new folder; undefined if no note is needed
 * @throws Error with the same text, if this clone's own log proves that it has deployed the stack before
 */
export function formerStateNote({ stack, formerly, now, logs }: StatePlaces): string | undefined {
  if (formerly === now || existsSync(join(now, ".pulumi"))) return undefined;
  const stacks = namesIn(join(formerly, ".pulumi", "stacks", "fabric"));
  if (!["", ".gz", ".zst"].some((end) => stacks.includes(`${stack}.json${end}`))) return undefined;
  const found =
    `The state of stack '${stack}' is looked for in ${now}, where there is none yet. Earlier versions kept it in ` +
    `${formerly}, because Pulumi took this folder's name for a part of a URL, and there is a stack '${stack}' there.`;
  const take = `cp -R ${quoted(join(formerly, ".pulumi"))} ${quoted(now)}`;
  const hasDeployed = namesIn(logs).some((name) => name.startsWith(`${stack}-`) && name.endsWith(".jsonl"));
  if (!hasDeployed) return `${found} If that one was deployed from here, stop now and take it over: ${take}`;
  throw new Error(
    `${found} This folder has deployed that stack before, so nothing was done. To go on with it: ${take}\n` +
      `To begin with an empty state instead: mkdir -p ${quoted(join(now, ".pulumi"))}`,
  );
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
