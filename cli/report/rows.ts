import { GUID } from "../../lib/api/guid.ts";
import type { CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { AttemptRecord } from "../../lib/transactions/attempts.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import type { LoggedStep } from "./timeline.ts";

/** An intent of a log. */
export type Intended = Extract<Entry, { kind: "intent" }>;

/** An object of a transaction. */
export interface Row {
  readonly kind: string;
  readonly name: string;
  readonly id?: string | undefined;
  /** Name of its workspace; empty outside workspaces. */
  readonly workspace: string;
}

const ID = new RegExp(GUID, "i");

/** Names of workspaces by id, from the log and the state before. The first name counts, as people knew it. */
export function workspaceNamesIn(
  steps: readonly LoggedStep[],
  resources: readonly CheckpointResource[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const learn = (id: string | undefined, name: unknown) => {
    const key = id?.toLowerCase();
    if (key && typeof name === "string" && !names.has(key)) names.set(key, name);
  };
  for (const { type, id, inputs } of resources) if (type.endsWith(":Workspace")) learn(id, inputs?.["displayName"]);
  for (const { intent, ended } of steps) {
    if (intent.resourceType !== "Workspace") continue;
    const before = intent.before?.["displayName"];
    learn(intent.resourceId ?? (ended?.kind === "done" ? ended.resourceId : undefined), before ?? intent.resourceName);
  }
  return names;
}

/** The objects of a transaction, found by steps and by records of calls. */
export class Rows {
  readonly #workspaces: ReadonlyMap<string, string>;
  readonly #byStep = new Map<string, Row>();
  readonly #byWork = new Map<string, Row>();
  readonly #reads = new Map<string, Row>();

  constructor(steps: readonly LoggedStep[], workspaces: ReadonlyMap<string, string>) {
    this.#workspaces = workspaces;
    const byId = new Map<string, Row>();
    const byName = new Map<string, Row>();
    for (const { intent, ended } of steps) {
      const id = idOf(intent, ended);
      const workspaceId = workspaceOf(intent, id, workspaces);
      const own = id?.split("/").at(-1)?.toLowerCase();
      const idKey = own && `${intent.resourceType} ${workspaceId} ${own}`;
      const nameKey = `${intent.resourceType} ${workspaceId} ${intent.resourceName}`;
      const known = (idKey && byId.get(idKey)) || byName.get(nameKey);
      const row: Row = known ?? {
        kind: intent.resourceType,
        name: intent.resourceName,
        id,
        workspace: this.#nameOf(workspaceId, intent),
      };
      if (idKey) byId.set(idKey, row);
      byName.set(nameKey, row);
      this.#byStep.set(intent.step, row);
    }
  }

  /** Finds out which object each work was about: the one of its first step. */
  learn(records: readonly AttemptRecord[]): void {
    for (const record of records) {
      if (!("work" in record) || record.work === undefined || record.step === undefined) continue;
      const row = this.#byStep.get(record.step);
      if (row && !this.#byWork.has(record.work)) this.#byWork.set(record.work, row);
    }
  }

  /** The object of a step. */
  ofStep(step: string): Row {
    return this.#byStep.get(step) ?? this.#readsOf("");
  }

  /** The object that a record is about; a read for several objects gets a row of its own in its workspace. */
  ofRecord(record: AttemptRecord): Row | undefined {
    if (record.kind !== "attempt" && record.kind !== "wait") return undefined;
    const { step, work } = record;
    const known =
      (step !== undefined && this.#byStep.get(step)) || (work !== undefined && this.#byWork.get(work)) || undefined;
    if (known) return known;
    if (record.kind === "wait") return undefined;
    const id = /\/workspaces\/([^/]+)/.exec(record.path)?.[1]?.toLowerCase();
    return this.#readsOf((id && this.#workspaces.get(id)) ?? "");
  }

  #readsOf(workspace: string): Row {
    const known = this.#reads.get(workspace);
    if (known) return known;
    const row: Row = { kind: "", name: workspace === "" ? "looks at the tenant" : "looks at the workspace", workspace };
    this.#reads.set(workspace, row);
    return row;
  }

  #nameOf(workspaceId: string, intent: Intended): string {
    if (intent.resourceType === "Workspace") return this.#workspaces.get(workspaceId) ?? intent.resourceName;
    return this.#workspaces.get(workspaceId) ?? (workspaceId && ID.test(workspaceId) ? workspaceId : "");
  }
}

function idOf(intent: Intended, ended: Entry | undefined): string | undefined {
  return intent.resourceId ?? (ended?.kind === "done" ? ended.resourceId : undefined);
}

/**
 * Id of the object's workspace; empty if it is in none. What a workspace has one of has its id.
 * @param workspaces known ones by id
 */
export function workspaceOf(
  intent: Intended,
  id: string | undefined,
  workspaces: { has(id: string): boolean },
): string {
  const named = intent.names?.["workspaceId"] ?? intent.compensation?.args["workspaceId"];
  if (typeof named === "string") return named.toLowerCase();
  const own = id?.split("/")[0]?.toLowerCase() ?? "";
  return intent.resourceType === "Workspace" || id?.includes("/") || workspaces.has(own) ? own : "";
}
