import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route, tenant } from "../core/guard.ts";
import { created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Stored } from "../core/store.ts";

export interface Connection extends Stored {
  readonly body: Record<string, unknown>;
}

/** The connections of the tenant. */
export const connections = collection<Connection>("connections");
const connection = member(tenant, "/connections/{connectionId}", connections, () => notFound("connection"));

/** Connections to data sources and Git providers. Their secrets are not stored. */
export const connectionFamily = defineFamily({
  name: "connections",
  collections: { connections },
  routes: [
    route("GET", tenant, "/connections", (_tenant, call, service) => {
      const all = connections.in(service).all();
      return page(
        call,
        service,
        all.map(({ body }) => body),
        "/connections",
      );
    }),
    route("POST", tenant, "/connections", (_tenant, call, service) => {
      const displayName = requiredText(call.body, "displayName", 200);
      const connectivityType = requiredText(call.body, "connectivityType", 100);
      if (
        connections
          .in(service)
          .all()
          .some(({ body }) => sameName(String(body["displayName"]), displayName))
      ) {
        throw new ServiceError(409, "DuplicateConnectionName", "The connection name is already in use");
      }
      const id = randomUUID();
      const details = (call.body["connectionDetails"] ?? {}) as {
        type?: string;
        parameters?: { name: string; value: unknown }[];
      };
      const credentials = (call.body["credentialDetails"] ?? {}) as Record<string, unknown>;
      const body = {
        allowConnectionUsageInGateway: false,
        allowUsageInUserControlledCode: false,
        id,
        displayName,
        connectivityType,
        ...(call.body["gatewayId"] ? { gatewayId: call.body["gatewayId"] } : {}),
        connectionDetails: {
          path: (details.parameters ?? []).map(({ value }) => String(value as string)).join(";"),
          type: details.type ?? "",
        },
        privacyLevel: call.body["privacyLevel"] ?? "Organizational",
        credentialDetails: {
          credentialType:
            (credentials["credentials"] as { credentialType?: string } | undefined)?.credentialType ?? "Anonymous",
          singleSignOnType: credentials["singleSignOnType"] ?? "None",
          connectionEncryption: credentials["connectionEncryption"] ?? "NotEncrypted",
          skipTestConnection: credentials["skipTestConnection"] ?? false,
        },
      };
      connections.in(service).put({ id, body });
      const { allowUsageInUserControlledCode: _onlyInReads, ...shown } = body;
      return created(shown, { Location: `https://api.fabric.microsoft.com/v1/connections/${id}` });
    }),
    route("GET", connection, "", ({ body }) => ok(body)),
    route("PATCH", connection, "", ({ id, body }, call, service) => {
      const { displayName, privacyLevel } = call.body;
      const changed = connections.in(service).change(id, {
        body: { ...body, ...(displayName ? { displayName } : {}), ...(privacyLevel ? { privacyLevel } : {}) },
      });
      return ok(changed.body);
    }),
    route("DELETE", connection, "", ({ id }, _call, service) => {
      remove(service, connections, id);
      return ok();
    }),
  ],
  seed: {
    connections: z.array(z.looseObject({ id: z.string(), displayName: z.string().default("") })).default([]),
  },
  populate(service, seed) {
    for (const connection of seed.connections) {
      const body = { connectivityType: "ShareableCloud", privacyLevel: "Organizational", ...connection };
      connections.in(service).put({ id: connection.id, body });
    }
  },
});
