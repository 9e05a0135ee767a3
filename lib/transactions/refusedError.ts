/**
 * A run must not go on with a transaction from here. Nothing was done; the message names where the transaction belongs, and what
 * to do.
 */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}
