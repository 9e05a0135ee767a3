import { z } from "zod";
import { isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { valuesToGiveBack } from "../../../lib/transactions/written.ts";
import type { Values, Written } from "../../../lib/transactions/written.ts";
import { deleteOrGone } from "../../engine/gone.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { ValuesGivenBack } from "../../engine/resourceKind.ts";
import type { GiveBack } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { intentOf, whereOf } from "./fields.ts";
import type { GitInputs as Inputs } from "./fields.ts";
import {
  credentialRemedies,
  credentialsOf,
  credentialsShape,
  detailsOf,
  hasCredentials,
  readConnection,
  readCredentials,
} from "./link.ts";
import type { GitCredentials } from "./link.ts";

/*
 * The credentials of the deploying identity for a Git connection. Each write notes the credentials from before and those that it
 * sends, so that a rollback gives the former ones back, and keeps what somebody has set since.
 */

/** Name in logs of the compensation of a write of credentials. */
export const RESTORES_CREDENTIALS = "restoreGitCredentials";

/** What the log holds of an adoption whose credentials were others. */
const adoptedShape = z.object({ credentials: credentialsShape, sent: credentialsShape });

/** The credentials in one spelling: the service may write an id in other letters. */
const spelt = ({ connectionId, ...credentials }: GitCredentials): GitCredentials => ({
  ...credentials,
  ...(connectionId !== undefined && { connectionId: connectionId.toLowerCase() }),
});

const isSame = (one: GitCredentials, other: GitCredentials): boolean =>
  one.source === other.source && sameIgnoringCase(one.connectionId, other.connectionId);

/**
 * What is given back of the credentials after a transaction. Pure.
 * @param live the present ones
 * @param state the connection's resource; without properties if the stack does not hold the connection
 * @returns undefined if the log has no credentials from before
 */
function credentialsToGiveBack(
  live: GitCredentials,
  { before, after }: Pick<Written, "before" | "after">,
  state: Partial<Inputs>,
): { readonly credentials: GitCredentials; readonly isKept: boolean } | undefined {
  const noted = (value: unknown) => credentialsShape.safeParse(value).data;
  const had = noted(before["credentials"]);
  if (!had) return undefined;
  const sent = (after["credentials"] ?? []).flatMap((value) => noted(value) ?? []);
  const restored = state.repositoryName === undefined ? {} : { credentials: spelt(credentialsOf(state)) };
  const written = { before: { credentials: spelt(had) }, after: { credentials: sent.map(spelt) } };
  const { values, kept } = valuesToGiveBack({ credentials: spelt(live) }, written, restored);
  return { credentials: values["credentials"] as GitCredentials, isKept: kept.length > 0 };
}

/**
 * Gives the deploying identity the declared credentials, unless the service has them already.
 * @param of `old`: the inputs before, undefined in a create; `isAdopting`: the connection is somebody else's, and no state holds it
 * @returns the credentials before, if others were sent now, or by a run that did not end
 */
export async function ensureCredentials(
  run: Run,
  inputs: Inputs,
  { old, isAdopting = false }: { readonly old?: Inputs; readonly isAdopting?: boolean },
): Promise<GitCredentials | undefined> {
  const { workspaceId } = inputs;
  const had = await readCredentials(run, workspaceId);
  const begun = await run.undoOf<{ readonly credentials?: GitCredentials }>(RESTORES_CREDENTIALS, workspaceId);
  const isTaken = old?.connectionId !== undefined && inputs.connectionId === undefined;
  if (isTaken ? had.source === "Automatic" : hasCredentials(had, inputs)) return begun?.credentials;
  const sent = credentialsOf(inputs);
  const adopted = { resourceType: "GitConnection", resourceName: inputs.repositoryName, resourceId: workspaceId };
  if (isAdopting) await run.adopt(adopted, { credentials: had, sent });
  await sendCredentials(run, inputs, { had, sent, declared: old?.connectionId });
  return begun?.credentials ?? had;
}

/** @param declared connection that the state had. @default that of the credentials before */
async function sendCredentials(
  run: Run,
  inputs: Inputs,
  of: { readonly had: GitCredentials; readonly sent: GitCredentials; readonly declared?: string | undefined },
): Promise<void> {
  const { workspaceId } = inputs;
  const { had, sent, declared: connectionId = had.connectionId } = of;
  const args = { workspaceId, connectionId, credentials: had };
  await run.write(
    {
      ...intentOf("update", inputs, { function: RESTORES_CREDENTIALS, args }),
      before: { credentials: had },
      after: { credentials: sent },
    },
    {
      method: "PATCH",
      path: `/workspaces/${workspaceId}/git/myGitCredentials`,
      body: sent,
      operation: `change the credentials for ${whereOf(inputs)}`,
      answer: credentialsShape,
      remedies: credentialRemedies(run, sent),
    },
  );
}

/**
 * Gives an adopted connection back the credentials that it had, unless somebody has changed them since. Where the service refuses
 * them, for example because the connection in them is gone, a warning says which they were, and the present ones stay: no
 * repetition could do more.
 */
export async function giveCredentialsBack(
  run: Run,
  id: string,
  state: Inputs & { readonly formerCredentials?: GitCredentials | undefined },
): Promise<void> {
  const { formerCredentials: sent, connectionId } = state;
  if (!sent) return;
  await deleteOrGone(run, id, async () => {
    const had = await readCredentials(run, id);
    if (!sameIgnoringCase(had.connectionId, connectionId)) return;
    try {
      await sendCredentials(run, { ...state, workspaceId: id }, { had, sent, declared: connectionId });
    } catch (error) {
      if (!isServiceAnswer(error, 400, 403, 404)) throw error;
      run.warn(
        `The deploying identity had the credentials ${JSON.stringify(sent)} for ${whereOf(state)} before this stack adopted the ` +
          `connection. They could not be given back, so those of now stay: ${error.message}`,
      );
    }
  });
}

/** Gives the credentials of an adopted connection back that no state holds, unless somebody has changed them since. */
export const givesCredentialsBack = {
  before: adoptedShape,
  async work(run: Run, id: string, { credentials, sent }: z.output<typeof adoptedShape>): Promise<boolean> {
    const now = await readConnection(run, id);
    if (now.gitConnectionState === "NotConnected") return false;
    const had = await readCredentials(run, id);
    if (!isSame(had, sent) || isSame(had, credentials)) return false;
    await sendCredentials(run, { ...detailsOf(now), workspaceId: id } as Inputs, { had, sent: credentials });
    return true;
  },
} as unknown as GiveBack;

/** In a rollback: gives the deploying identity the credentials that the transaction found. */
export async function giveFormerCredentials(
  run: Run,
  id: string,
  written: Pick<Written, "before" | "after">,
  state: Partial<Inputs>,
): Promise<ValuesGivenBack> {
  if (written.before["credentials"] === undefined) return { isChanged: false, left: [] };
  const now = await readConnection(run, id);
  if (now.gitConnectionState === "NotConnected") return { isChanged: false, left: [] };
  const had = await readCredentials(run, id);
  const given = credentialsToGiveBack(had, written, state);
  if (!given) return { isChanged: false, left: [] };
  const before = `before, they were ${JSON.stringify(written.before["credentials"])}`;
  const staying = (why: string) => ({ isChanged: false, left: [`${why}; ${before}`] });
  if (given.isKept)
    return staying("the deploying identity's credentials for it are not those that this deployment sent, and stay");
  if (isSame(had, given.credentials)) return { isChanged: false, left: [] };
  try {
    await sendCredentials(run, { ...detailsOf(now), workspaceId: id } as Inputs, { had, sent: given.credentials });
  } catch (error) {
    // the connection with those credentials may be gone, which says nothing about this one
    if (!isServiceAnswer(error, 400, 403, 404)) throw error;
    return staying(`the deploying identity's credentials for it could not be given back: ${error.message}`);
  }
  return { isChanged: true, left: [] };
}

/** The credentials before a connection is taken away, for its intent. What nobody may read must not prevent that. */
export async function credentialsBefore(run: Run, workspaceId: string): Promise<Values> {
  if (!run.definitions.isKeeping) return {};
  try {
    return { credentials: await readCredentials(run, workspaceId) };
  } catch (error) {
    if (!isFabricError(error)) throw error;
    return {};
  }
}
