import { z } from "zod";
import { idShape } from "../../../lib/api/objects.ts";
import { switchEntry } from "../../engine/entry.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { restKind } from "../../engine/restKind.ts";

/**
 * The identity of a workspace. Items use it to sign in to other services. Its id is the workspace's. An existing identity is
 * adopted. A deprovisioned identity cannot be restored, and a new one has none of the old one's rights
 * (https://learn.microsoft.com/en-us/fabric/security/workspace-identity).
 */
export const workspaceIdentity = restKind({
  name: "WorkspaceIdentity",
  noun: "workspace identity",
  place: { of: "workspace", path: "" },
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  },
  named: [],
  shape: z.object({ applicationId: idShape, servicePrincipalId: idShape }),
  within: ({ workspaceIdentity }) => workspaceIdentity,
  outputs: ["applicationId", "servicePrincipalId"],
  creation: "provisionIdentity",
  removal: { method: "post", path: "deprovisionIdentity" },
  taken: "WorkspaceIdentityAlreadyExists",
  loses: "every right that it was given",
  entry: switchEntry({
    in: "workspace",
    key: "identity",
    says: "Whether the workspace has an identity of its own. Removing the key deprovisions the identity, which nothing restores.",
    example: true,
    shows: ["applicationId", "servicePrincipalId"],
  }),
});
