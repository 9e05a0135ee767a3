import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { workspaceShape } from "../../../lib/api/objects.ts";
import type { Workspace } from "../../../lib/api/objects.ts";
import { DOUBTFUL, sameIgnoringCase } from "../../engine/field.ts";
import { isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { visibleWorkspaces } from "../../run/visible.ts";
import { capacityIdOf, nameOfCapacity, onCapacity } from "./capacity.ts";
import { isUntouched } from "./untouched.ts";

/** Longest wait for a capacity assignment; it usually takes seconds, and is known to get stuck. */
const CAPACITY_DEADLINE_MS = 10 * 60_000;

/** The values an adopted workspace had, which its delete gives back. */
export interface WorkspaceBefore {
  readonly displayName: string;
  readonly description: string;
  readonly capacityId?: string | undefined;
}

interface Outputs {
  /** Id of the capacity the workspace is on. */
  readonly capacityId?: string | undefined;
  /** Only for a workspace that existed before. */
  readonly adopted?: WorkspaceBefore | undefined;
  /** Only of a workspace that is half-made: stands in for the input until the capacity is assigned. */
  readonly capacity?: string | undefined;
}

const priorValues = ({ displayName, description, capacityId }: Workspace): WorkspaceBefore => ({
  displayName,
  description: description ?? "",
  capacityId: capacityId ?? undefined,
});

const fields = {
  displayName: { schema: z.string().trim().min(1).max(256), change: "update" },
  description: { schema: z.string().max(4000).default(""), change: "update" },
  /** Display name or id. Where it is not declared, the capacity is left as it is; removing it unassigns it. */
  capacity: { schema: z.string().min(1).optional(), change: "update", same: sameIgnoringCase },
  /** Manage an existing workspace of that name instead of refusing it. */
  adopt: { schema: z.boolean().default(false), change: "local" },
} as const;

/** A workspace. Its id is the service's own. Renaming, describing and moving to another capacity happen in place. */
export const workspace = defineObjectKind<Outputs>()({
  name: "Workspace",
  noun: "workspace",
  fields,
  place: { in: "tenant", collection: "workspaces" },
  shape: workspaceShape,
  plural: "workspaces",
  compensation: "deleteWorkspace",
  restores: ["restoreWorkspace"],
  holdsData: () => "everything in it",
  outputs: ["capacityId", "adopted"],
  title: ({ displayName }) => `workspace '${displayName ?? "?"}'`,
  nameOf: ({ displayName = "?" }) => displayName,

  names: z.object({ displayName: nameInLog }),
  namesOf: (_run, { displayName }) => ({ displayName }),
  isNamed: (live, { displayName }) => sameIgnoringCase(live.displayName, displayName),
  looksAtSharedList: true,
  isPlausible: isUntouched,
  notOurs: (id, { displayName }) =>
    `workspace '${displayName}' may have been made by this transaction, whose answer was lost, but other people or ` +
    `items are in it: it was not touched. Look whose it is (${id}).`,

  async make(run, { displayName, description, capacity }) {
    const capacityId = await capacityIdOf(run, capacity);
    return { body: { displayName, description, ...(capacityId && { capacityId }) } };
  },
  making: async (run, { capacity }, work) => onCapacity(run, await capacityIdOf(run, capacity), work),
  // the assignment of its capacity goes on after the answer
  // and of an adopted one it may not have begun
  doubtful: ({ capacity }) => (capacity === undefined ? {} : { capacity: DOUBTFUL }),
  async settle({ run, id, wanted }) {
    const capacityId = await capacityIdOf(run, wanted.capacity);
    if (capacityId) await waitForCapacity(run, id, wanted.displayName);
    return { capacityId };
  },

  priorValues,
  outputsOf: ({ capacityId }) => ({ capacityId: capacityId ?? undefined }),
  async observe(run, id, state) {
    const isListed = await isCertain(run, id, state);
    return (isListed ? await findListed(run, id) : undefined) ?? readWorkspace(run, id, state.displayName);
  },
  async valuesOf(now, run, id, state) {
    const before = await run.undoOf<WorkspaceBefore>("restoreWorkspace", id);
    const known = state.capacity === undefined ? (before ?? now).capacityId : state.capacityId;
    const isAsKnown = state.capacity !== DOUBTFUL && sameIgnoringCase(now.capacityId, known ?? undefined);
    const capacity = isAsKnown ? state.capacity : await nameOfCapacity(run, now.capacityId);
    return {
      displayName: now.displayName,
      description: now.description ?? "",
      capacity: (await isCertain(run, id, state)) || isAssigned(now) ? capacity : DOUBTFUL,
    };
  },

  async converge(change) {
    const { run, id, wanted, old, givenBack } = change;
    if (givenBack && "capacityId" in givenBack)
      return give(change, givenBack.capacityId ?? null, old?.capacity === DOUBTFUL);
    const capacityId = await capacityIdOf(run, wanted.capacity);
    const isDoubtful = old?.capacity === DOUBTFUL;
    // where it is not declared, the capacity is left as it is
    if (capacityId !== undefined || old?.capacity === undefined) return give(change, capacityId, isDoubtful);
    // a rollback gives the workspace back to the capacity that it was on, although the stack did not declare that one
    const before = run.isRollback ? await run.undoOf<WorkspaceBefore>("restoreWorkspace", id) : undefined;
    return give(change, before?.capacityId ?? null, isDoubtful);
  },

  adoption: {
    looksFirst: true,
    may: (_run, _live, { adopt }) => adopt,
    before: z.record(z.string(), z.unknown()) as unknown as z.ZodType<WorkspaceBefore>,
    toOutputs: (adopted) => ({ adopted }),
    ofState: ({ adopted }) => adopted,
    async giveBack(change, before) {
      // one that no state knows may have been put on a capacity
      const isOnOurs = change.old === undefined || change.old.capacity !== undefined;
      await give(change, isOnOurs ? (before.capacityId ?? null) : undefined);
      return false;
    },
  },
});

type Convergence = Pick<
  Change<typeof fields, Outputs, Workspace, WorkspaceBefore>,
  "run" | "id" | "now" | "wanted" | "path" | "write"
>;

/**
 * Makes an existing workspace like the declared one.
 * @param capacityId undefined leaves the capacity as it is, null unassigns it
 * @param isDoubtful whether the capacity may be named, and its assignment not be finished
 */
async function give(
  { run, id, now, wanted, path, write }: Convergence,
  capacityId: string | null | undefined,
  isDoubtful = false,
): Promise<Outputs> {
  const { displayName, description } = wanted;
  const before = priorValues(now);
  if (before.displayName !== displayName || before.description !== description) {
    const body = { displayName, description };
    await write({ method: "PATCH", path, body, answer: workspaceShape }, body);
  }
  const isNamed = sameIgnoringCase(before.capacityId, capacityId ?? undefined);
  if (capacityId !== undefined && (!isNamed || (isDoubtful && !isAssigned(now)))) {
    if (isNamed && now.capacityAssignmentProgress === "InProgress") {
      // the run before assigned it, and did not wait to the end
    } else if (capacityId !== null) {
      const assignment = {
        method: "POST",
        path: `${path}/assignToCapacity`,
        body: { capacityId },
        answer: nothing,
        // it says where the workspace is to be, and not what to do
        replaySafe: true,
      } as const;
      await onCapacity(run, capacityId, () => write(assignment, { capacityId }));
    } else {
      await write(
        { method: "POST", path: `${path}/unassignFromCapacity`, answer: nothing, replaySafe: true },
        { capacityId: undefined },
      );
    }
    await waitForCapacity(run, id, displayName);
  }
  return { capacityId: capacityId === undefined ? before.capacityId : (capacityId ?? undefined) };
}

/** Whether a list tells all about a workspace: only a read of it alone tells how far the assignment of its capacity is. */
const isCertain = async (run: Run, id: string, { capacity }: { readonly capacity?: string | undefined }) =>
  capacity !== DOUBTFUL && !(await run.undoOf("restoreWorkspace", id));

/**
 * The first workspace of a refresh is read by itself, and only the others are looked for in the list: one call too many at
 * most, and neither a stack of one workspace nor a refresh with a target pages through the whole tenant.
 */
async function findListed(run: Run, id: string): Promise<Workspace | undefined> {
  if (run.isFirst("read a workspace")) return undefined;
  return (await visibleWorkspaces(run)).find((workspace) => sameIgnoringCase(workspace.id, id));
}

async function readWorkspace(run: Run, id: string, name: string): Promise<Workspace | "gone"> {
  try {
    return await run.get(`/workspaces/${id}`, `read workspace '${name}'`, workspaceShape);
  } catch (error) {
    if (mayMeanGone(error) && (await isWorkspaceGone(run, id))) return "gone";
    throw error;
  }
}

/** Whether nothing is left to be done about the workspace's capacity. Lists do not tell, and count as yes. */
const isAssigned = ({ capacityAssignmentProgress }: Workspace) =>
  capacityAssignmentProgress === undefined || capacityAssignmentProgress === "Completed";

/** The assignment has no operation of its own: the workspace tells its progress. */
async function waitForCapacity(run: Run, id: string, name: string): Promise<void> {
  const deadline = run.clock.now() + CAPACITY_DEADLINE_MS;
  for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
    const now = await run.get(`/workspaces/${id}`, `read workspace '${name}'`, workspaceShape);
    if (isAssigned(now)) return;
    if (now.capacityAssignmentProgress === "Failed") {
      throw new Error(
        `The service could not assign the capacity of workspace '${name}'. Check that the capacity is active and that this identity may assign workspaces to it, then run again.`,
      );
    }
    if (run.clock.now() + pause > deadline) {
      throw new Error(
        `The capacity of workspace '${name}' is still being assigned after ${CAPACITY_DEADLINE_MS / 60_000} minutes. The workspace exists; run again to go on waiting.`,
      );
    }
    await run.clock.sleep(pause);
  }
}
