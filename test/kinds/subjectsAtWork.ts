import type { AnyObjectKind } from "../../providers/engine/objectKind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import type { FaultyBench } from "./faultyCalls.ts";
import type { Properties } from "./providerBench.ts";
import { checked } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

/* What is done with the objects that outcomes are tried on, and what of it follows from their kinds. */

const objectKind = (kind: ResourceKind) => kind as unknown as Partial<AnyObjectKind>;

/** Whether an object that exists already is adopted. */
export const canAdopt = (kind: ResourceKind): boolean => objectKind(kind).adoption !== undefined;

/** Whether a log tells what an adopted object had. */
export const isInLog = (kind: ResourceKind): boolean => kind.undo?.giveBack !== undefined;

/** Whether a call changes nothing. */
export const isRead = (call: string): boolean => /^GET |\/getDefinition$/i.test(call);

/** Deploys the object of a subject, and gives it back as the state has it. */
export async function deploy(
  at: FaultyBench,
  subject: Subject,
  adopt = false,
): Promise<{ id: string; olds: Properties }> {
  const { fields } = subject.kind;
  const inputs = checked(subject.kind, { ...subject.inputs, ...("adopt" in fields && { adopt }) });
  const made = await at.calm(subject, (process) => process.create(inputs), { FABRIC_TRANSACTION_ID: "test-0" });
  return { id: made.id, olds: made.outs as Properties };
}

/**
 * Makes the object of a subject as somebody else had made it: of the same name, with other values of everything that can be
 * changed in place.
 */
export async function addTheirs(at: FaultyBench, subject: Subject): Promise<{ id: string; olds: Properties }> {
  const { kind, changes } = subject;
  const naming = Object.keys((objectKind(kind).names as { shape?: object } | undefined)?.shape ?? {});
  const own = subject.inputs;
  const others = Object.keys(kind.fields).flatMap((field) => {
    const change = naming.includes(field) ? undefined : changes[`another ${field}`];
    return change ? [Object.entries(change).filter(([name, value]) => own[name] !== value)] : [];
  });
  const theirs = checked(kind, { ...own, ...Object.fromEntries(others.flat()) });
  const options = { stack: "theirs" };
  const made = await at.calm(subject, (process) => process.create(theirs), {}, options);
  return { id: made.id, olds: made.outs as Properties };
}

/** Fields of a change that a read shows. */
export const told = ({ kind, hidden }: Subject, before: Properties, after: Properties): string[] =>
  Object.keys(kind.fields).filter(
    (field) =>
      kind.fields[field]?.change === "update" &&
      !hidden.includes(field) &&
      JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );

/** Without ids of objects that were made in this emulator. */
export const anonymous = (value: unknown): unknown =>
  JSON.parse(
    (JSON.stringify(value) ?? "null").replace(
      /(?!11111111|33333333)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi,
      "some id",
    ),
  );
