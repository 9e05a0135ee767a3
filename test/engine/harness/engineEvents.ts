import { readFileSync } from "node:fs";

/** A resource before or after a step; its id is empty while nothing has been made. */
export interface Side {
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** One step the engine took or would take, with both sides as they were known when it ended. */
export interface Step {
  /** `create`, `update`, …; a replacement is three steps, of which `replace` is the one that people are shown. */
  readonly op: string;
  /** `Workspace`, `Item`, … */
  readonly kind: string;
  /** Name of the resource in the program. */
  readonly name: string;
  /** Names of the inputs that differ. */
  readonly properties: readonly string[];
  /** Those of them that need a new object. */
  readonly replaces: readonly string[];
  readonly old: Side | null;
  readonly new: Side | null;
}

/** What the event log of one command tells. */
export interface EngineEvents {
  /** In the engine's order, without those that change nothing. */
  readonly changes: readonly Step[];
  /** Steps of a refresh that found something else than the state has. */
  readonly drift: readonly Step[];
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly keys?: readonly string[] | null;
  readonly diffs?: readonly string[] | null;
  readonly old: Side | null;
  readonly new: Side | null;
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
}

/** Reads the log that the CLI wrote with `--event-log`, as far as it tells of Fabric's objects. */
export function readEngineEvents(file: string): EngineEvents {
  let lines: string[] = [];
  try {
    lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return { changes: [], drift: [] };
  }
  const changes = new Map<string, Step>();
  const drift: Step[] = [];
  const begun = new Map<string, string>();
  for (const line of lines) {
    const event = JSON.parse(line) as EngineEvent;
    const after = event.resOutputsEvent?.metadata;
    const metadata = after ?? event.resourcePreEvent?.metadata;
    if (!metadata || !metadata.type.startsWith("pulumi-nodejs:dynamic/fabric:")) continue;
    const step = stepOf(metadata);
    if (!after) begun.set(metadata.urn, step.op);
    // what a refresh ends as is called update or delete too
    if (begun.get(metadata.urn) === "refresh") {
      if (after && (step.new === null || step.properties.length > 0)) drift.push(step);
    } else if (!["same", "read"].includes(step.op)) {
      // the event after a step knows more than the one before it, and a step that failed has only the latter
      changes.set(`${metadata.op} ${metadata.urn}`, step);
    }
  }
  return { changes: [...changes.values()], drift };
}

const stepOf = ({ op, urn, type, keys, diffs, old, new: now }: Metadata): Step => ({
  op,
  kind: type.split(":").at(-1) ?? type,
  name: urn.split("::").at(-1) ?? urn,
  properties: [...(diffs ?? [])].sort(),
  replaces: [...(keys ?? [])].sort(),
  old,
  new: now,
});

/** `create Workspace sales`, sorted. A replacement is told as one step, not as the three it is made of. */
export function summaryOf(changes: readonly Step[]): string[] {
  return changes
    .filter(({ op }) => !["create-replacement", "delete-replaced"].includes(op))
    .map(({ op, kind, name }) => `${op} ${kind} ${name}`)
    .sort();
}

/** `Workspace sales: description`, sorted: the inputs that updates change. */
export function changedInputsOf(changes: readonly Step[]): string[] {
  return changes
    .filter(({ op }) => op === "update")
    .flatMap(({ kind, name, properties }) => properties.map((property) => `${kind} ${name}: ${property}`))
    .sort();
}

/**
 * All that a preview can tell of the steps: the operations on each object in their order, its changed properties, and
 * those that need a new object.
 */
export function detailsOf(changes: readonly Step[]): string[] {
  const byObject = Map.groupBy(changes, ({ kind, name }) => `${kind} ${name}`);
  return [...byObject]
    .map(([object, steps]) => {
      const properties = [...new Set(steps.flatMap((step) => step.properties))];
      const replaces = [...new Set(steps.flatMap((step) => step.replaces))];
      const which = `${properties.join(" ")}${replaces.length > 0 ? `; replaced by ${replaces.join(" ")}` : ""}`;
      return `${object}: ${steps.map(({ op }) => op).join(", ")} (${which})`;
    })
    .sort();
}
