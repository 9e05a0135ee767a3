import { AS_BEFORE } from "../engine/field.ts";
import type { Referenced } from "../kinds/reference/lookUp.ts";
import type { LazyRun } from "./lazyRun.ts";

/** Declared in place of the id of an object that is not there: the up asks again, and says what is wrong. */
const NOWHERE = "not found";

/**
 * The ids behind references, so that what depends on another one is updated. A preview asks only if `fabric:preflight` is on;
 * it then shows the ids of the last up or refresh.
 */
export class LookUps {
  readonly #lazyRun: LazyRun;
  readonly #isAsking: boolean;

  /** @param isAsking whether the service may be asked */
  constructor(lazyRun: LazyRun, isAsking: boolean) {
    this.#lazyRun = lazyRun;
    this.#isAsking = isAsking;
  }

  /** The id of an object; no change if nobody can be asked. */
  async idOf(reference: Referenced): Promise<string> {
    if (!this.#isAsking) return AS_BEFORE;
    const run = await this.#lazyRun.get().catch(() => undefined);
    if (!run) return AS_BEFORE;
    const { lookUp } = await import("../kinds/reference/lookUp.ts");
    return lookUp(run, reference).then(
      ({ targetId }) => targetId,
      () => NOWHERE,
    );
  }
}
