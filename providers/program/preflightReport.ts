import type { CustomResource } from "@pulumi/pulumi/resource.js";
import log from "@pulumi/pulumi/log/index.js";
import { idIfKnown } from "../engine/sdkQuirks.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";
import { connection } from "../kinds/connection/connection.ts";
import type { Run } from "../run/run.ts";
import { connectionProblems } from "./connectionPreflight.ts";
import type { DeclaredResource } from "./declaredObjects.ts";
import { findProblems } from "./preflight.ts";
import type { LazyRun } from "./lazyRun.ts";
import type { Finding, Planned, Subject } from "./preflight.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** After this time a progress message is due. */
const SILENCE_MS = 2_000;

/**
 * Finds during a preview what an up would fail at, and reports each finding with its resource.
 * @param ownCapacity name of the capacity that the stack makes itself
 * @throws Error if something was found, or the sign-in failed: the preview fails, and so does the up that it precedes
 */
export async function reportPreflight(
  { workspaces, ofTenant }: Declared,
  lazyRun: LazyRun,
  ownCapacity: string | undefined,
): Promise<void> {
  const progress = setTimeout(() => void log.info("Preflight: asking the service …"), SILENCE_MS);
  const findings = await ask({ workspaces, ofTenant }, lazyRun, ownCapacity).finally(() => clearTimeout(progress));
  if (!findings) {
    void log.info("fabric:preflight asks nothing here: the embedded emulator runs while something is deployed only.");
    return;
  }
  const warned = new Set<string>();
  for (const { resource, isCertain, message } of findings) {
    // one cause can stop the same check of many objects
    if (!isCertain && warned.has(message)) continue;
    warned.add(message);
    await (isCertain ? log.error : log.warn)(message, resource);
  }
  const errors = findings.filter(({ isCertain }) => isCertain).length;
  if (errors === 0) return;
  throw new Error(
    `fabric:preflight found ${errors === 1 ? "a problem" : `${errors} problems`} that an up would fail at, shown with the ` +
      `resources concerned. Nothing was deployed.`,
  );
}

/** A finding with the resource that it is about. */
interface Located extends Finding {
  readonly resource: CustomResource | undefined;
}

/** What the program declares. */
interface Declared {
  readonly workspaces: readonly FabricWorkspace[];
  /** Objects of the tenant. */
  readonly ofTenant: readonly DeclaredResource[];
}

/** Findings about connections that an up would make. */
async function connectionFindings(run: Run, { kind, resource, args }: DeclaredResource): Promise<Located[]> {
  const isNew = kind.name === connection.name && args["adopt"] !== true && (await idIfKnown(resource)) === undefined;
  if (!isNew) return [];
  const located = (isCertain: boolean) => (message: string) =>
    ({ about: "workspace", isCertain, message, resource }) as const;
  try {
    return (await connectionProblems(run, args)).map(located(true));
  } catch (error) {
    return [located(false)(`Not checked before: ${messageOf(error)}`)];
  }
}

async function ask(
  { workspaces, ofTenant }: Declared,
  lazyRun: LazyRun,
  ownCapacity: string | undefined,
): Promise<Located[] | undefined> {
  const run = await lazyRun.get();
  if (!run) return undefined;
  const all = await Promise.all(
    workspaces.map(async (workspace) => ({ workspace, planned: await plannedFor(workspace) })),
  );
  const ids = all.flatMap(({ planned: { workspaceId, items } }) => [workspaceId, ...items]);
  const managedIds = new Set(ids.flatMap((id) => id?.toLowerCase() ?? []));
  const found = all.map(async ({ workspace: { config, declared }, planned }) => {
    const findings = await findProblems(run, { config, planned, ownCapacity, managedIds });
    return findings.map((finding) => ({ ...finding, resource: resourceOf(finding.about, declared) }));
  });
  const ofConnections = ofTenant.map((declared) => connectionFindings(run, declared));
  return (await Promise.all([...ofConnections, ...found])).flat();
}

async function plannedFor({ declared: { workspace, users, git, items } }: FabricWorkspace): Promise<Planned> {
  return {
    workspaceId: await idIfKnown(workspace),
    users: await Promise.all(users.map(idIfKnown)),
    ...(git && { git: { id: await idIfKnown(git) } }),
    items: await Promise.all(items.map(idIfKnown)),
  };
}

function resourceOf(about: Subject, declared: FabricWorkspace["declared"]): CustomResource | undefined {
  if (about === "workspace") return declared.workspace;
  if (about === "git") return declared.git;
  return "user" in about ? declared.users[about.user] : declared.items[about.item];
}
