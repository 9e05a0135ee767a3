import { z } from "zod";
import type { DeclaredCollection } from "./collection.ts";
import type { Route, Service } from "./service.ts";
import type { Collection, CollectionDeclaration } from "./store.ts";

/** The API of the routes: Fabric's below `/v1`, or another API that deployments need. */
export type Api = "fabric" | "graph" | "entra";

/** Everything that the emulator knows about one kind of object, in one place. */
export interface Family<
  C extends Readonly<Record<string, CollectionDeclaration>> = Readonly<Record<string, CollectionDeclaration>>,
  S extends z.ZodRawShape = z.ZodRawShape,
> {
  readonly name: string;
  /** @default fabric */
  readonly api?: Api;
  /** Collections by name. `emulator.service` has them under the same names. */
  readonly collections?: C;
  readonly routes: readonly Route[];
  /** Schemas of the family's keys in a seed. */
  readonly seed?: S;
  /**
   * Fills the family's collections from its part of a seed.
   * @param deployer object id of the caller if a token does not contain one
   */
  populate?(service: Service, seed: z.output<z.ZodObject<S>>, deployer: () => string): void;
}

/** Declares a family. Returns its argument, and only infers the types of collections and seed. */
export function defineFamily<
  C extends Readonly<Record<string, CollectionDeclaration>> = Record<never, never>,
  S extends z.ZodRawShape = Record<never, never>,
>(family: Family<C, S>): Family<C, S> {
  return family;
}

type KeysOf<Union> = Union extends unknown ? keyof Union : never;
/** One record with the entries of all members. */
type Merged<Union> = { readonly [K in KeysOf<Union>]: Extract<Union, Readonly<Record<K, unknown>>>[K] };

/** The open collections of families, by name. */
export type CollectionsOf<F> = Opened<Merged<F extends Family<infer C> ? C : never>>;
type Opened<C> = { readonly [N in keyof C]: C[N] extends DeclaredCollection<infer T> ? Collection<T> : never };

/** A seed as users write it for these families. Other keys are ignored, because the seed of a recording may have some. */
export type SeedOf<F> = z.input<z.ZodObject<Merged<F extends Family<infer _C, infer S> ? S : never>, z.core.$loose>>;

/**
 * Fills an empty store, in the order of the families.
 * @throws ZodError that names all faults of the seed
 */
export function populate(
  families: readonly Family[],
  service: Service,
  seed: Readonly<Record<string, unknown>>,
  deployer: () => string,
): void {
  const shape = Object.assign({}, ...families.map((family) => family.seed ?? {})) as z.ZodRawShape;
  const parsed = z.looseObject(shape).parse(seed);
  for (const family of families) family.populate?.(service, parsed, deployer);
}

/** Names that no collection may have, because the service itself has members with these names. */
const taken: readonly (keyof Service)[] = ["store", "levers", "clock", "timing", "origin", "collections"];

/**
 * Checks that families fit together.
 * @throws Error with every name or route that two families claim, and every owner that no family has
 */
export function checkFamilies(families: readonly Family[]): void {
  const declared = families.flatMap(({ collections = {} }) => Object.entries(collections));
  const names = declared.map(([name]) => name);
  const problems = [
    ...repeatedOf(families.map(({ name }) => `family ${name}`)),
    ...repeatedOf(names.map((name) => `collection ${name}`)),
    ...repeatedOf(families.flatMap(({ seed = {} }) => Object.keys(seed).map((key) => `seed key ${key}`))),
    ...repeatedOf(
      families.flatMap(({ api = "fabric", routes }) =>
        routes.map(
          ({ method, template }) => `route ${method} ${template.replace(/\{.+?\}/g, "{}").toLowerCase()} (${api})`,
        ),
      ),
    ),
    ...declared.flatMap(([name, { name: own, ownedBy, liesIn }]) => [
      ...(taken.some((word) => word === own) ? [`collection ${own} has a name that the service uses itself`] : []),
      ...(name === own ? [] : [`collection ${own} stands under the name ${name}`]),
      ...Object.keys({ ...ownedBy, ...liesIn })
        .filter((other) => !names.includes(other))
        .map((other) => `collection ${own} names ${other}, which no family has`),
    ]),
  ];
  if (problems.length > 0) throw new Error(`The families do not go together: ${problems.join("; ")}.`);
}

const repeatedOf = (names: readonly string[]): string[] =>
  [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map((name) => `${name} is there twice`);
