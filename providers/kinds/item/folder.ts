import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { temporaryName } from "../../../lib/transactions/temporaryName.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import { idInLog, nameInLog } from "../../engine/undo.ts";

/** What is read of a folder. */
export const folderShape = z.object({
  id: idShape,
  displayName: z.string(),
  /** Absent at the root. */
  parentFolderId: optional(idShape),
});

/** The code by which the service refuses a second folder of the same name in the same place. */
const TAKEN = "FolderDisplayNameAlreadyInUse";

interface Outputs {
  /** Whether the folder existed before. The folder then stays when this resource is deleted. */
  readonly adopted?: boolean | undefined;
}

interface Names {
  readonly displayName: string;
  readonly parentFolderId?: string | undefined;
}

/** Whether a folder has that name in that place. */
const isNamed = (live: Names, { displayName, parentFolderId }: Names): boolean =>
  sameIgnoringCase(live.displayName, displayName) && sameIgnoringCase(live.parentFolderId, parentFolderId);

/** A folder of a workspace. Its id is `{workspaceId}/{folderId}`; its children refer to it by `folderId` alone. */
export const folder = defineObjectKind<Outputs>()({
  name: "Folder",
  noun: "folder",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    displayName: { schema: z.string().min(1).max(255), change: "update" },
    /** The service's id of the parent folder. Absent at the root. */
    parentFolderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  },
  place: { in: "workspace", collection: "folders" },
  shape: folderShape,
  plural: "folders",
  compensation: "deleteFolder",
  restores: ["restoreFolder"],
  outputs: ["adopted"],
  title: ({ displayName }) => `folder '${displayName ?? "?"}'`,
  nameOf: ({ displayName = "?" }) => displayName,

  names: z.object({ workspaceId: idInLog, displayName: nameInLog, parentFolderId: idInLog.optional() }),
  namesOf: (_run, { workspaceId, displayName, parentFolderId }) => ({ workspaceId, displayName, parentFolderId }),
  isNamed: (live, names) => isNamed(live, names),

  make: (_run, { displayName, parentFolderId }) => ({ body: { displayName, parentFolderId } }),
  priorValues: ({ displayName, parentFolderId }) => ({ displayName, parentFolderId }),
  valuesOf: ({ displayName, parentFolderId }, _run, _id, { adopted, displayName: declared }) => ({
    displayName: adopted && sameIgnoringCase(displayName, declared) ? (declared ?? displayName) : displayName,
    parentFolderId,
  }),

  async converge({ run, id, now, wanted, old, found, givenBack, path, write }) {
    const { parentFolderId } = wanted;
    const isAdopted = found !== undefined || old?.adopted === true;
    // an adopted folder keeps its spelling: nothing would give it back
    const isSpeltAnew = isAdopted && !givenBack && sameIgnoringCase(now.displayName, wanted.displayName);
    const displayName = isSpeltAnew ? now.displayName : wanted.displayName;
    const isMoved = !sameIgnoringCase(now.parentFolderId, parentFolderId);
    const rename = (displayName: string) =>
      write({ method: "PATCH", path, body: { displayName }, answer: folderShape }, { displayName });
    const move = () => {
      const body = { targetFolderId: parentFolderId };
      return write(
        { method: "POST", path: `${path}/move`, body, answer: folderShape, replaySafe: true },
        { parentFolderId },
      );
    };
    if (now.displayName === displayName) {
      if (isMoved) await move();
      return {};
    }
    try {
      await rename(displayName);
      if (isMoved) await move();
    } catch (error) {
      if (!isMoved || !isFabricError(error, TAKEN)) throw error;
      const all = await run.list(`/workspaces/${wanted.workspaceId}/folders`, "list folders", folderShape);
      if (all.some((other) => isNamed(other, wanted) && other.id !== now.id)) throw error;
      // another folder has the new name where this one is, or the former name where it will be
      await rename(temporaryName(displayName, id));
      await move();
      await rename(displayName);
    }
    return {};
  },

  adoption: {
    taken: TAKEN,
    mayBeLeft: true,
    toOutputs: () => ({ adopted: true }),
    ofState: ({ adopted }) => (adopted ? {} : undefined),
  },
  mayStay: (error, { displayName }) =>
    isFabricError(error, "FolderNotEmpty")
      ? `Folder '${displayName}' holds objects that this stack did not make: it stays, with them.`
      : undefined,
});

/** Key of a folder in its workspace: its path in one case, because the service ignores case. A new spelling is a new name. */
export const folderKey = (path: string): string => path.replace(/^\//, "").toLowerCase();
