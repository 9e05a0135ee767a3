import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { capacityIdOf, nameOfCapacity, onCapacity } from "./capacity.ts";
import { DOUBTFUL, sameIgnoringCase } from "../../engine/field.ts";
import { isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { isUntouched } from "./untouched.ts";
import { defineKind, withoutUndefined } from "../../engine/resourceKind.ts";
import { createIntent, defineUndo, nameInLog } from "../../engine/undo.ts";
import { workspaceShape } from "../../../lib/api/objects.ts";
import type { Workspace } from "../../../lib/api/objects.ts";
import type { Run, Write } from "../../run/run.ts";
import { visibleWorkspaces } from "../../run/visible.ts";

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

const place = { in: "tenant", collection: "workspaces" } as const;

const undo = defineUndo({
  compensation: "deleteWorkspace",
  names: z.object({ displayName: nameInLog }),
  async find(run, { displayName }, resourceId) {
    const all = await run.list("/workspaces", "list workspaces", workspaceShape);
    return resourceId === undefined
      ? findByName(all, displayName)?.id
      : all.find(({ id }) => sameIgnoringCase(id, resourceId))?.id;
  },
  async assertOwn(run, id, { displayName }) {
    if (await isUntouched(run, id)) return;
    throw new Error(
      `workspace '${displayName}' may have been made by this transaction, whose answer was lost, but other people or ` +
        `items are in it: it was not touched. Look whose it is (${id}).`,
    );
  },
  giveBack: {
    before: z.record(z.string(), z.unknown()),
    work: (run, id, before) => giveBackWorkspace(run, id, before as unknown as WorkspaceBefore, true),
  },
});

/** A workspace. Its id is the service's own. Renaming, describing and moving to another capacity happen in place. */
export const workspace = defineKind<Outputs>()({
  name: "Workspace",
  fields: {
    displayName: { schema: z.string().trim().min(1).max(256), change: "update" },
    description: { schema: z.string().max(4000).default(""), change: "update" },
    /** Display name or id. Where it is not declared, the capacity is left as it is; removing it unassigns it. */
    capacity: { schema: z.string().min(1).optional(), change: "update", same: sameIgnoringCase },
    /** Manage an existing workspace of that name instead of refusing it. */
    adopt: { schema: z.boolean().default(false), change: "local" },
  },
  place,
  undo,
  restores: ["restoreWorkspace"],
  holdsData: () => "everything in it",
  outputs: ["capacityId", "adopted"],
  title: ({ displayName }) => `workspace '${displayName ?? "?"}'`,

  async create(run, inputs, exists) {
    const capacityId = await capacityIdOf(run, inputs.capacity);
    const before = (await visibleWorkspaces(run)).find(({ displayName }) =>
      sameIgnoringCase(displayName, inputs.displayName),
    );
    const former = before && run.released<Outputs>("Workspace", before.id);
    // one that was deleted can be in a list for a moment longer; one that was given back stays adopted, whatever is declared
    const mayAdopt = former ? former.adopted !== undefined : inputs.adopt;
    if (before && mayAdopt && !(await run.wasBegun("Workspace", { displayName: inputs.displayName }))) {
      const adopted = await run.adopt(
        { resourceType: "Workspace", resourceName: inputs.displayName, resourceId: before.id },
        former?.adopted ?? priorValues(before),
      );
      exists({ id: before.id, outputs: { adopted } });
      return { id: before.id, outputs: { ...(await converge(run, before, inputs, capacityId)), adopted } };
    }
    const made = await onCapacity(run, capacityId, () =>
      run.create(
        createIntent({ name: "Workspace", undo }, inputs.displayName, { displayName: inputs.displayName }),
        {
          method: "POST",
          path: "/workspaces",
          body: { displayName: inputs.displayName, description: inputs.description, ...(capacityId && { capacityId }) },
          answer: workspaceShape,
        },
        {
          find: async () =>
            findByName(await run.list("/workspaces", "list workspaces", workspaceShape), inputs.displayName),
          wasFree: before === undefined,
          isPlausible: ({ id }) => isUntouched(run, id),
        },
      ),
    );
    exists({ id: made.id, outputs: { ...(capacityId && { capacity: DOUBTFUL }) } });
    if (run.isReclaimed(made.id)) return { id: made.id, outputs: await converge(run, made, inputs, capacityId) };
    if (capacityId) await waitForCapacity(run, made.id, inputs.displayName);
    return { id: made.id, outputs: { capacityId } };
  },

  async read(run, id, state) {
    const before = await run.undoOf<WorkspaceBefore>("restoreWorkspace", id);
    // only a read of the workspace alone tells how far the assignment of its capacity is
    const isCertain = !before && state.capacity !== DOUBTFUL;
    const listed = isCertain ? await findListed(run, id) : undefined;
    const now = listed ?? (await readWorkspace(run, id, state.displayName));
    if (now === "gone") return "gone";
    const capacityId = now.capacityId ?? undefined;
    const known = state.capacity === undefined ? (before ?? now).capacityId : state.capacityId;
    const isAsKnown = state.capacity !== DOUBTFUL && sameIgnoringCase(capacityId, known ?? undefined);
    const capacity = isAsKnown ? state.capacity : await nameOfCapacity(run, capacityId);
    return {
      inputs: {
        displayName: now.displayName,
        description: now.description ?? "",
        capacity: isCertain || isAssigned(now) ? capacity : DOUBTFUL,
      },
      outputs: { capacityId },
    };
  },

  async update(run, id, old, inputs) {
    const capacityId = await capacityIdOf(run, inputs.capacity);
    const now = await run.get(`/workspaces/${id}`, `read workspace '${inputs.displayName}'`, workspaceShape);
    const isDoubtful = old.capacity === DOUBTFUL;
    if (capacityId !== undefined || old.capacity === undefined)
      return converge(run, now, inputs, capacityId, isDoubtful);
    // a rollback gives the workspace back to the capacity that it was on, although the stack did not declare that one
    const before = run.isRollback ? await run.undoOf<WorkspaceBefore>("restoreWorkspace", id) : undefined;
    return converge(run, now, inputs, before?.capacityId ?? null);
  },

  async delete(run, id, state) {
    if (state.adopted) {
      await giveBackWorkspace(run, id, state.adopted, state.capacity !== undefined);
      return;
    }
    try {
      await run.write(
        {
          operation: "delete",
          resourceType: "Workspace",
          resourceName: state.displayName,
          resourceId: id,
          compensation: null,
        },
        { method: "DELETE", path: `/workspaces/${id}`, answer: nothing },
      );
    } catch (error) {
      if (isServiceAnswer(error, 404)) return;
      if (mayMeanGone(error) && (await isWorkspaceGone(run, id))) return;
      throw error;
    }
  },
});

/**
 * Gives an adopted workspace the values back that it had; one that is gone needs none.
 * @param isOnOurs whether it was put on a capacity
 * @returns whether there was something to give back
 */
async function giveBackWorkspace(run: Run, id: string, before: WorkspaceBefore, isOnOurs: boolean): Promise<boolean> {
  const now = await readWorkspace(run, id, before.displayName);
  if (now === "gone") return false;
  await converge(run, now, before, isOnOurs ? (before.capacityId ?? null) : undefined);
  return !isDeepStrictEqual(withoutUndefined(priorValues(now)), withoutUndefined(before));
}

/**
 * Makes an existing workspace like the declared one, and sends nothing for what already is.
 * @param capacityId undefined leaves the capacity as it is, null unassigns it
 * @param isDoubtful whether the capacity may be named, and its assignment not be finished
 */
async function converge(
  run: Run,
  now: Workspace,
  wanted: { displayName: string; description: string },
  capacityId: string | null | undefined,
  isDoubtful = false,
): Promise<Outputs> {
  const before = priorValues(now);
  const write = (call: Write) =>
    run.write(
      {
        operation: "update",
        resourceType: "Workspace",
        resourceName: wanted.displayName,
        resourceId: now.id,
        compensation: { function: "restoreWorkspace", args: { workspaceId: now.id, ...before } },
      },
      call,
    );
  if (now.displayName !== wanted.displayName || before.description !== wanted.description) {
    const { displayName, description } = wanted;
    await write({
      method: "PATCH",
      path: `/workspaces/${now.id}`,
      body: { displayName, description },
      answer: workspaceShape,
    });
  }
  const isNamed = sameIgnoringCase(before.capacityId, capacityId ?? undefined);
  if (capacityId !== undefined && (!isNamed || (isDoubtful && !isAssigned(now)))) {
    if (isNamed && now.capacityAssignmentProgress === "InProgress") {
      // the run before assigned it, and did not wait to the end
    } else if (capacityId !== null) {
      const assignment = {
        method: "POST",
        path: `/workspaces/${now.id}/assignToCapacity`,
        body: { capacityId },
        answer: nothing,
        // it says where the workspace is to be, and not what to do
        replaySafe: true,
      } as const;
      await onCapacity(run, capacityId, () => write(assignment));
    } else {
      const path = `/workspaces/${now.id}/unassignFromCapacity`;
      await write({ method: "POST", path, answer: nothing, replaySafe: true });
    }
    await waitForCapacity(run, now.id, wanted.displayName);
  }
  return { capacityId: capacityId === undefined ? before.capacityId : (capacityId ?? undefined) };
}

const priorValues = ({ displayName, description, capacityId }: Workspace): WorkspaceBefore => ({
  displayName,
  description: description ?? "",
  capacityId: capacityId ?? undefined,
});

const findByName = (workspaces: readonly Workspace[], name: string) =>
  workspaces.find(({ displayName }) => sameIgnoringCase(displayName, name));

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
