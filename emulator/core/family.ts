import { z } from "zod";
import type { DeclaredCollection } from "./collection.ts";
import type { Route, Service } from "./service.ts";
import type { Collection, CollectionDeclaration } from "./store.ts";

/** The API that has the routes: Fabric's below `/v1`, or another one that a deployment needs. */
export type Api = "fabric" | "graph" | "entra";

/** Everything that the emulator knows of one kind of object, in one place. */
export interface Family<
  C extends Readonly<Record<string, CollectionDeclaration>> = Readonly<Record<string, CollectionDeclaration>>,
  S extends z.ZodRawShape = z.ZodRawShape,
> {
  readonly name: string;
  /** @default fabric */
  readonly api?: Api;
  /** By their names, under which `emulator.service` has them. */
  readonly collections?: C;
  readonly routes: readonly Route[];
  /** Schema of each key of a seed that is the family's. */
  readonly seed?: S;
  /**
   * Fills the family's collections from its part of a seed.
   * @param deployer object id of the caller whose token does not say who it is for
   */
  populate?(service: Service, seed: z.output<z.ZodObject<S>>, deployer: () => string): void;
}

/** Declares a family. It returns what it gets; its purpose is to infer the types of the collections and of the seed. */
export function defineFamily<
  C extends Readonly<Record<string, CollectionDeclaration>> = Record<never, never>,
  S extends z.ZodRawShape = Record<never, never>,
>(family: Family<C, S>): Family<C, S> {
  return family;
}

type KeysOf<Union> = Union extends unknown ? keyof Union : never;
/** One record with the entries of all. */
type Merged<Union> = { readonly [K in KeysOf<Union>]: Extract<Union, Readonly<Record<K, unknown>>>[K] };

/** The collections of families, open, by name. */
export type CollectionsOf<F> = Opened<Merged<F extends Family<infer C> ? C : never>>;
type Opened<C> = { readonly [N in keyof C]: C[N] extends DeclaredCollection<infer T> ? Collection<T> : never };

/** A seed as one writes it for families. Other keys, which a recording's seed may hold, are ignored. */
export type SeedOf<F> = z.input<z.ZodObject<Merged<F extends Family<infer _C, infer S> ? S : never>, z.core.$loose>>;

/**
 * Fills an empty store, in the order of the families.
 * @throws ZodError naming all that is wrong with the seed
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

/** Names that no collection can have, because the service itself has members of these names. */
const taken: readonly (keyof Service)[] = ["store", "levers", "clock", "timing", "origin", "collections"];

/**
 * Makes sure that families go together.
 * @throws Error with every name or route that two of them claim, and every owner that none of them has
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
