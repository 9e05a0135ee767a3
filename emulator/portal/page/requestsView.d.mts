/** A request as a command of curl. */
export function curlOf(
  origin: string,
  request: { readonly method: string; readonly path: string; readonly query?: string; readonly body?: unknown },
): string;
