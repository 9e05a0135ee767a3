import { z } from "zod";
import { isGuid } from "../api/guid.ts";
import { id, text } from "./value.ts";
import { wordList } from "./wordList.ts";

/* How a principal is declared that gets a role: in a workspace, or in a connection. */

/** Types of principals that an object id can belong to. */
export const principalTypes = ["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"] as const;

/** Types of principals that have display names to be found by. */
const namedTypes: readonly unknown[] = ["Group", "ServicePrincipal"];

/** The keys of a declared principal. */
export const principalKeys = {
  principal: z
    .union([text(256), z.strictObject({ applicationId: id }), z.strictObject({ workspaceIdentity: text(256) })], {
      error: ({ input }) =>
        input === undefined
          ? "required"
          : "must be text, {applicationId: ID} or {workspaceIdentity: NAME_OF_A_WORKSPACE}",
    })
    .meta({
      description:
        "User principal name; display name of a group or service principal, with its `type`; or object id of any principal (of " +
        "a service principal that of its enterprise application), with its `type`. `{applicationId: ID}` is a service " +
        "principal, `{workspaceIdentity: NAME}` the identity of a workspace of `workspaces` or `references`. A guest is " +
        "spelled `dora_gmail.com#EXT#@TENANT.onmicrosoft.com`. Each once in a list.",
      examples: ["alice@contoso.com"],
    }),
  type: z
    .enum(principalTypes)
    .optional()
    .meta({
      description:
        "What the display name or object id belongs to. Required with either; a user principal name is always a `User`.",
      examples: ["Group"],
      absent: "`User` for a user principal name",
    }),
};

/** A declared principal. */
export type DeclaredPrincipal = z.output<typeof principalKeys.principal>;

/** A fault of a declared principal: the key that has it, and what would be right. */
export interface PrincipalProblem {
  readonly key: "principal" | "type";
  readonly message: string;
}

/** What is wrong with a principal and its type together. Values of the wrong shape are the schema's to refuse. */
export function principalProblem(principal: unknown, type: unknown): PrincipalProblem | undefined {
  if (typeof principal === "object" && principal !== null) {
    if (type === undefined || type === "ServicePrincipal") return undefined;
    return { key: "type", message: "is always ServicePrincipal here: remove the key" };
  }
  if (typeof principal !== "string" || principal.trim() === "") return undefined;
  const name = principal.trim();
  if (name.includes("@")) {
    if (type === undefined || type === "User") {
      const message = userNameProblem(name);
      return message === undefined ? undefined : { key: "principal", message };
    }
    return {
      key: "type",
      message: "a user principal name is always a User: remove the key, or give an object id",
    };
  }
  if (isGuid(name))
    return type === undefined
      ? { key: "type", message: `required with an object id: ${wordList(principalTypes, "or")}` }
      : undefined;
  if (namedTypes.includes(type)) return undefined;
  return {
    key: "principal",
    message:
      "must be a user principal name (alice@contoso.com) or an object id; or, with type Group or ServicePrincipal, a display name",
  };
}

const USER_NAME = /^[^@\s<>:]+@[^@\s<>]+$/;
/** Mail services for everybody: no tenant has their domain, so only guests have such an address. */
const MAIL_FOR_ALL =
  /^((gmail|googlemail|outlook|hotmail|live|msn|yahoo|icloud|me|mac|aol|proton|protonmail|gmx|mail|yandex|zoho)\.com|(gmx|web|t-online|freenet|posteo)\.(de|net)|proton\.me|(live|hotmail|outlook|yahoo)\.\w{2}(\.\w{2})?|yahoo\.co\.\w{2}|orange\.fr|free\.fr|libero\.it|qq\.com|163\.com)$/i;

/** What is wrong with a user principal name. See https://learn.microsoft.com/entra/external-id/user-properties */
function userNameProblem(name: string): string | undefined {
  const plain = name.replace(/%23/g, "#").replace(/%40/g, "@");
  const [, local = "", domain = "", tenant = ""] = /^([^@]+)@([^@]+)#EXT#@([^@]+)$/i.exec(plain) ?? [];
  const guest = tenant === "" ? plain : `${local}_${domain}#EXT#@${tenant}`;
  if (guest !== name && USER_NAME.test(guest)) return `is not how a user principal name is spelled: write ${guest}`;
  if (!USER_NAME.test(name)) return "must be a user principal name (alice@contoso.com), with one @ and without spaces";
  const [own = "", host = ""] = name.split("@");
  return MAIL_FOR_ALL.test(host)
    ? `is the mail address of a guest, whose user principal name is ${own}_${host}#EXT#@TENANT.onmicrosoft.com; or give the object id with type User`
    : undefined;
}

/** A role that the service refuses a service principal profile, or was seen to refuse. */
export interface ProfileRoleProblem {
  readonly isCertain: boolean;
  readonly message: string;
}

/** What is wrong with a role in a workspace for a principal of that type; the service's code is WorkspaceRoleNotAllowedForServicePrincipalProfile. */
export function profileRoleProblem(type: unknown, role: unknown): ProfileRoleProblem | undefined {
  if (type !== "ServicePrincipalProfile") return undefined;
  if (role === "Viewer") return { isCertain: true, message: "is no role that a service principal profile can have" };
  if (role !== "Member" && role !== "Contributor") return undefined;
  return {
    isCertain: false,
    message: "may be refused: the service does not give every role to a service principal profile",
  };
}

/** Prefixes by which one text says what its principal is; the provider understands them. */
export const APPLICATION = "applicationId=";
/** Prefix of the object id of a workspace's identity. */
export const WORKSPACE_IDENTITY = "workspaceIdentity=";

/** A principal in one text, the same for all spellings: part of a resource's key. */
export function principalKey(principal: DeclaredPrincipal): string {
  if (typeof principal === "string") return principal.toLowerCase();
  return "applicationId" in principal
    ? `${APPLICATION}${principal.applicationId}`
    : `${WORKSPACE_IDENTITY}${principal.workspaceIdentity.toLowerCase()}`;
}
