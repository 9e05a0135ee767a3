import { randomUUID } from "node:crypto";
import { created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

/** Connections to sources of data and to Git providers. What was secret in them is not kept. */
export const connectionRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/connections",
    handler: (call, service) =>
      page(
        call,
        service,
        service.connections.all().map(({ body }) => body),
        "/connections",
      ),
  },
  {
    method: "POST",
    template: "/connections",
    handler(call, service) {
      const displayName = requiredText(call.body, "displayName", 200);
      const connectivityType = requiredText(call.body, "connectivityType", 100);
      if (service.connections.all().some(({ body }) => sameName(String(body["displayName"]), displayName))) {
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
      service.connections.put({ id, body });
      const { allowUsageInUserControlledCode: _onlyInReads, ...shown } = body;
      return created(shown, { Location: `https://api.fabric.microsoft.com/v1/connections/${id}` });
    },
  },
  {
    method: "GET",
    template: "/connections/{connectionId}",
    handler: (call, service) => ok(connectionOf(call, service).body),
  },
  {
    method: "PATCH",
    template: "/connections/{connectionId}",
    handler(call, service) {
      const { id, body } = connectionOf(call, service);
      const { displayName, privacyLevel } = call.body;
      return ok(
        service.connections.change(id, {
          body: { ...body, ...(displayName ? { displayName } : {}), ...(privacyLevel ? { privacyLevel } : {}) },
        }).body,
      );
    },
  },
  {
    method: "DELETE",
    template: "/connections/{connectionId}",
    handler(call, service) {
      service.connections.delete(connectionOf(call, service).id);
      return ok();
    },
  },
];

function connectionOf(call: Call, service: Service) {
  const connection = service.connections.get(call.params["connectionId"] ?? "");
  if (!connection) throw notFound("connection");
  return connection;
}
