/** Outputs that objects of the stack had, by kind and id in lower case: `Folder 1a…/2b…`. */
export type FormerStates = Map<string, object>;

/** Those that an earlier run has begun to replace, as `npm run up` tells them (`cli/transaction/pendingReplacements.ts`). */
export function pendingStates(env: NodeJS.ProcessEnv): FormerStates {
  return new Map(Object.entries(JSON.parse(env["FABRIC_PENDING_REPLACEMENTS"] || "{}") as Record<string, object>));
}

/** Those of a checkpoint in a file; none without a file. */
export function statesIn(file: Buffer | undefined): FormerStates {
  const checkpoint = JSON.parse(file?.toString() ?? "{}") as {
    readonly deployment?: { readonly resources?: readonly { type: string; id?: string; outputs?: object }[] };
  };
  const resources = checkpoint.deployment?.resources ?? [];
  return new Map(
    resources.map(({ type, id = "", outputs = {} }) => [`${type.split(":").at(-1)} ${id.toLowerCase()}`, outputs]),
  );
}
