import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route } from "../core/guard.ts";
import { badRequest, created, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { workspace } from "./workspaces.ts";

export interface ManagedPrivateEndpoint extends Stored {
  readonly workspaceId: string;
  readonly name: string;
  readonly targetPrivateLinkResourceId: string;
  readonly targetSubresourceType?: string | undefined;
  /** Time at which provisioning ends, in ms. */
  readonly readyAt: number;
  /** Decision of the target's owner: `Approved` or `Rejected`. Undefined means `Pending`. */
  readonly status?: string | undefined;
  /** Whether provisioning ends in `Failed`. */
  readonly fails?: boolean | undefined;
}

/** The managed private endpoints of all workspaces. */
export const managedPrivateEndpoints = collection<ManagedPrivateEndpoint>("managedPrivateEndpoints", {
  ownedBy: { workspaces: "workspaceId" },
});
const endpoint = member(
  workspace("Admin"),
  "/managedPrivateEndpoints/{managedPrivateEndpointId}",
  managedPrivateEndpoints,
  () => new ServiceError(404, "PrivateEndpointNotFound", "The private endpoint could not be found"),
);

/**
 * Managed private endpoints of workspaces. In the emulator, only `emulator.service.managedPrivateEndpoints` can approve them.
 */
export const managedPrivateEndpointFamily = defineFamily({
  name: "managedPrivateEndpoints",
  collections: { managedPrivateEndpoints },
  routes: [
    route("GET", workspace("Viewer"), "/managedPrivateEndpoints", ({ id }, call, service) => {
      const own = managedPrivateEndpoints
        .in(service)
        .all()
        .filter(({ workspaceId }) => workspaceId === id);
      const shown = own.map((one) => shownEndpoint(one, service));
      return page(call, service, shown, `/workspaces/${id}/managedPrivateEndpoints`);
    }),
    route("POST", workspace("Admin"), "/managedPrivateEndpoints", ({ id: workspaceId }, call, service) => {
      const name = requiredText(call.body, "name", 64);
      const targetPrivateLinkResourceId = requiredText(call.body, "targetPrivateLinkResourceId", 2000);
      const { targetSubresourceType, requestMessage, targetFQDNs } = call.body;
      if (typeof requestMessage === "string" && requestMessage.length > 140)
        throw badRequest("The request message must have at most 140 characters.");
      if (Array.isArray(targetFQDNs) && targetFQDNs.length > 20)
        throw badRequest("There are more than 20 target FQDNs.");
      const all = managedPrivateEndpoints.in(service).all();
      if (all.some((other) => other.workspaceId === workspaceId && sameName(other.name, name)))
        throw new ServiceError(400, "DuplicatePrivateEndpointName", "The private endpoint name is already in use");
      const made = managedPrivateEndpoints.in(service).put({
        id: randomUUID(),
        workspaceId,
        name,
        targetPrivateLinkResourceId,
        ...(typeof targetSubresourceType === "string" && { targetSubresourceType }),
        readyAt: service.clock.now() + service.levers.operationDelayMs,
      });
      const Location = `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/managedPrivateEndpoints/${made.id}`;
      // even an endpoint that is provisioned at once shows that only when it is read
      return created(shownEndpoint(made, service, "Provisioning"), { Location });
    }),
    route("GET", endpoint, "", (one, _call, service) => ok(shownEndpoint(one, service))),
    route("DELETE", endpoint, "", ({ id }, _call, service) => {
      remove(service, managedPrivateEndpoints, id);
      return ok();
    }),
  ],
  seed: {
    managedPrivateEndpoints: z
      .array(
        z.looseObject({
          id: z.string(),
          workspaceId: z.string(),
          name: z.string(),
          targetPrivateLinkResourceId: z.string(),
          targetSubresourceType: z.string().optional(),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const {
      id,
      workspaceId,
      name,
      targetPrivateLinkResourceId,
      targetSubresourceType,
    } of seed.managedPrivateEndpoints)
      managedPrivateEndpoints
        .in(service)
        .put({ id, workspaceId, name, targetPrivateLinkResourceId, targetSubresourceType, readyAt: 0 });
  },
});

function shownEndpoint(one: ManagedPrivateEndpoint, service: Service, state?: string) {
  const { id, name, targetPrivateLinkResourceId, targetSubresourceType, status = "Pending", fails } = one;
  const provisioningState =
    state ?? (service.clock.now() < one.readyAt ? "Provisioning" : fails ? "Failed" : "Succeeded");
  const isThere = provisioningState === "Succeeded";
  return {
    id,
    provisioningState,
    // recorded in 2025: all values are null at first
    connectionState: isThere
      ? { status, actionsRequired: "None" }
      : { status: null, description: null, actionsRequired: null },
    name,
    targetPrivateLinkResourceId,
    ...(targetSubresourceType && { targetSubresourceType }),
  };
}
