import { isUnknown } from "./field.ts";
import type { ResourceKind } from "./resourceKind.ts";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Recognises forced replacements (`--replace`, `pulumi state taint`) by the engine's calls. The engine does not announce a
 * forced replacement, but shows it in two ways:
 * - Check gets no old inputs although the object exists, and the old object is deleted before a new one is made.
 * - If a workspace is replaced first, diff of its objects gets an unknown workspace, although nothing else replaces the
 *   workspace.
 */
export class ForcedReplacements {
  readonly #kind: ResourceKind;
  readonly #checked = new Set<string>();
  readonly #condemned = new Set<string>();

  constructor(kind: ResourceKind) {
    this.#kind = kind;
  }

  /** Notes a call of check. */
  checked(olds: Properties, inputs: Properties): void {
    if (Object.keys(olds).length === 0) this.#checked.add(this.#nameOf(inputs));
  }

  /** Notes a call of diff. */
  compared(id: string, olds: Properties, news: Properties): void {
    const isReplacedWith = ([name, field]: [string, { change: string }]) =>
      field.change === "replace" && isUnknown(news[name]) && !isUnknown(olds[name]);
    if (Object.entries(this.#kind.fields).some(isReplacedWith)) this.#condemned.add(id);
  }

  /** Warning before an object is deleted; undefined unless its replacement is known to be forced, and loses data. */
  warningFor(id: string, state: Properties): string | undefined {
    const isForced = this.#condemned.has(id) || this.#checked.has(this.#nameOf(state));
    const loss = isForced && state["adopted"] === undefined ? this.#kind.holdsData?.(state) : undefined;
    if (loss === undefined) return undefined;
    const title = this.#kind.title(state);
    return `${title} is deleted to be made anew, because its replacement or its workspace's was forced: ${loss} goes with it.`;
  }

  /** Key of an object that stays equal across a forced replacement. */
  #nameOf(properties: Properties): string {
    return JSON.stringify([this.#kind.title(properties), properties["workspaceId"]]).toLowerCase();
  }
}
