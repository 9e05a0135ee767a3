import { nameFault } from "./declarable.ts";
import { sortItems } from "./itemOrigin.ts";
import type { ExistingWorkspace } from "./existingWorkspace.ts";

/** A key that the stack already uses. */
export interface Declared {
  /** Display name from the configuration; undefined for keys that only the state has. */
  readonly displayName: string | undefined;
  readonly key: string;
  /** Whether the configuration allows to take over an existing workspace. */
  readonly adopt?: boolean;
}

/** Keys for workspaces, by id. */
export interface Keys {
  readonly keys: ReadonlyMap<string, string>;
  /** Messages about the chosen keys. */
  readonly notes: readonly string[];
}

/**
 * Chooses a key for each workspace: its display name, without characters that are invalid in keys, and with a number if the key
 * is taken.
 * @param declared keys and names that the stack already uses
 * @throws Error with every conflict that no key can solve, and the next step for each
 */
export function keysFor(workspaces: readonly ExistingWorkspace[], declared: readonly Declared[]): Keys {
  const problems = workspaces.flatMap((existing) => clashesOf(existing, declared));
  if (problems.length > 0) throw new Error(`Nothing was imported:\n${problems.map((line) => `  ${line}`).join("\n")}`);
  const taken = new Set(declared.map(({ key }) => key.toLowerCase()));
  const keys = new Map<string, string>();
  const notes: string[] = [];
  for (const { workspace } of workspaces) {
    const wanted = workspace.displayName.replaceAll("::", "-").replaceAll("/", "-");
    let key = wanted;
    for (let number = 2; taken.has(key.toLowerCase()); number++) key = `${wanted}-${number}`;
    if (key !== wanted) notes.push(`Workspace '${workspace.displayName}' has the key ${key}: ${wanted} is taken.`);
    taken.add(key.toLowerCase());
    keys.set(workspace.id, key);
  }
  return { keys, notes };
}

/** Why the configuration cannot declare a workspace beside what it has, each as a sentence with the next step. */
export function clashesOf(existing: ExistingWorkspace, declared: readonly Declared[]): string[] {
  const { workspace } = existing;
  const clashes: string[] = [];
  const same = declared.find(({ displayName }) => displayName?.toLowerCase() === workspace.displayName.toLowerCase());
  if (same) {
    clashes.push(
      `Workspace '${workspace.displayName}' is declared as ${same.key}, and is not part of the stack's state. ` +
        `${same.adopt ? "Deploy that, which adopts it" : "Set adopt: true there and deploy"}, or remove that entry and import again.`,
    );
  }
  const fault = nameFault(workspace.displayName);
  if (fault !== undefined) {
    clashes.push(
      `The name of workspace '${workspace.displayName}' (${workspace.id}) ${fault}, which no configuration ` +
        `keeps: rename it in Fabric, then import again.`,
    );
  }
  const seen = new Set<string>();
  for (const { type, displayName } of sortItems(existing).own) {
    const name = `${type} '${displayName}'`;
    if (seen.has(name.toLowerCase())) {
      clashes.push(
        `Workspace '${workspace.displayName}' has two of ${name}, and a configuration tells items apart by type and name: ` +
          `rename one of them in Fabric, then import again.`,
      );
    }
    seen.add(name.toLowerCase());
  }
  return clashes;
}
