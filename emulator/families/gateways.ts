import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route, tenant } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { sharedRoles } from "./sharedRoles.ts";

export interface Gateway extends Stored {
  readonly body: Record<string, unknown>;
}

/** The gateways of the tenant. */
export const gateways = collection<Gateway>("gateways");
const gateway = member(tenant, "/gateways/{gatewayId}", gateways, () => notFound("gateway"));

const gatewayRoles = sharedRoles(gateway, {
  name: "gatewayRoles",
  owners: gateways,
  path: "/gateways",
  parameter: "gatewayRoleAssignmentId",
  roles: ["Admin", "ConnectionCreatorWithResharing", "ConnectionCreator"],
  refusedType: {
    type: "ServicePrincipalProfile",
    errorCode: "GatewayInvalidPrincipalType",
    message: "The principal type is not supported for Gateways",
  },
});

/** Virtual network gateways, and the roles in them. Other gateways exist only in a seed. */
export const gatewayFamily = defineFamily({
  name: "gateways",
  collections: { gateways, gatewayRoles: gatewayRoles.collection },
  routes: [
    route("GET", tenant, "/gateways", (_tenant, call, service) => {
      const all = gateways.in(service).all();
      const visible = all.filter(({ id }) => gatewayRoles.isVisible(service, id, call.caller));
      return page(
        call,
        service,
        visible.map(({ body }) => body),
        "/gateways",
      );
    }),
    route("POST", tenant, "/gateways", (_tenant, call, service) => {
      const displayName = requiredText(call.body, "displayName", 200);
      if (requiredText(call.body, "type", 100) !== "VirtualNetwork")
        throw badRequest("Only gateways of type VirtualNetwork can be made.");
      const capacityId = requiredText(call.body, "capacityId", 100);
      assertFree(service, displayName);
      const { virtualNetworkAzureResource, inactivityMinutesBeforeSleep, numberOfMemberGateways } = call.body;
      const id = randomUUID();
      const body = {
        displayName,
        capacityId,
        virtualNetworkAzureResource,
        inactivityMinutesBeforeSleep,
        numberOfMemberGateways,
        id,
        type: "VirtualNetwork",
      };
      gateways.in(service).put({ id, body });
      gatewayRoles.give(service, id, call.caller, "Admin");
      return created(body, { Location: `https://api.fabric.microsoft.com/v1/gateways/${id}` });
    }),
    route("GET", gateway, "", ({ body }) => ok(body)),
    route("PATCH", gateway, "", ({ id, body }, call, service) => {
      if (call.body["displayName"] !== undefined) assertFree(service, requiredText(call.body, "displayName", 200), id);
      const { type: _type, ...changes } = call.body;
      return ok(gateways.in(service).change(id, { body: { ...body, ...changes, id } }).body);
    }),
    route("DELETE", gateway, "", ({ id }, _call, service) => {
      remove(service, gateways, id);
      return ok();
    }),
    ...gatewayRoles.routes,
  ],
  seed: {
    gateways: z.array(z.looseObject({ id: z.string(), displayName: z.string().default("") })).default([]),
  },
  populate(service, seed) {
    for (const one of seed.gateways) gateways.in(service).put({ id: one.id, body: { type: "VirtualNetwork", ...one } });
  },
});

function assertFree(service: Service, displayName: string, ownId?: string): void {
  const all = gateways.in(service).all();
  if (all.some(({ id, body }) => id !== ownId && sameName(String(body["displayName"]), displayName)))
    throw new ServiceError(409, "DuplicateGatewayName", "The gateway name is already in use");
}
