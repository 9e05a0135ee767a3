import { z } from "zod";
import type { KindKey } from "../../lib/config/kindKeys.ts";
import type { DeclaredPrincipal } from "../../lib/config/principal.ts";
import { text } from "../../lib/config/value.ts";

/** The id of an object that the configuration names: the program puts it in place of this, wherever it stands in `args`. */
export class NamedId {
  readonly what: NamedThing;
  readonly name: string;
  constructor(what: NamedThing, name: string) {
    this.what = what;
    this.name = name;
  }
}

/** What can be named. A connection is one of `connections` or of `references`. */
export type NamedThing = "connection" | "gateway" | "workspace" | "item" | "capacity" | "workspaceIdentity";

/** Roles in an object that an entry declares. */
export interface DeclaredRoles {
  /** Kind of the roles. */
  readonly kind: string;
  /** Input of that kind that holds the object's id. */
  readonly holder: string;
  readonly list: readonly {
    readonly principal: DeclaredPrincipal;
    readonly type?: string | undefined;
    readonly role: string;
  }[];
}

/** One object that an entry of the configuration declares. */
export interface DeclaredObject {
  /** Name of the object among those of its kind in the same holder; absent if a holder has only one. */
  readonly name?: string | undefined;
  /** Inputs of its resource, without the ids of its holder. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Pulumi's `protect`. @default `fabric:protectData`, if a delete loses data */
  readonly protect?: boolean | undefined;
  /** Names of secrets that the object needs. Its input `secretVersion` tells their versions. */
  readonly secrets?: readonly string[] | undefined;
  /** Roles in the object, as resources of their own. */
  readonly roles?: DeclaredRoles | undefined;
  /** Whether the program looks up the object, for the input `found`. */
  readonly isLookedUp?: boolean | undefined;
  /** What the object is for other keys, which may name it, with the output that holds the id. */
  readonly known?: readonly { readonly what: NamedThing; readonly output: string }[] | undefined;
}

/** The entry of a kind in the stack's configuration. */
export interface ConfigEntry extends KindKey {
  /** Purpose of the key, for the documentation. */
  readonly says: string;
  /** An example for the documentation, which tests deploy. */
  readonly example: unknown;
  /** Outputs of the resource that appear in the stack's outputs; `id` is the resource's id. */
  readonly shows?: readonly string[];

  /** The objects that a valid value declares. */
  declare(value: unknown): readonly DeclaredObject[];
  /** The opposite, for an import: the value that declares objects; undefined if there are none. */
  describe(objects: readonly DeclaredObject[]): unknown;
}

type Kept = Pick<ConfigEntry, "in" | "key" | "says" | "example" | "shows">;

/** Pulumi's `protect`, as a key of an entry. */
const protect = z.boolean().optional().describe("Pulumi's `protect`. Defaults to `fabric:protectData`.");

/**
 * An entry that lists objects, each with a `name`. The name is the key of the resource and, unless another key sets it, the
 * name at the service. The other keys are inputs of the same name.
 * @param keys schema of each key of one object, with its description, without `name` and `protect`
 * @param nameAs the input that the name becomes. @default name
 */
export function listEntry(
  entry: Kept & { readonly keys: Readonly<Record<string, z.ZodType>>; readonly nameAs?: "name" | "displayName" },
): ConfigEntry {
  const { keys, nameAs = "name", ...kept } = entry;
  const name = text(256).describe("Key of the resource, unique in the list, and name of the object.");
  const shape = { name, ...keys, protect };
  type Listed = { readonly name: string; readonly protect?: boolean } & Readonly<Record<string, unknown>>;
  return {
    ...kept,
    schema: z.array(z.strictObject(shape)).describe(kept.says),
    entryKeys: Object.keys(shape),
    declare: (value) =>
      (value as readonly Listed[]).map(({ name, protect, ...args }) => ({
        name,
        args: { [nameAs]: name, ...args },
        protect,
      })),
    describe: (objects) =>
      objects.length === 0 ? undefined : objects.map(({ args: { [nameAs]: name, ...args } }) => ({ name, ...args })),
  };
}

/** An entry for an object that its holder has or lacks: `true`, or an object with `protect`. */
export function switchEntry(entry: Kept): ConfigEntry {
  const schema = z.union([z.boolean(), z.strictObject({ protect })], {
    error: "must be true, false or {protect: false}",
  });
  return {
    ...entry,
    schema: schema.describe(entry.says),
    entryKeys: ["protect"],
    declare(value) {
      if (value === false) return [];
      return [{ args: {}, protect: value === true ? undefined : (value as { protect?: boolean }).protect }];
    },
    describe: (objects) => (objects.length === 0 ? undefined : true),
  };
}
