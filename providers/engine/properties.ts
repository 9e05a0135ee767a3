import { formatOrigin } from "../run/origin.ts";
import type { Run } from "../run/run.ts";
import type { Fields, InputsOf } from "./field.ts";
import { withoutUndefined } from "./resourceKind.ts";
import type { ResourceKind } from "./resourceKind.ts";

/** The properties of a resource, by name, as the engine keeps and gives them. */
export type Properties = Record<string, unknown>;

/** The inputs among the properties of a resource. */
export function inputsOf(kind: ResourceKind, properties: Properties): InputsOf<Fields> {
  const names = Object.keys(kind.fields).filter((name) => properties[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}

/** What the state holds of a resource: inputs, outputs, and where its object is. */
export function stateOf(run: Run, inputs: object, outputs: object): Properties {
  return withoutUndefined({ ...inputs, ...outputs, origin: formatOrigin(run.origin) });
}
