import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { roleFields, roleKind } from "../role/roleKind.ts";
import { connectionRoles } from "./connectionEntry.ts";

/** A role of a user, group or service principal in a connection. Its id is `{connectionId}/{principalId}`. */
export const connectionRole = roleKind({
  name: "ConnectionRole",
  noun: "role in a connection",
  place: { in: "connection", collection: "roleAssignments" },
  holder: "connectionId",
  of: "connection",
  roles: connectionRoles,
  top: "Owner",
  compensation: "removeConnectionRole",
  restores: "restoreConnectionRole",
  // the service says no more about a principal that it does not know
  unknownPrincipal: ["UnknownError", "PrincipalNotFound"],
  fields: {
    connectionId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    ...roleFields(connectionRoles),
  },
});
