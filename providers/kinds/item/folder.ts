import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, readOrGone } from "../workspace/gone.ts";
import { defineKind } from "../../engine/resourceKind.ts";
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

/** A folder of a workspace. Its id is `{workspaceId}/{folderId}`; children name it by the second half. */
export const folder = defineKind<Outputs>()({
  name: "Folder",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    displayName: { schema: z.string().min(1).max(255), change: "update" },
    /** Id of the folder it lies in, without the workspace's. Absent at the root. */
    parentFolderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  },
  outputs: ["adopted"],
  title: ({ displayName }) => `folder '${displayName ?? "?"}'`,

  async create(run, inputs) {
    const { workspaceId, displayName, parentFolderId } = inputs;
    const find = async () =>
      (await listFolders(run, workspaceId)).find((now) => isAt(now, displayName, parentFolderId));
    try {
      const made = await run.create(
        {
          operation: "create",
          resourceType: "Folder",
          resourceName: displayName,
          compensation: { function: "deleteFolder", args: { workspaceId, displayName, parentFolderId } },
        },
        {
          method: "POST",
          path: `/workspaces/${workspaceId}/folders`,
          body: { displayName, parentFolderId },
          answer: folderShape,
        },
        { find, wasFree: run.isNewWorkspace(workspaceId) || !(await find()) },
      );
      return { id: `${workspaceId}/${made.id}`, outputs: {} };
    } catch (error) {
      if (!isFabricError(error, "FolderDisplayNameAlreadyInUse")) throw error;
      const before = await find();
      if (!before) throw error;
      const id = `${workspaceId}/${before.id}`;
      // one of the stack's own that its delete has left, because it is not empty
      const former = await run.formerState<Outputs>("Folder", id);
      return { id, outputs: { adopted: former ? former.adopted : true } };
    }
  },

  async read(run, id, state) {
    const { workspaceId, displayName } = state;
    const folderId = id.split("/")[1];
    const now = await readOrGone(run, workspaceId, {
      listed: async () =>
        (await run.listOnce(`/workspaces/${workspaceId}/folders`, "list folders", folderShape)).find((listed) =>
          sameIgnoringCase(listed.id, folderId),
        ),
      alone: () => run.get(pathOf(id), `read folder '${displayName}'`, folderShape),
    });
    if (now === "gone") return "gone";
    return { inputs: { displayName: now.displayName, parentFolderId: now.parentFolderId } };
  },

  async update(run, id, old, inputs) {
    const now = await run.get(pathOf(id), `read folder '${inputs.displayName}'`, folderShape);
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
      await run.write(intent, { method: "PATCH", path: pathOf(id), body, answer: folderShape });
    }
    if (!sameIgnoringCase(now.parentFolderId, inputs.parentFolderId)) {
      const body = { targetFolderId: inputs.parentFolderId };
      await run.write(intent, { method: "POST", path: `${pathOf(id)}/move`, body, replaySafe: true });
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
          { method: "DELETE", path: pathOf(id), answer: nothing },
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

/** `{workspaceId}/{folderId}` as the service's path. */
function pathOf(id: string): string {
  const [workspaceId = "", folderId = ""] = id.split("/");
  return `/workspaces/${workspaceId}/folders/${folderId}`;
}
