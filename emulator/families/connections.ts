import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route, tenant } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { connectionTypes } from "./connectionTypes.ts";
import { gateways } from "./gateways.ts";
import { sharedRoles } from "./sharedRoles.ts";

export interface Connection extends Stored {
  readonly body: Record<string, unknown>;
  /** Hash of the credentials, so that tests see whether they have changed. The credentials themselves are not stored. */
  readonly credentials?: string | undefined;
}

/** The connections of the tenant. */
export const connections = collection<Connection>("connections");
const connection = member(tenant, "/connections/{connectionId}", connections, () => notFound("connection"));

const connectionRoles = sharedRoles(connection, {
  name: "connectionRoles",
  owners: connections,
  path: "/connections",
  parameter: "connectionRoleAssignmentId",
  roles: ["User", "UserWithReshare", "Owner"],
});

const connectivityTypes = [
  "ShareableCloud",
  "OnPremisesGateway",
  "VirtualNetworkGateway",
  "StreamingVirtualNetworkGateway",
];
const privacyLevels = ["None", "Private", "Organizational", "Public"];

interface CredentialDetails {
  readonly credentials?: Readonly<Record<string, unknown>>;
  readonly singleSignOnType?: string;
  readonly connectionEncryption?: string;
  readonly skipTestConnection?: boolean;
}

/** Connections to data sources and Git providers, and the roles in them. Their secrets are not stored. */
export const connectionFamily = defineFamily({
  name: "connections",
  collections: { connections, connectionRoles: connectionRoles.collection },
  routes: [
    route("GET", tenant, "/connections", (_tenant, call, service) => {
      const all = connections.in(service).all();
      const visible = all.filter(({ id }) => connectionRoles.isVisible(service, id, call.caller));
      return page(
        call,
        service,
        visible.map(({ body }) => body),
        "/connections",
      );
    }),
    route("GET", tenant, "/connections/supportedConnectionTypes", (_tenant, call, service) =>
      page(call, service, connectionTypes, "/connections/supportedConnectionTypes"),
    ),
    route("POST", tenant, "/connections", (_tenant, call, service) => {
      const displayName = requiredText(call.body, "displayName", 200);
      const connectivityType = oneOf(requiredText(call.body, "connectivityType", 100), connectivityTypes);
      assertFree(service, displayName);
      const gatewayId = call.body["gatewayId"];
      if (connectivityType !== "ShareableCloud" && !gateways.in(service).get(String(gatewayId)))
        throw notFound("gateway");
      const id = randomUUID();
      const details = (call.body["connectionDetails"] ?? {}) as {
        type?: string;
        parameters?: { name: string; value: unknown }[];
      };
      const privacyLevel = oneOf(call.body["privacyLevel"] ?? "Organizational", privacyLevels);
      const credentials = (call.body["credentialDetails"] ?? {}) as CredentialDetails;
      const body = {
        allowConnectionUsageInGateway: call.body["allowConnectionUsageInGateway"] ?? false,
        allowUsageInUserControlledCode: call.body["allowUsageInUserControlledCode"] ?? false,
        id,
        displayName,
        connectivityType,
        ...(gatewayId ? { gatewayId } : {}),
        connectionDetails: {
          path: (details.parameters ?? []).map(({ value }) => String(value as string)).join(";"),
          type: details.type ?? "",
        },
        privacyLevel,
        credentialDetails: shownCredentials(credentials),
      };
      connections.in(service).put({ id, body, credentials: fingerprintOf(credentials) });
      connectionRoles.give(service, id, call.caller, "Owner");
      const { allowUsageInUserControlledCode: _onlyInReads, ...shown } = body;
      return created(shown, { Location: `https://api.fabric.microsoft.com/v1/connections/${id}` });
    }),
    route("GET", connection, "", ({ body }) => ok(body)),
    route("PATCH", connection, "", ({ id, body, credentials }, call, service) => {
      requiredText(call.body, "connectivityType", 100);
      const { displayName, privacyLevel, allowConnectionUsageInGateway, credentialDetails } = call.body;
      if (displayName !== undefined) assertFree(service, requiredText(call.body, "displayName", 200), id);
      const given = credentialDetails as CredentialDetails | undefined;
      const changed = connections.in(service).change(id, {
        body: {
          ...body,
          ...(displayName !== undefined && { displayName }),
          ...(privacyLevel !== undefined && { privacyLevel: oneOf(privacyLevel, privacyLevels) }),
          ...(allowConnectionUsageInGateway !== undefined && { allowConnectionUsageInGateway }),
          ...(given && { credentialDetails: shownCredentials(given) }),
        },
        credentials: given ? fingerprintOf(given) : credentials,
      });
      return ok(changed.body);
    }),
    route("DELETE", connection, "", ({ id }, _call, service) => {
      remove(service, connections, id);
      return ok();
    }),
    ...connectionRoles.routes,
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

function assertFree(service: Service, displayName: string, ownId?: string): void {
  const all = connections.in(service).all();
  if (all.some(({ id, body }) => id !== ownId && sameName(String(body["displayName"]), displayName)))
    throw new ServiceError(409, "DuplicateConnectionName", "The connection name is already in use");
}

function oneOf(value: unknown, known: readonly string[]): string {
  if (typeof value === "string" && known.includes(value)) return value;
  throw badRequest(`The value must be one of ${known.join(", ")}.`);
}

const shownCredentials = (given: CredentialDetails) => ({
  credentialType: given.credentials?.["credentialType"] ?? "Anonymous",
  singleSignOnType: given.singleSignOnType ?? "None",
  connectionEncryption: given.connectionEncryption ?? "NotEncrypted",
  skipTestConnection: given.skipTestConnection ?? false,
});

const fingerprintOf = ({ credentials = {} }: CredentialDetails) =>
  createHash("sha256")
    .update(JSON.stringify(Object.entries(credentials).sort(([left], [right]) => (left < right ? -1 : 1))))
    .digest("base64url");
