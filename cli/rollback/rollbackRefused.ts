/** The transaction must not be rolled back. */
export class RollbackRefused extends Error {
  override readonly name = "RollbackRefused";
}
