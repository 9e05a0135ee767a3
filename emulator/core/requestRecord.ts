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
}
