import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { inLog } from "../../../lib/transactions/written.ts";
import { differing } from "../../engine/change.ts";
import { AS_BEFORE, DOUBTFUL, identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import type { InputsOf } from "../../engine/field.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { connectionEntry, keys } from "./connectionEntry.ts";
import { connectionTypesOf, detailsOf, refusedCredentials, typeProblems } from "./connectionTypes.ts";
import { credentialsSchema, resolveCredentials, secretNamesOf, secretVersion } from "./credentials.ts";
import type { Credentials } from "./credentials.ts";

/** What is read of a connection. Its parameters and secrets are never shown. */
export const connectionShape = z.object({
  id: idShape,
  displayName: optional(z.string()),
  connectivityType: optional(z.string()),
  gatewayId: optional(z.string()),
  connectionDetails: optional(z.object({ type: optional(z.string()), path: optional(z.string()) })),
  privacyLevel: optional(z.string()),
  allowConnectionUsageInGateway: optional(z.boolean()),
  allowUsageInUserControlledCode: optional(z.boolean()),
  credentialDetails: optional(
    z.object({
      credentialType: optional(z.string()),
      singleSignOnType: optional(z.string()),
      connectionEncryption: optional(z.string()),
      skipTestConnection: optional(z.boolean()),
    }),
  ),
});

/** A connection in lists and single reads. */
export type LiveConnection = Readonly<z.output<typeof connectionShape>>;

/** The values of an adopted connection that can be given back. */
export interface Before {
  readonly displayName: string;
  readonly privacyLevel: string;
  readonly allowConnectionUsageInGateway: boolean;
}

interface Outputs {
  /** Only for a connection that existed before. */
  readonly adopted?: Before | undefined;
  /**
   * Only for a connection that existed before: whether this stack has sent credentials to it. Absent if an earlier version adopted
   * it: then nobody knows.
   */
  readonly credentialsSent?: boolean | undefined;
}

const fields = {
  displayName: { schema: keys.displayName, change: "update" },
  connectivityType: { schema: keys.connectivityType, change: "replace" },
  gatewayId: { schema: identifier.optional(), change: "replace", same: sameIgnoringCase },
  type: { schema: keys.type, change: "replace", same: sameIgnoringCase },
  creationMethod: { schema: keys.creationMethod, change: "replace" },
  parameters: { schema: keys.parameters, change: "replace" },
  privacyLevel: { schema: keys.privacyLevel, change: "update" },
  allowConnectionUsageInGateway: { schema: keys.allowConnectionUsageInGateway, change: "update" },
  allowUsageInUserControlledCode: { schema: keys.allowUsageInUserControlledCode, change: "replace" },
  connectionEncryption: { schema: keys.connectionEncryption, change: "update" },
  singleSignOnType: { schema: keys.singleSignOnType, change: "update" },
  skipTestConnection: { schema: keys.skipTestConnection, change: "update" },
  /** By reference. Reads show only their type. */
  credentials: { schema: credentialsSchema.optional(), change: "update" },
  /** Versions of the secrets in the credentials; the program fills them in. Another version sends the credentials again. */
  secretVersion: {
    schema: secretVersion.optional(),
    change: "update",
    same: (before: string, after: string) => after === AS_BEFORE && before !== DOUBTFUL,
    isFilledIn: true,
  },
  /** Manages an existing connection of that name instead of refusing it. */
  adopt: { schema: keys.adopt, change: "local" },
} as const;

type Inputs = InputsOf<typeof fields>;
type Changing = Change<typeof fields, Outputs, LiveConnection, Before>;

/** The properties that only go to the service together with the credentials. */
const WITH_CREDENTIALS = ["connectionEncryption", "singleSignOnType", "skipTestConnection"] as const;

const RESTORES_CREDENTIALS = "restoreConnectionCredentials";

/** The present values of a connection that an adoption keeps, to give them back. */
export const priorValues = (live: LiveConnection): Before => ({
  displayName: live.displayName ?? "",
  privacyLevel: live.privacyLevel ?? "Organizational",
  allowConnectionUsageInGateway: live.allowConnectionUsageInGateway ?? false,
});

/** The outputs of an adopted connection, to which nothing was sent yet. */
export const adoptedOutputs = (adopted: Before): Partial<Outputs> => ({ adopted, credentialsSent: false });

const title = ({ displayName }: Partial<Inputs>) => `connection '${displayName ?? "?"}'`;

const kind = defineObjectKind<Outputs>()({
  name: "Connection",
  noun: "connection",
  fields,
  place: { in: "tenant", collection: "connections" },
  shape: connectionShape,
  plural: "connections",
  compensation: "deleteConnection",
  restores: ["restoreConnection", RESTORES_CREDENTIALS],
  loses: "whatever is bound to it",
  holdsData: () => "whatever is bound to it",
  outputs: ["adopted", "credentialsSent"],
  title,
  nameOf: ({ displayName = "?" }) => displayName,
  entry: connectionEntry,
  secretsOf: ({ credentials }) => secretNamesOf(credentials as Credentials | undefined),

  names: z.object({ displayName: nameInLog }),
  namesOf: (_run, { displayName }) => ({ displayName }),
  isNamed: (live, names) => sameIgnoringCase(live.displayName, names.displayName),
  isPlausible: isOwn,
  notOurs: (id, { displayName }) =>
    `connection '${displayName}' (${id}) may be somebody else's, because the deploying identity is no Owner of it. It was not touched.`,

  async make(run, inputs) {
    if (inputs.credentials === undefined) {
      const next = inputs.adopt
        ? `adopt: true is declared, but no connection of that name is shared with the deploying identity. Give it the role ` +
          `Owner on that connection, check the name, or declare credentials to make one.`
        : "declare credentials, or adopt: true to manage an existing connection.";
      throw new Error(`create ${title(inputs)}: ${next}`);
    }
    const typed = { ...inputs, credentialType: inputs.credentials.credentialType };
    const types = await connectionTypesOf(run, inputs.gatewayId);
    const problems = typeProblems(types, typed);
    if (problems.length > 0) throw new Error(`create ${title(inputs)}: ${problems.join(" ")} Nothing was made.`);
    const { details, secrets } = await credentialDetails(run, inputs);
    const { connectivityType, gatewayId, displayName, privacyLevel } = inputs;
    return {
      body: {
        connectivityType,
        ...(connectivityType !== "ShareableCloud" && { gatewayId }),
        displayName,
        connectionDetails: detailsOf(types, typed),
        privacyLevel,
        credentialDetails: details,
        ...(connectivityType === "ShareableCloud" && {
          allowConnectionUsageInGateway: inputs.allowConnectionUsageInGateway,
          allowUsageInUserControlledCode: inputs.allowUsageInUserControlledCode,
        }),
      },
      secrets,
      remedies: refusedCredentials(types, typed),
    };
  },

  priorValues,
  async valuesOf(live, run, id, state) {
    const { displayName, privacyLevel, allowConnectionUsageInGateway } = priorValues(live);
    const { credentialDetails: details = {}, connectionDetails, connectivityType } = live;
    const isDoubtful = (await run.undoOf(RESTORES_CREDENTIALS, id)) !== undefined;
    // an adopted connection keeps its credentials, because they cannot be given back
    const isShown = state.adopted === undefined && state.credentials !== undefined;
    return {
      displayName,
      privacyLevel: privacyLevel as Inputs["privacyLevel"],
      allowConnectionUsageInGateway,
      type: connectionDetails?.type ?? state.type,
      connectivityType: (connectivityType ?? state.connectivityType) as Inputs["connectivityType"],
      ...(isShown && {
        connectionEncryption: (details.connectionEncryption ?? "NotEncrypted") as Inputs["connectionEncryption"],
        singleSignOnType: (details.singleSignOnType ?? "None") as Inputs["singleSignOnType"],
        skipTestConnection: details.skipTestConnection ?? false,
        credentials:
          details.credentialType === undefined || details.credentialType === state.credentials?.credentialType
            ? state.credentials
            : ({ credentialType: details.credentialType } as Credentials),
      }),
      ...(isDoubtful && { secretVersion: DOUBTFUL }),
    };
  },

  async converge(change) {
    await convergeProperties(change);
    const isSent = await sendCredentials(change);
    const { run, id, old, found } = change;
    if (old?.adopted === undefined && found === undefined) return {};
    const former = run.isRollback || found ? await formerOf(run, id) : undefined;
    if (former) return { credentialsSent: former.credentialsSent };
    return isSent ? { credentialsSent: true } : {};
  },

  adoption: {
    taken: "DuplicateConnectionName",
    looksFirst: true,
    async may(run, live, { adopt, displayName, type }) {
      if (!adopt) return false;
      const all = await run.listOnce("/connections", "list connections", connectionShape);
      const named = all.filter((one) => sameIgnoringCase(one.displayName, displayName)).map(({ id }) => id);
      if (named.length > 1)
        throw new Error(`Two connections have the name '${displayName}' (${named.join(", ")}). Rename one of them.`);
      const theirs = live.connectionDetails?.type;
      if (theirs !== undefined && !sameIgnoringCase(theirs, type))
        throw new Error(`connection '${displayName}' (${live.id}) is of type ${theirs}, and ${type} is declared.`);
      return true;
    },
    before: z.record(z.string(), z.unknown()) as unknown as z.ZodType<Before>,
    toOutputs: adoptedOutputs,
    ofState: ({ adopted }) => adopted,
    async giveBack(change) {
      await convergeProperties(change);
      return false;
    },
  },
});

const NEVER_SENT =
  "its credentials are those of this deployment: those that it had before are its owner's, and this stack never had them";
const NOT_KNOWN =
  "whether it has the credentials again that it had before is not known: an earlier version adopted it, and did not note " +
  "whether this stack had sent any";

/** The connection in the state of before this run. */
const formerOf = (run: Run, id: string) => run.formerState<Outputs>("Connection", id);

/**
 * A connection of the tenant. Its id is the service's. Its credentials are declared by reference, looked up when they are
 * sent, and sent again if the version of their secret changes. The service never shows them, so nothing else can tell that they
 * have changed (https://learn.microsoft.com/en-us/rest/api/fabric/core/connections).
 */
export const connection: typeof kind = {
  ...kind,
  async giveBackValues(run, id, written, state) {
    const given = await kind.giveBackValues?.(run, id, written, state);
    const { isChanged = false, left = [] } = given ?? {};
    const sent = await run.undoOf<{ credentials?: unknown }>(RESTORES_CREDENTIALS, id);
    const { credentials, secretVersion: version } = state as Pick<Inputs, "credentials" | "secretVersion">;
    if (!sent) return { isChanged, left };
    const former = await formerOf(run, id);
    if (former?.adopted && former.credentialsSent !== true)
      return { isChanged, left: [...left, former.credentialsSent === false ? NEVER_SENT : NOT_KNOWN] };
    const isBack =
      credentials !== undefined &&
      sent.credentials !== null &&
      !("missing" in (await resolveCredentials(run, credentials, version)));
    const lost =
      "its credentials are those of this deployment: the version of the secret that it had before cannot be read any more";
    return { isChanged, left: isBack ? left : [...left, lost] };
  },
};

/** The answer to a change: the connection. Nothing in it is read. */
const changedShape = z.object({ id: idShape });

async function convergeProperties({ now, wanted, path, write }: Changing): Promise<void> {
  const before = priorValues(now);
  const { displayName, privacyLevel, allowConnectionUsageInGateway } = wanted;
  const body = differing<Before>(before, { displayName, privacyLevel, allowConnectionUsageInGateway });
  if (Object.keys(body).length === 0) return;
  const connectivityType = now.connectivityType ?? wanted.connectivityType;
  await write({ method: "PATCH", path, body: { connectivityType, ...body }, answer: changedShape }, body);
}

/**
 * Sends the credentials, if the declaration has changed since they were sent, or the service shows others.
 * @returns whether they were sent
 */
async function sendCredentials(change: Changing): Promise<boolean> {
  const { run, id, now, wanted, old, found, path } = change;
  if (wanted.credentials === undefined || found !== undefined) return false;
  if (!(await isOther(change))) return false;
  // a rollback would send what an adopted connection has never had
  if (run.isRollback && (await formerOf(run, id))?.credentialsSent === false) return false;
  const known = await resolveCredentials(run, wanted.credentials, wanted.secretVersion);
  if (run.isRollback && "missing" in known) {
    const why = `the version of secret ${known.missing} that it had before cannot be read any more`;
    run.warn(`${title(wanted)}: its credentials stay as this deployment sent them, because ${why}.`);
    return false;
  }
  const { details, secrets } = await credentialDetails(run, wanted);
  await run.write(
    {
      operation: "update",
      resourceType: "Connection",
      resourceName: wanted.displayName,
      resourceId: id,
      compensation: {
        function: RESTORES_CREDENTIALS,
        args: { id, credentials: old?.credentials ?? null, secretVersion: old?.secretVersion ?? null },
      },
      before: inLog({ ...priorValues(now) }),
      after: {},
    },
    {
      method: "PATCH",
      path,
      body: { connectivityType: now.connectivityType ?? wanted.connectivityType, credentialDetails: details },
      operation: `change the credentials of ${title(wanted)}`,
      answer: changedShape,
      secrets,
      remedies: refusedCredentials(undefined, wanted),
    },
  );
  return true;
}

async function isOther({ run, id, now, wanted, old }: Changing): Promise<boolean> {
  // a rollback has nothing to give back if its transaction has sent no credentials
  if (run.isRollback && old !== undefined && !(await run.undoOf(RESTORES_CREDENTIALS, id))) return false;
  // continues with a connection of an earlier run, whose credentials nobody knows
  if (old === undefined) return true;
  const names = ["credentials", "secretVersion", ...WITH_CREDENTIALS] as const;
  if (names.some((name) => !isDeepStrictEqual(old[name], wanted[name]))) return true;
  if (old.adopted !== undefined || now.credentialDetails === undefined) return false;
  const { credentialType, ...details } = now.credentialDetails;
  const isShownOther = (name: (typeof WITH_CREDENTIALS)[number]) =>
    details[name] !== undefined && details[name] !== wanted[name];
  return (
    (credentialType !== undefined && credentialType !== wanted.credentials?.credentialType) ||
    WITH_CREDENTIALS.some(isShownOther)
  );
}

/** @throws Error that names a secret which no source has */
async function credentialDetails(run: Run, inputs: Inputs) {
  const { credentials = { credentialType: "Anonymous" }, connectionEncryption, singleSignOnType } = inputs;
  const resolved = await resolveCredentials(run, credentials, inputs.secretVersion);
  if ("missing" in resolved) {
    const { secretVersion: version } = inputs;
    const isPinned = version !== undefined && version !== AS_BEFORE && !isUnknown(version);
    throw new Error(
      `The credentials of ${title(inputs)} were not sent: secret ${resolved.missing} is ${isPinned ? "not in that version in" : "in none of"} ` +
        `Key Vault (while useKeyVault is on), the environment and .env. Set it with npm run secret -- set ${resolved.missing}, ` +
        "or in the environment.",
    );
  }
  const { body, secrets } = resolved;
  const { skipTestConnection } = inputs;
  return {
    details: { singleSignOnType, connectionEncryption, skipTestConnection, credentials: body },
    secrets,
  };
}

const ownerShape = z.object({ id: idShape, principal: z.object({ id: idShape }), role: z.string() });

/** Whether the deploying identity owns a connection, as the maker of one does. */
async function isOwn(run: Run, id: string): Promise<boolean> {
  if (run.callerId === undefined) return true;
  const roles = await run.list(`/connections/${id}/roleAssignments`, "list the roles of a connection", ownerShape);
  return roles.some(({ role, principal }) => role === "Owner" && sameIgnoringCase(principal.id, run.callerId));
}
