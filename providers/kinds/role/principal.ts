import { APPLICATION, WORKSPACE_IDENTITY } from "../../../lib/config/principal.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import type { Run } from "../../run/run.ts";
import { repeatWhile } from "../../run/waits.ts";

/* Principals as resources name them, in one text. */

/** Longest wait for a principal that Entra knows and Fabric does not know yet. */
const KNOWN_DEADLINE_MS = 3 * 60_000;

const GUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

/** Whether a text is a user principal name. */
export const isUserPrincipalName = (principal: string): boolean => principal.includes("@");

/** Whether a text is an application id, or names a workspace's identity: both are service principals. */
export const isServicePrincipal = (principal: string): boolean =>
  principal.startsWith(APPLICATION) || principal.startsWith(WORKSPACE_IDENTITY);

/** Whether a text is the display name of a group or service principal. */
export const isDisplayName = (principal: string, type: string | undefined): boolean =>
  (type === "Group" || type === "ServicePrincipal") &&
  !GUID.test(principal) &&
  !isUserPrincipalName(principal) &&
  !isServicePrincipal(principal);

/**
 * Object id of a principal. Names are looked up in Microsoft Graph, once in a run.
 * @throws FabricError or Error that names what to declare or grant; for an ambiguous name with the ids of all
 */
export async function principalIdFor(run: Run, principal: string, type: string | undefined): Promise<string> {
  if (isUserPrincipalName(principal)) return run.userId(principal);
  if (principal.startsWith(APPLICATION)) return run.principalId({ applicationId: principal.slice(APPLICATION.length) });
  if (principal.startsWith(WORKSPACE_IDENTITY)) return principal.slice(WORKSPACE_IDENTITY.length);
  if (!isDisplayName(principal, type)) return principal;
  return run.principalId({ displayName: principal, type: type === "Group" ? "Group" : "ServicePrincipal" });
}

/**
 * Repeats work while the service does not know a principal that exists: one that was made a moment ago takes minutes to get
 * there. Object ids may be wrong, so nothing waits for them.
 * @param codes by which the service refuses an unknown principal
 */
export const oncePrincipalIsKnown = <T>(
  run: Run,
  principal: string,
  codes: readonly string[],
  work: () => Promise<T>,
): Promise<T> =>
  repeatWhile(
    run,
    {
      isWaitedFor: (error) => !GUID.test(principal) && isFabricError(error, ...codes) && error.status === 400,
      says: ({ operation }) => `${operation}: the service does not know ${principal} yet; waiting for it.`,
      deadlineMs: KNOWN_DEADLINE_MS,
    },
    work,
  );
