import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { text } from "../../../lib/config/value.ts";
import { listEntry } from "../../engine/entry.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { restKind } from "../../engine/restKind.ts";

/** Keys of an entry; the service changes none of them in place. */
const keys = {
  targetPrivateLinkResourceId: text(2000).describe("Azure resource that the endpoint leads to, by its resource id."),
  targetSubresourceType: text(100).optional().describe("Part of that resource: `sqlServer`, `blob`, `vault`."),
  requestMessage: text(140).optional().describe("What its owner reads who is to approve the endpoint."),
  targetFQDNs: z.array(text(255)).min(1).max(20).optional().describe("Names that a private link service answers to."),
};

/**
 * A managed private endpoint of a workspace. Its id is `{workspaceId}/{managedPrivateEndpointId}`. The endpoint works once the
 * owner of its target has approved it; `connectionState` shows the approval
 * (https://learn.microsoft.com/en-us/fabric/security/security-managed-private-endpoints-overview).
 */
export const managedPrivateEndpoint = restKind({
  name: "ManagedPrivateEndpoint",
  noun: "managed private endpoint",
  place: { in: "workspace", collection: "managedPrivateEndpoints" },
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    name: { schema: text(64), change: "replace", same: sameIgnoringCase },
    targetPrivateLinkResourceId: {
      schema: keys.targetPrivateLinkResourceId,
      change: "replace",
      same: sameIgnoringCase,
    },
    targetSubresourceType: { schema: keys.targetSubresourceType, change: "replace", same: sameIgnoringCase },
    requestMessage: { schema: keys.requestMessage, change: "replace" },
    targetFQDNs: { schema: keys.targetFQDNs, change: "replace" },
  },
  named: ["name"],
  shape: z.object({
    id: idShape,
    name: z.string(),
    targetPrivateLinkResourceId: z.string(),
    targetSubresourceType: optional(z.string()),
    provisioningState: z.string(),
    connectionState: optional(z.object({ status: optional(z.string()), description: optional(z.string()) })),
  }),
  outputs: ["provisioningState", "connectionState"],
  // the service refuses two simultaneous creates in a workspace
  isMadeInTurn: true,
  readiness: {
    stateOf: ({ provisioningState }) =>
      provisioningState === "Succeeded" ? "ready" : provisioningState === "Failed" ? "failed" : "waiting",
    deadlineMs: 15 * 60_000,
    remedy: "Check its target and the region of the workspace's capacity, remove its entry, deploy, and add it again.",
  },
  loses: "its approval",
  entry: listEntry({
    in: "workspace",
    key: "managedPrivateEndpoints",
    says: "Private endpoints through which Spark and others reach Azure resources. Each has to be approved at its target.",
    keys,
    example: [
      {
        name: "sales-sql",
        targetPrivateLinkResourceId:
          "/subscriptions/66666666-7777-4888-8999-aaaaaaaaaaaa/resourceGroups/rg-sales/providers/Microsoft.Sql/servers/sales",
        targetSubresourceType: "sqlServer",
        requestMessage: "Fabric workspace sales",
      },
    ],
    shows: ["connectionState"],
  }),
});
