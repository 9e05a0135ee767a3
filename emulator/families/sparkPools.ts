import { randomUUID } from "node:crypto";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { checked, member, route } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { isObject } from "../definitions/definition.ts";
import { workspace } from "./workspaces.ts";
import type { Role, Workspace } from "./workspaces.ts";

type Settings = Readonly<Record<string, unknown>>;

interface SparkPool extends Stored {
  readonly workspaceId: string;
  readonly name: string;
  readonly body: Settings;
}

/** Changed settings of a workspace. Its id is the workspace's. */
interface SparkSettings extends Stored {
  readonly changed: Settings;
}

const sparkPools = collection<SparkPool>("sparkPools", { ownedBy: { workspaces: "workspaceId" } });
const sparkSettings = collection<SparkSettings>("sparkSettings", { ownedBy: { workspaces: "id" } });

const starterPool = {
  id: "00000000-0000-0000-0000-000000000000",
  type: "Workspace",
  name: "Starter Pool",
  nodeFamily: "MemoryOptimized",
  nodeSize: "Medium",
  autoScale: { enabled: true, minNodeCount: 1, maxNodeCount: 10 },
  dynamicExecutorAllocation: { enabled: true, minExecutors: 1, maxExecutors: 9 },
};

/** Settings of a workspace whose settings nobody has changed, as recorded. */
const defaultSettings: Settings = {
  automaticLog: { enabled: true },
  highConcurrency: { notebookInteractiveRunEnabled: true, notebookPipelineRunEnabled: false },
  pool: {
    customizeComputeEnabled: true,
    defaultPool: { name: starterPool.name, type: starterPool.type, id: starterPool.id },
    starterPool: { maxNodeCount: 10, maxExecutors: 9 },
  },
  environment: { runtimeVersion: "1.3" },
  job: { conservativeJobAdmissionEnabled: false, sessionTimeoutInMinutes: 20 },
};

const onCapacity = (atLeast: Role): Guard<Workspace> =>
  checked(workspace(atLeast), ({ capacityId }) => {
    if (!capacityId)
      throw new ServiceError(
        400,
        "WorkspaceHasNoCapacityAssigned",
        "A workspace with a capacity assigned is required for the operation",
      );
  });
const pool = (atLeast: Role) =>
  member(onCapacity(atLeast), "/spark/pools/{poolId}", sparkPools, () => notFound("spark pool"));

/** Spark of workspaces: pools besides the starter pool, and settings. */
export const sparkFamily = defineFamily({
  name: "spark",
  collections: { sparkPools, sparkSettings },
  routes: [
    route("GET", onCapacity("Viewer"), "/spark/pools", ({ id }, call, service) => {
      const own = poolsOf(service, id).map(shown);
      return page(call, service, [starterPool, ...own], `/workspaces/${id}/spark/pools`);
    }),
    route("POST", onCapacity("Admin"), "/spark/pools", ({ id: workspaceId }, call, service) => {
      const name = requiredText(call.body, "name", 64);
      if ([starterPool, ...poolsOf(service, workspaceId)].some((other) => sameName(other.name, name)))
        throw badRequest(`The name ${name} is already in use.`);
      const { name: _name, ...body } = call.body;
      return created(shown(sparkPools.in(service).put({ id: randomUUID(), workspaceId, name, body })));
    }),
    route("GET", pool("Viewer"), "", (one) => ok(shown(one))),
    route("PATCH", pool("Admin"), "", ({ id, name, body }, call, service) => {
      const { name: newName = name, ...changes } = call.body;
      const changed = { name: String(newName), body: { ...body, ...changes } };
      return ok(shown(sparkPools.in(service).change(id, changed)));
    }),
    route("DELETE", pool("Admin"), "", ({ id }, _call, service) => {
      remove(service, sparkPools, id);
      return ok();
    }),
    route("GET", onCapacity("Viewer"), "/spark/settings", ({ id }, _call, service) => ok(settingsOf(service, id))),
    route("PATCH", onCapacity("Admin"), "/spark/settings", ({ id }, call, service) => {
      const { changed = {} } = sparkSettings.in(service).get(id) ?? {};
      sparkSettings.in(service).put({ id, changed: merged(changed, call.body) });
      return ok(settingsOf(service, id));
    }),
  ],
});

const poolsOf = (service: Service, workspaceId: string) =>
  sparkPools
    .in(service)
    .all()
    .filter((one) => one.workspaceId === workspaceId);

const settingsOf = (service: Service, workspaceId: string): Settings =>
  merged(defaultSettings, sparkSettings.in(service).get(workspaceId)?.changed ?? {});

/** Settings with changes, of which each may name only some properties of an object. */
function merged(settings: Settings, changes: Settings): Settings {
  const entries = Object.entries(changes).map(([key, value]) => {
    const before = settings[key];
    return [key, isObject(before) && isObject(value) ? merged(before, value) : value] as const;
  });
  return { ...settings, ...Object.fromEntries(entries) };
}

/** A pool whose executors are not allocated dynamically shows no bounds for them. */
function shown({ id, name, body }: SparkPool) {
  const { dynamicExecutorAllocation: executors, ...more } = body;
  const isDynamic = isObject(executors) && executors["enabled"] === true;
  return {
    id,
    type: "Workspace",
    name,
    ...more,
    ...(executors !== undefined && { dynamicExecutorAllocation: isDynamic ? executors : { enabled: false } }),
  };
}
