import outputs from "@pulumi/pulumi/output.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import { NamedId } from "../engine/entry.ts";
import type { NamedThing } from "../engine/entry.ts";

/** The id of a named object, which may be declared later. */
interface Expected {
  readonly id: Promise<Output<string>>;
  readonly give: (id: Output<string>) => void;
}

/**
 * The ids of what the configuration names: connections, references, workspaces and their identities. An id may be asked for
 * before its object is declared. The rules of the configuration make sure that each name has an object.
 */
export class NamedObjects {
  readonly #expected = new Map<string, Expected>();

  /** Gives a name its id. */
  add(what: NamedThing, name: string, id: Output<string>): void {
    this.#expectedOf(what, name).give(id);
  }

  /** The id behind a name; it depends on the object's resource. */
  id(what: NamedThing, name: string): Output<string> {
    return outputs.output(this.#expectedOf(what, name).id);
  }

  /** A value with ids in the place of names, at any depth. */
  resolved(value: unknown): Input<unknown> {
    if (value instanceof NamedId) return this.id(value.what, value.name);
    if (Array.isArray(value)) return value.map((entry) => this.resolved(entry));
    if (typeof value !== "object" || value === null || outputs.Output.isInstance(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.resolved(entry)]));
  }

  #expectedOf(what: NamedThing, name: string): Expected {
    const key = `${what} ${name.toLowerCase()}`;
    const known = this.#expected.get(key);
    if (known) return known;
    const { promise, resolve } = Promise.withResolvers<Output<string>>();
    const made = { id: promise, give: resolve };
    this.#expected.set(key, made);
    return made;
  }
}
