import { z } from "zod";
import { collection } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route, tenant } from "../core/guard.ts";
import { ok, page, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";

/** A capacity, which workspaces run on. */
export interface Capacity extends Stored {
  readonly displayName: string;
  readonly sku: string;
  readonly region: string;
  readonly state: "Active" | "Inactive";
}

/** The capacities of the tenant. */
export const capacities = collection<Capacity>("capacities");

const notFound = () => new ServiceError(404, "CapacityNotFound", "The requested capacity could not be found");
const capacity = member(tenant, "/capacities/{capacityId}", capacities, notFound);

/** Capacities. Deployments use them, but do not make them. */
export const capacityFamily = defineFamily({
  name: "capacities",
  collections: { capacities },
  routes: [
    route("GET", tenant, "/capacities", (_tenant, call, service) =>
      page(call, service, capacities.in(service).all(), "/capacities"),
    ),
    route("GET", capacity, "", (capacity) => ok(capacity)),
  ],
  seed: {
    capacities: z
      .array(
        z.looseObject({
          id: z.string(),
          displayName: z.string().default(""),
          sku: z.string().default("F2"),
          region: z.string().default("West Europe"),
          state: z.enum(["Active", "Inactive"]).default("Active"),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const { id, displayName, sku, region, state } of seed.capacities)
      capacities.in(service).put({ id, displayName, sku, region, state });
  },
});

/**
 * The id of the capacity that a body names, in the capacity's own spelling.
 * @throws ServiceError 404 if there is none, 400 if it is paused
 */
export function activeCapacity(service: Service, id: unknown): string {
  const capacity = capacities.in(service).get(String(id));
  if (!capacity) throw notFound();
  if (capacity.state !== "Active") {
    throw new ServiceError(400, "CapacityNotInActiveState", `The capacity ${capacity.displayName} is not active`);
  }
  return capacity.id;
}

/** Whether the capacity is paused, so that objects on it cannot be seen. */
export const isCapacityPaused = (service: Service, capacityId: string | undefined): boolean =>
  capacityId !== undefined && capacities.in(service).get(capacityId)?.state === "Inactive";
