/** A received request, without its Authorization header. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  /** Template of the route; `unknown` if the emulator has no such route. */
  readonly route: string;
  readonly status: number;
  readonly caller: string;
  readonly at: string;
  readonly body: unknown;
  /** Time until the answer, in ms. */
  readonly ms: number;
  /** Query, without the question mark; absent if there is none. */
  readonly query?: string;
  /** The service's code in a refusal. */
  readonly errorCode?: string;
  readonly requestId?: string;
  /** Whether a fault rule hit the request. */
  readonly isHit?: true;
}
