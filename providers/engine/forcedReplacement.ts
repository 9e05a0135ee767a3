import { isUnknown } from "./field.ts";
import type { ResourceKind } from "./resourceKind.ts";

type Properties = Readonly<Record<string, unknown>>;

/**
 * What the engine's questions tell of forced replacements (`--replace`, `pulumi state taint`). It does not say that it
 * forces one, but in a run that does:
 * - check gets no old inputs, although there is an object, and the old object is deleted before one like it was made;
 * - for what is in a workspace that goes first, diff gets a workspace that is not known, although nobody makes a new one
 *   for any other reason.
 */
export class ForcedReplacements {
  readonly #kind: ResourceKind;
  readonly #checked = new Set<string>();
  readonly #condemned = new Set<string>();

  constructor(kind: ResourceKind) {
    this.#kind = kind;
  }

  /** Notes what check was asked. */
  checked(olds: Properties, inputs: Properties): void {
    if (Object.keys(olds).length === 0) this.#checked.add(this.#nameOf(inputs));
  }

  /** Notes what diff was asked. */
  compared(id: string, olds: Properties, news: Properties): void {
    const isReplacedWith = ([name, field]: [string, { change: string }]) =>
      field.change === "replace" && isUnknown(news[name]) && !isUnknown(olds[name]);
    if (Object.entries(this.#kind.fields).some(isReplacedWith)) this.#condemned.add(id);
  }

  /** What to say before an object is deleted; nothing if its replacement is not known to be forced, or loses nothing. */
  warningFor(id: string, state: Properties): string | undefined {
    const isForced = this.#condemned.has(id) || this.#checked.has(this.#nameOf(state));
    const loss = isForced && state["adopted"] === undefined ? this.#kind.holdsData?.(state) : undefined;
    if (loss === undefined) return undefined;
    const title = this.#kind.title(state);
    return `${title} is deleted to be made anew, because its replacement or its workspace's was forced: ${loss} goes with it.`;
  }

  /** Equal for an object before and after a forced replacement. */
  #nameOf(properties: Properties): string {
    return JSON.stringify([this.#kind.title(properties), properties["workspaceId"]]).toLowerCase();
  }
}
