import authorization from "@pulumi/azure-native/authorization/index.js";
import type { Input } from "@pulumi/pulumi/output.js";
import type { CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";

/**
 * Azure's built-in roles that are given here; their ids are the same everywhere.
 * @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
 */
const roleIds = {
  /** Reads, writes and deletes blobs. */
  "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  /** Reads blobs. */
  "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  /** Reads the values of secrets. */
  "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
  /** Reads, writes and deletes secrets. */
  "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
} as const;

/** A role that can be given. */
export type AzureRole = keyof typeof roleIds;

/** Who is given a role. */
export interface AzurePrincipal {
  /** For the name of the resource. */
  readonly name: string;
  /** Object id in Entra ID. */
  readonly principalId: Input<string>;
  /** Without it, Azure looks an identity up that Entra may not have heard of yet, and fails. */
  readonly principalType: "User" | "Group" | "ServicePrincipal";
}

/** A role of one principal on one resource. */
export interface RoleGrant {
  readonly principal: AzurePrincipal;
  readonly role: AzureRole;
  readonly scope: CustomResource;
  /** Name of the scope, for the name of the resource. */
  readonly scopeName: string;
  /** Subscription of the scope. */
  readonly subscriptionId: string;
}

/** Declares the assignment of a role. */
export function assignRole(grant: RoleGrant, opts: CustomResourceOptions): void {
  const { principal, role, scope, scopeName, subscriptionId } = grant;
  const { name, principalId, principalType } = principal;
  // with the subscription, as Azure itself shows it: a refresh finds no difference
  const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${roleIds[role]}`;
  new authorization.RoleAssignment(
    `${name}/${role}/${scopeName}`,
    { principalId, principalType, roleDefinitionId, scope: scope.id },
    opts,
  );
}
