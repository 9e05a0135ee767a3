import { z } from "zod";
import { FabricError, NOT_THE_SERVICE } from "../../lib/api/fabricError.ts";
import type { OnceInARun } from "./onceInARun.ts";

/** A list as the service gave it, and its entries in each shape that was asked for. */
type Entries = Promise<readonly unknown[]>;

/**
 * Lists that a run reads once for all who ask. Each asker has a shape of its own, and a shape leaves properties out: so the run
 * keeps the entries as they came.
 */
export class SharedLists {
  readonly #asked: OnceInARun;
  readonly #shaped = new WeakMap<Entries, Map<z.ZodType, Entries>>();

  constructor(asked: OnceInARun) {
    this.#asked = asked;
  }

  /**
   * The entries of a list in a shape.
   * @param path of the list
   * @param read reads the list; its entries have the given shape
   * @throws FabricError if the list was read for somebody else, and its entries do not have the shape
   */
  get<T>(
    { path, operation, entry }: { readonly path: string; readonly operation: string; readonly entry: z.ZodType<T> },
    read: (entry: z.ZodType) => Entries,
  ): Promise<readonly T[]> {
    const list = this.#asked.get(path, () => read(asItCame(entry)));
    const views = this.#shaped.get(list) ?? new Map<z.ZodType, Entries>();
    this.#shaped.set(list, views);
    const view = views.get(entry) ?? list.then((all) => all.map((one) => inShape(one, entry, operation)));
    views.set(entry, view);
    return view as Promise<readonly T[]>;
  }
}

/** Accepts what has the shape, and leaves nothing out. */
const asItCame = (shape: z.ZodType) =>
  z.unknown().superRefine((value, context) => {
    for (const { message, path } of shape.safeParse(value).error?.issues ?? [])
      context.addIssue({ code: "custom", message, path: [...path] });
  });

function inShape(value: unknown, shape: z.ZodType, operation: string): unknown {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const serviceMessage = "The list holds an entry of another shape";
  throw new FabricError({ operation, errorCode: NOT_THE_SERVICE, serviceMessage });
}
