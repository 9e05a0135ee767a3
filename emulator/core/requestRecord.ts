/** A request that was made. Its Authorization header is not kept. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  /** Template of the route; `unknown` where the emulator has none. */
  readonly route: string;
  readonly status: number;
  readonly caller: string;
  readonly at: string;
  readonly body: unknown;
}
