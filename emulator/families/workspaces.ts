import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { checked, member, route, tenant } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { activeCapacity, capacities } from "./capacities.ts";
import { principals } from "./identity.ts";
import type { Principal } from "./identity.ts";
import { itemsOf } from "./itemStore.ts";
import { startOperation } from "./operations.ts";

export interface Workspace extends Stored {
  readonly displayName: string;
  readonly description?: string;
  readonly type: "Workspace" | "Personal" | "AdminWorkspace";
  readonly capacityId?: string | undefined;
  readonly domainId?: string | undefined;
  /** Number of reads that still answer InProgress. */
  readonly assignmentReads?: number;
  readonly identity?: { readonly applicationId: string; readonly servicePrincipalId: string } | undefined;
}

/** A role of a principal in a workspace. Its id is `{workspaceId}/{principalId}`. */
export interface RoleAssignment extends Stored {
  readonly workspaceId: string;
  readonly principalId: string;
  readonly role: string;
}

/** The workspaces of the tenant. */
export const workspaces = collection<Workspace>("workspaces");
/** Roles of principals in workspaces. They are here because the guard needs them; roleAssignments.ts has their routes. */
export const roles = collection<RoleAssignment>("roles", { ownedBy: { workspaces: "workspaceId" } });

/** Roles in workspaces, the weakest first. */
export const ranks = ["Viewer", "Contributor", "Member", "Admin"] as const;
export type Role = (typeof ranks)[number];

/** The workspace of a path. The guard answers 404 if there is none, and 403 if the caller has no role or a weaker one. */
export const workspace = (atLeast: Role): Guard<Workspace> =>
  checked(
    member(tenant, "/workspaces/{workspaceId}", workspaces, () => notFound("workspace")),
    ({ id }, call, service) => {
      const role = roles.in(service).get(`${id}/${call.caller}`)?.role ?? "";
      if (ranks.findIndex((rank) => rank === role) < ranks.indexOf(atLeast)) {
        throw new ServiceError(
          403,
          "InsufficientPrivileges",
          "The caller does not have sufficient permissions to access the requested resource",
        );
      }
    },
  );

/** A principal by its object id: one of the directory, or the identity of a workspace. */
export function principalOf(service: Service, id: string): Principal | undefined {
  const known = principals.in(service).get(id);
  if (known) return known;
  const holder = workspaces
    .in(service)
    .all()
    .find(({ identity }) => identity && sameName(identity.servicePrincipalId, id));
  if (!holder?.identity) return undefined;
  const { servicePrincipalId, applicationId } = holder.identity;
  return { id: servicePrincipalId, type: "ServicePrincipal", displayName: holder.displayName, aadAppId: applicationId };
}

/** Workspaces with their capacity and their identity. */
export const workspaceFamily = defineFamily({
  name: "workspaces",
  collections: { workspaces, roles },
  routes: [
    route("GET", tenant, "/workspaces", (_tenant, call, service) => {
      const wanted = call.query.get("roles")?.split(",");
      if (wanted?.some((role) => !ranks.some((rank) => rank === role))) {
        throw new ServiceError(400, "InvalidParameter", "The roles parameter is invalid");
      }
      const visible = workspaces
        .in(service)
        .all()
        .filter(({ id }) => {
          const role = roles.in(service).get(`${id}/${call.caller}`)?.role;
          return role !== undefined && (!wanted || wanted.includes(role));
        });
      // since July 2026 some answers also contain capacityRegion, but most recorded ones do not
      return page(call, service, visible.map(summary), "/workspaces");
    }),
    route("POST", tenant, "/workspaces", (_tenant, call, service) => {
      const displayName = nameOf(call, service);
      const description = descriptionOf(call);
      const capacityId = call.body["capacityId"] ? activeCapacity(service, call.body["capacityId"]) : undefined;
      const workspace = workspaces.in(service).put({
        id: randomUUID(),
        displayName,
        description: description ?? "",
        type: "Workspace",
        ...(capacityId && { capacityId, assignmentReads: service.levers.assignmentReads }),
        ...(typeof call.body["domainId"] === "string" && { domainId: call.body["domainId"] }),
      });
      const { id } = workspace;
      roles.in(service).put({ id: `${id}/${call.caller}`, workspaceId: id, principalId: call.caller, role: "Admin" });
      return created(summary(workspace), { Location: `https://api.fabric.microsoft.com/v1/workspaces/${id}` });
    }),
    route("GET", workspace("Viewer"), "", (workspace, _call, service) => {
      const isInProgress = (workspace.assignmentReads ?? 0) > 0;
      if (isInProgress)
        workspaces.in(service).change(workspace.id, { assignmentReads: (workspace.assignmentReads ?? 0) - 1 });
      const region = workspace.capacityId && capacities.in(service).get(workspace.capacityId)?.region;
      const host = `https://${(region ?? "").toLowerCase().replace(/ /g, "")}-onelake`;
      return ok({
        ...summary(workspace),
        ...(region && {
          capacityRegion: region,
          oneLakeEndpoints: {
            blobEndpoint: `${host}.blob.fabric.microsoft.com`,
            dfsEndpoint: `${host}.dfs.fabric.microsoft.com`,
          },
        }),
        ...(workspace.identity && { workspaceIdentity: workspace.identity }),
        capacityAssignmentProgress: isInProgress ? "InProgress" : "Completed",
      });
    }),
    route("PATCH", workspace("Admin"), "", ({ id, type }, call, service) => {
      if (type === "Personal")
        throw new ServiceError(400, "MyWorkspaceCantBeChanged", "My workspace cannot be changed");
      const description = descriptionOf(call);
      const displayName = call.body["displayName"] === undefined ? undefined : nameOf(call, service, id);
      const changed = workspaces.in(service).change(id, {
        ...(displayName && { displayName }),
        ...(description !== undefined && { description }),
      });
      return ok(summary(changed));
    }),
    route("DELETE", workspace("Admin"), "", ({ id }, _call, service) => {
      remove(service, workspaces, id);
      return ok();
    }),
    route("POST", workspace("Admin"), "/assignToCapacity", ({ id, capacityId: from }, call, service) => {
      if (typeof call.body["capacityId"] !== "string") throw badRequest("The capacityId field is required.");
      const capacityId = activeCapacity(service, call.body["capacityId"]);
      const regionOf = (of: string | undefined) => of && capacities.in(service).get(of)?.region;
      if (from && regionOf(from) !== regionOf(capacityId) && holdsFabricItems(service, id)) {
        throw new ServiceError(
          400,
          "TargetCapacityIncompatibleRegion",
          "The workspace holds items that cannot move to the region of the capacity",
        );
      }
      workspaces.in(service).change(id, { capacityId, assignmentReads: service.levers.assignmentReads });
      return { status: 202 };
    }),
    route("POST", workspace("Admin"), "/unassignFromCapacity", ({ id }, _call, service) => {
      if (holdsFabricItems(service, id)) {
        throw new ServiceError(
          400,
          "WorkspaceItemsCanNotBeUnassignedFromCapacity",
          "The workspace holds items that need a capacity",
        );
      }
      workspaces.in(service).change(id, { capacityId: undefined, assignmentReads: service.levers.assignmentReads });
      return { status: 202 };
    }),
    route("POST", workspace("Admin"), "/provisionIdentity", ({ id, identity }, call, service) => {
      if (identity)
        throw new ServiceError(400, "WorkspaceIdentityAlreadyExists", "The workspace has an identity already");
      return startOperation(call, service, true, () => {
        const made = { applicationId: randomUUID(), servicePrincipalId: randomUUID() };
        workspaces.in(service).change(id, { identity: made });
        return made;
      });
    }),
    route("POST", workspace("Admin"), "/deprovisionIdentity", ({ id }, call, service) =>
      startOperation(call, service, false, () => void workspaces.in(service).change(id, { identity: undefined })),
    ),
  ],
  seed: {
    workspaces: z
      .array(
        z.looseObject({
          id: z.string(),
          displayName: z.string().default(""),
          description: z.string().default(""),
          type: z.enum(["Workspace", "Personal", "AdminWorkspace"]).default("Workspace"),
          capacityId: z.string().optional(),
          roleAssignments: z
            .array(z.looseObject({ principal: z.looseObject({ id: z.string(), type: z.string() }), role: z.string() }))
            .default([]),
        }),
      )
      .default([]),
  },
  populate(service, seed, deployer) {
    for (const { id, displayName, description, type, capacityId, roleAssignments } of seed.workspaces) {
      workspaces.in(service).put({ id, displayName, description, type, ...(capacityId && { capacityId }) });
      const all = roleAssignments.some(({ role }) => role === "Admin")
        ? roleAssignments
        : [...roleAssignments, { principal: { id: deployer() }, role: "Admin" }];
      for (const { principal, role } of all)
        roles.in(service).put({ id: `${id}/${principal.id}`, workspaceId: id, principalId: principal.id, role });
    }
  },
});

/** Types of items that need no capacity, and move between regions. */
const powerBi = ["Dashboard", "PaginatedReport", "Report", "SemanticModel", "SQLEndpoint"];

const holdsFabricItems = (service: Service, workspaceId: string) =>
  itemsOf(service, workspaceId).some(({ type }) => !powerBi.includes(type));

/** A workspace in the format of lists and writes. */
function summary({ id, displayName, description, type, capacityId, domainId }: Workspace) {
  return {
    id,
    displayName,
    description: description ?? "",
    type,
    ...(capacityId && { capacityId }),
    ...(domainId && { domainId }),
  };
}

function nameOf(call: Call, service: Service, ownId?: string): string {
  const displayName = requiredText(call.body, "displayName", 256);
  if (sameName(displayName, "Admin monitoring"))
    throw new ServiceError(400, "WorkspaceNameIsReserved", "The name is reserved");
  // names are unique in the tenant, even among workspaces that the caller cannot see
  if (
    workspaces
      .in(service)
      .all()
      .some((other) => other.id !== ownId && sameName(other.displayName, displayName))
  ) {
    throw new ServiceError(409, "WorkspaceNameAlreadyExists", `Workspace name already exists: ${displayName}`);
  }
  return displayName;
}

function descriptionOf(call: Call): string | undefined {
  const description = call.body["description"];
  if (description === undefined || description === null) return undefined;
  if (typeof description !== "string" || description.length > 4000)
    throw badRequest("The description must be a string of at most 4000 characters.");
  return description;
}
