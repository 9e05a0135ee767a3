import type { CustomResource } from "@pulumi/pulumi/resource.js";
import log from "@pulumi/pulumi/log/index.js";
import type { Configuration } from "./configuration.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";
import { emulatorStore } from "./embeddedEmulator.ts";
import { startRun } from "./liveRun.ts";
import type { LiveRun } from "./liveRun.ts";
import { findProblems } from "./preflight.ts";
import type { Planned, Subject } from "./preflight.ts";

/** After so long somebody wants to know what is going on. */
const SILENCE_MS = 2_000;

/**
 * Asks the service, during a preview, for what an up would fail at, and tells it with the resource that it is about.
 * @throws Error that makes the preview fail, and so the up that it precedes: where something was found, or nobody is signed in
 * @param ownCapacity name of the capacity that the stack makes itself
 */
export async function reportPreflight(
  workspaces: readonly FabricWorkspace[],
  configuration: Configuration,
  ownCapacity: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (configuration.endpoint === "emulator" && !env["FABRIC_ENDPOINT"]) {
    const { findRunningEmulator } = await import("../emulator/emulator.ts");
    if (!(await findRunningEmulator(emulatorStore))) {
      void log.info("fabric:preflight asks nothing here: the embedded emulator runs while something is deployed only.");
      return;
    }
  }
  const planned = await Promise.all(workspaces.map(plannedFor));
  const managedIds = new Set(
    planned.flatMap(({ workspaceId, items }) => [workspaceId, ...items]).flatMap((id) => id?.toLowerCase() ?? []),
  );
  const progress = setTimeout(() => void log.info("Preflight: asking the service …"), SILENCE_MS);
  let run: LiveRun | undefined;
  try {
    const live = await startRun(configuration, env);
    run = live;
    const found = await Promise.all(
      workspaces.map(async ({ config, declared }, index) => {
        const own = planned[index] ?? unplanned;
        const findings = await findProblems(live, { config, planned: own, ownCapacity, managedIds });
        return findings.map(({ about, isCertain, message }) => ({
          resource: resourceOf(about, declared),
          isCertain,
          message,
        }));
      }),
    );
    const warnings = new Set<string>();
    for (const { resource, isCertain, message } of found.flat()) {
      // what cannot be asked is the same for many
      if (!isCertain && warnings.has(message)) continue;
      warnings.add(message);
      await (isCertain ? log.error : log.warn)(message, resource);
    }
    const errors = found.flat().filter(({ isCertain }) => isCertain).length;
    if (errors > 0)
      throw new Error(
        `fabric:preflight found ${errors} ${errors === 1 ? "problem" : "problems"} that an up would fail at, named with the ` +
          `${errors === 1 ? "resource it belongs" : "resources they belong"} to. Nothing was deployed.`,
      );
  } finally {
    clearTimeout(progress);
    await run?.close();
  }
}

const unplanned: Planned = { workspaceId: undefined, users: [], items: [] };

async function plannedFor({ declared: { workspace, users, git, items } }: FabricWorkspace): Promise<Planned> {
  return {
    workspaceId: await managedId(workspace),
    users: await Promise.all(users.map(managedId)),
    ...(git && { git: { id: await managedId(git) } }),
    items: await Promise.all(items.map(managedId)),
  };
}

/** The id of a resource that exists; a preview knows none of what is to be made. */
async function managedId({ id }: CustomResource): Promise<string | undefined> {
  // the SDK declares neither; `apply` alone does not tell when there will be no value
  const output = id as unknown as { readonly isKnown: Promise<boolean>; promise(): Promise<string> };
  return (await output.isKnown) ? output.promise() : undefined;
}

function resourceOf(about: Subject, declared: FabricWorkspace["declared"]): CustomResource | undefined {
  if (about === "workspace") return declared.workspace;
  if (about === "git") return declared.git;
  return "user" in about ? declared.users[about.user] : declared.items[about.item];
}
