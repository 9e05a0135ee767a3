import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { workspaceShape } from "../../../lib/api/objects.ts";
import type { Workspace } from "../../../lib/api/objects.ts";
import { differing } from "../../engine/change.ts";
import { DOUBTFUL, sameIgnoringCase } from "../../engine/field.ts";
import { unlessGoneWith } from "../../engine/gone.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { visibleWorkspaces } from "../../run/visible.ts";
import { lookUntil } from "../../run/waits.ts";
import { assertMovable, capacityIdOf, mustWait, nameOfCapacity, onCapacity } from "./capacity.ts";
import { isUntouched } from "./untouched.ts";

/** Longest wait for a capacity assignment. An assignment usually takes seconds, and is known to get stuck. */
const CAPACITY_DEADLINE_MS = 10 * 60_000;

/** The values that a workspace had before its adoption. Its delete restores them. */
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
  /** Only for a half-made workspace: stands in for the input until the capacity is assigned. */
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
  /** Display name or id. If the key is absent, the capacity stays as it is. Removing the key unassigns the capacity. */
  capacity: { schema: z.string().min(1).optional(), change: "update", same: sameIgnoringCase },
  /** Manages an existing workspace of that name instead of refusing it. */
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
  // the assignment of the capacity continues after the answer
  // for an adopted workspace, the assignment may not have begun
  doubtful: ({ capacity }) => (capacity === undefined ? {} : { capacity: DOUBTFUL }),
  async settle({ run, id, wanted }) {
    const capacityId = await capacityIdOf(run, wanted.capacity);
    if (capacityId) await waitForCapacity(run, id, wanted.displayName, capacityId);
    return { capacityId };
  },

  priorValues,
  outputsOf: ({ capacityId }) => ({ capacityId: capacityId ?? undefined }),
  // the first one is read by itself, so that a change of one workspace does not page through the whole tenant
  isListedWhole: async (run, id, state) =>
    !run.isFirst("read a workspace to change it") && (await isCertain(run, id, state)),
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
    // a capacity that stays as it is may be one that this identity does not see any more
    const stays =
      sameIgnoringCase(wanted.capacity, old?.capacity) &&
      old?.capacityId !== undefined &&
      sameIgnoringCase(change.now.capacityId, old.capacityId);
    const capacityId = stays ? old.capacityId : await capacityIdOf(run, wanted.capacity);
    const isDoubtful = old?.capacity === DOUBTFUL;
    // an undeclared capacity stays as it is
    if (capacityId !== undefined || old?.capacity === undefined) return give(change, capacityId, isDoubtful);
    // a rollback returns the workspace to its former capacity, even if the stack did not declare that capacity
    const before = run.isRollback ? await run.undoOf<WorkspaceBefore>("restoreWorkspace", id) : undefined;
    return give(change, before?.capacityId ?? null, isDoubtful);
  },

  adoption: {
    taken: "WorkspaceNameAlreadyExists",
    looksFirst: true,
    may: (_run, _live, { adopt }) => adopt,
    before: z.record(z.string(), z.unknown()) as unknown as z.ZodType<WorkspaceBefore>,
    toOutputs: (adopted) => ({ adopted }),
    ofState: ({ adopted }) => adopted,
    async giveBack(change, before) {
      // this run may have assigned the capacity of a workspace that no state holds
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
 * @param isDoubtful whether the workspace may name the capacity before the assignment is finished
 */
async function give(
  { run, id, now, wanted, path, write }: Convergence,
  capacityId: string | null | undefined,
  isDoubtful = false,
): Promise<Outputs> {
  const { displayName, description } = wanted;
  const before = priorValues(now);
  const isNamed = sameIgnoringCase(before.capacityId, capacityId ?? undefined);
  const isMoved = capacityId !== undefined && !isNamed;
  if (isMoved && !run.isRollback) await assertMovable(run, now, capacityId);
  const body = differing(before, { displayName, description });
  if (Object.keys(body).length > 0) await write({ method: "PATCH", path, body, answer: workspaceShape }, body);
  const isLater = isMoved && run.isRollback && (await mustWait(run, now, capacityId));
  if (capacityId !== undefined && !isLater && (isMoved || (isDoubtful && !isAssigned(now)))) {
    if (isNamed && now.capacityAssignmentProgress === "InProgress") {
      // the earlier run began the assignment, and did not wait for its end
    } else if (capacityId !== null) {
      const assignment = {
        method: "POST",
        path: `${path}/assignToCapacity`,
        body: { capacityId },
        answer: nothing,
        isPlainlyAccepted: true,
        // the call names the capacity that the workspace must have, so a repetition changes nothing
        replaySafe: true,
      } as const;
      await onCapacity(run, capacityId, () => write(assignment, { capacityId }));
    } else {
      await write(
        {
          method: "POST",
          path: `${path}/unassignFromCapacity`,
          answer: nothing,
          isPlainlyAccepted: true,
          replaySafe: true,
        },
        { capacityId: undefined },
      );
    }
    await waitForCapacity(run, id, displayName, capacityId ?? undefined);
  }
  return { capacityId: capacityId === undefined ? before.capacityId : (capacityId ?? undefined) };
}

/** Whether a list holds all about a workspace. Only a read of the workspace itself shows the progress of its assignment. */
const isCertain = async (run: Run, id: string, { capacity }: { readonly capacity?: string | undefined }) =>
  capacity !== DOUBTFUL && !(await run.undoOf("restoreWorkspace", id));

/**
 * Reads the first workspace of a refresh by itself, and looks up only the others in the list. That costs one call at most,
 * and a stack of one workspace or a refresh with a target does not page through the whole tenant.
 */
async function findListed(run: Run, id: string): Promise<Workspace | undefined> {
  if (run.isFirst("read a workspace")) return undefined;
  return (await visibleWorkspaces(run)).find((workspace) => sameIgnoringCase(workspace.id, id));
}

const readWorkspace = (run: Run, id: string, name: string): Promise<Workspace | "gone"> =>
  unlessGoneWith(run, id, () => run.get(`/workspaces/${id}`, `read workspace '${name}'`, workspaceShape));

/** Whether the assignment of the capacity is complete. Lists do not show the progress, and count as complete. */
const isAssigned = ({ capacityAssignmentProgress }: Workspace) =>
  capacityAssignmentProgress === undefined || capacityAssignmentProgress === "Completed";

/**
 * Waits for the assignment, which has no operation of its own: the workspace shows the progress. At first it may still show the
 * capacity from before, whose assignment is complete.
 * @param capacityId the capacity that the workspace must be on; undefined for none
 */
async function waitForCapacity(run: Run, id: string, name: string, capacityId: string | undefined): Promise<void> {
  const deadlineMs = CAPACITY_DEADLINE_MS;
  const isDone = await lookUntil(run.clock, { firstMs: 500, mostMs: 10_000, deadlineMs }, async () => {
    const now = await run.get(`/workspaces/${id}`, `read workspace '${name}'`, workspaceShape);
    if (isAssigned(now) && sameIgnoringCase(now.capacityId, capacityId)) return true;
    if (now.capacityAssignmentProgress !== "Failed") return undefined;
    throw new Error(
      `The service could not assign the capacity of workspace '${name}'. Check that the capacity is active and that this identity may assign workspaces to it, then run again.`,
    );
  });
  if (isDone) return;
  throw new Error(
    `The capacity of workspace '${name}' is still being assigned after ${deadlineMs / 60_000} minutes. The workspace exists; run again to go on waiting.`,
  );
}
