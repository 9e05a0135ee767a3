import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, readOrGone } from "../../engine/gone.ts";
import { formatId, parseId, pathOf } from "../../engine/place.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import { createIntent, defineUndo, idInLog, nameInLog } from "../../engine/undo.ts";
import { idShape } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";

/** What is read of a folder. */
export const folderShape = z.object({
  id: idShape,
  displayName: z.string(),
  /** Absent at the root. */
  parentFolderId: optional(idShape),
});

type FabricFolder = Readonly<z.output<typeof folderShape>>;

interface Outputs {
  /** Whether the folder existed before; it then stays when this resource goes. */
  readonly adopted?: boolean | undefined;
}

const place = { in: "workspace", collection: "folders" } as const;

const undo = defineUndo({
  compensation: "deleteFolder",
  names: z.object({ workspaceId: idInLog, displayName: nameInLog, parentFolderId: idInLog.optional() }),
  async find(run, { workspaceId, displayName, parentFolderId }, resourceId) {
    const folders = await listFolders(run, workspaceId);
    const found = folders.find((now) =>
      resourceId === undefined
        ? isAt(now, displayName, parentFolderId)
        : sameIgnoringCase(formatId(place, { workspaceId, id: now.id }), resourceId),
    );
    return found && formatId(place, { workspaceId, id: found.id });
  },
});

/** A folder of a workspace. Its id is `{workspaceId}/{folderId}`; children name it by the second half. */
export const folder = defineKind<Outputs>()({
  name: "Folder",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    displayName: { schema: z.string().min(1).max(255), change: "update" },
    /** Id of the folder it lies in, without the workspace's. Absent at the root. */
    parentFolderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  },
  place,
  undo,
  restores: ["restoreFolder"],
  outputs: ["adopted"],
  title: ({ displayName }) => `folder '${displayName ?? "?"}'`,

  async create(run, inputs) {
    const { workspaceId, displayName, parentFolderId } = inputs;
    const find = async () =>
      (await listFolders(run, workspaceId)).find((now) => isAt(now, displayName, parentFolderId));
    try {
      const made = await run.create(
        createIntent({ name: "Folder", undo }, displayName, { workspaceId, displayName, parentFolderId }),
        {
          method: "POST",
          path: `/workspaces/${workspaceId}/folders`,
          body: { displayName, parentFolderId },
          answer: folderShape,
        },
        { find, wasFree: run.isNewWorkspace(workspaceId) || !(await find()) },
      );
      return { id: formatId(place, { workspaceId, id: made.id }), outputs: {} };
    } catch (error) {
      if (!isFabricError(error, "FolderDisplayNameAlreadyInUse")) throw error;
      const before = await find();
      if (!before) throw error;
      const id = formatId(place, { workspaceId, id: before.id });
      // one of the stack's own that its delete has left, because it is not empty
      const former = await run.formerState<Outputs>("Folder", id);
      return { id, outputs: { adopted: former ? former.adopted : true } };
    }
  },

  async read(run, id, state) {
    const { workspaceId, displayName } = state;
    const folderId = parseId(place, id)?.id;
    const now = await readOrGone(run, workspaceId, {
      listed: async () =>
        (await run.listOnce(`/workspaces/${workspaceId}/folders`, "list folders", folderShape)).find((listed) =>
          sameIgnoringCase(listed.id, folderId),
        ),
      alone: () => run.get(pathOf(place, id), `read folder '${displayName}'`, folderShape),
    });
    if (now === "gone") return "gone";
    return { inputs: { displayName: now.displayName, parentFolderId: now.parentFolderId } };
  },

  async update(run, id, old, inputs) {
    const now = await run.get(pathOf(place, id), `read folder '${inputs.displayName}'`, folderShape);
    const intent = {
      operation: "update",
      resourceType: "Folder",
      resourceName: inputs.displayName,
      resourceId: id,
      compensation: {
        function: "restoreFolder",
        args: { id, displayName: now.displayName, parentFolderId: now.parentFolderId },
      },
    } as const;
    if (now.displayName !== inputs.displayName) {
      const body = { displayName: inputs.displayName };
      await run.write(intent, { method: "PATCH", path: pathOf(place, id), body, answer: folderShape });
    }
    if (!sameIgnoringCase(now.parentFolderId, inputs.parentFolderId)) {
      const body = { targetFolderId: inputs.parentFolderId };
      await run.write(intent, { method: "POST", path: `${pathOf(place, id)}/move`, body, replaySafe: true });
    }
    return { adopted: old.adopted };
  },

  async delete(run, id, state) {
    if (state.adopted) return;
    try {
      await deleteOrGone(run, state.workspaceId, () =>
        run.write(
          {
            operation: "delete",
            resourceType: "Folder",
            resourceName: state.displayName,
            resourceId: id,
            compensation: null,
          },
          { method: "DELETE", path: pathOf(place, id), answer: nothing },
        ),
      );
    } catch (error) {
      if (!isFabricError(error, "FolderNotEmpty")) throw error;
      run.warn(`Folder '${state.displayName}' holds objects that this stack did not make: it stays, with them.`);
    }
  },
});

/** Key of a folder in its workspace: its path, without regard to case as at the service, so that a new spelling is a new name. */
export const folderKey = (path: string): string => path.replace(/^\//, "").toLowerCase();

const listFolders = (run: Run, workspaceId: string) =>
  run.list(`/workspaces/${workspaceId}/folders`, "list folders", folderShape, { recursive: true });

const isAt = (now: FabricFolder, displayName: string, parentFolderId: string | undefined) =>
  sameIgnoringCase(now.displayName, displayName) && sameIgnoringCase(now.parentFolderId, parentFolderId);
