import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What is known of the place of a stack's state. */
export interface StatePlaces {
  readonly stack: string;
  /** Folder that earlier versions used: what Pulumi makes of a relative path in this project's folder. */
  readonly formerly: string;
  /** Folder that is used now. */
  readonly now: string;
  /** Default folder of the transaction logs. */
  readonly logs: string;
}

/**
 * Earlier versions let Pulumi take the project's folder for a URL: a clone in `My%20Repo` used the state of `My Repo`. Such a
 * clone now has a state of its own, which begins empty, and nobody but its user knows whose the stack in the other one is.
 * @returns what to tell before the first deployment into the new folder; undefined where there is nothing to tell
 * @throws Error with the same, where this clone's own log proves that it has deployed the stack before
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

/** A path as one word of a shell. */
const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`;
