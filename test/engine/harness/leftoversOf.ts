import { compared } from "./serviceObjects.ts";
import type { Changed, Comparison, Stored } from "./serviceObjects.ts";

/* What a command said that it left over, and whether that is what is different at the service. */

/** A line of the table of leftovers. */
export interface ToldLeftover {
  readonly kind: string;
  readonly name: string;
  readonly id: string | undefined;
  readonly reason: string;
}

/** The leftovers in what a command has printed. */
export function leftoversIn(text: string): ToldLeftover[] {
  const [, table = ""] = text.split("To be done by hand:");
  return table.split("\n").flatMap((line): ToldLeftover[] => {
    const [, kind, name, id, reason] = /^ {2}(\w+) '(.*?)'(?: \(([^)]*)\))? {2,}(\S.*)$/.exec(line) ?? [];
    return kind === undefined || name === undefined ? [] : [{ kind, name, id, reason: reason ?? "" }];
  });
}

/** Collections of the emulator by kind. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  Workspace: "workspaces",
  WorkspaceIdentity: "workspaces",
  WorkspaceUser: "roles",
  UnlistedUsers: "roles",
  Folder: "folders",
  Item: "items",
  GitConnection: "gitConnections",
  ManagedPrivateEndpoint: "managedPrivateEndpoints",
};

/** What is not as it was said. */
export interface Unexplained {
  /** Different, and not told. */
  readonly missed: readonly Changed[];
  /** Told, and not different. */
  readonly needless: readonly ToldLeftover[];
}

/**
 * Compares leftovers with differences, both ways. What other people have changed during the run may be told, because it is
 * different from before; if it is not told, it is as they made it.
 */
export function unexplained(
  leftovers: readonly ToldLeftover[],
  { wanted, after, plain }: { readonly wanted: Stored; readonly after: Stored; readonly plain: Comparison },
): Unexplained {
  const { changed } = compared(wanted, after);
  const isTold = (one: Changed) =>
    leftovers.some((leftover) => isAbout(leftover, one, plain) || isIn(leftover, one, plain));
  const missed = changed.filter((one) => !isTold(one));
  // what had to be made anew has lost something that an emulator may not show
  const isMadeAnew = ({ id }: ToldLeftover) => plain.formerIds.has(id?.split("/").at(-1) ?? "");
  const needless = leftovers.filter(
    (leftover) =>
      !isMadeAnew(leftover) &&
      !plain.changed.some((one) => isAbout(leftover, one, plain) || isIn(leftover, one, plain)),
  );
  return { missed, needless };
}

const formerOf = (id: string, { formerIds }: Comparison) =>
  [...formerIds].reduce((renamed, [now, former]) => renamed.replaceAll(now, former), id);

function isAbout(leftover: ToldLeftover, { key, before, after }: Changed, comparison: Comparison): boolean {
  const { kind, name, id } = leftover;
  const [collection, ownId = ""] = key.split(" ");
  if (collection === "branches") return kind === "GitConnection" && isBranchIn(leftover, key);
  if (collection !== COLLECTIONS[kind]) return false;
  if (id === undefined) return [before, after].some((text) => text !== undefined && isNamed(text, name));
  const former = formerOf(id, comparison);
  if (kind === "UnlistedUsers") return ownId.startsWith(former);
  return (collection === "roles" ? former : former.split("/").at(-1)) === ownId;
}

/** Whether an object without an id is meant: by its name, in whatever case, or by its resource's, which begins with the workspace. */
function isNamed(text: string, name: string): boolean {
  const { displayName } = JSON.parse(text) as { readonly displayName?: string };
  const isOfResource = displayName !== undefined && name.toLowerCase().endsWith(`/${displayName.toLowerCase()}`);
  return isOfResource || text.includes(JSON.stringify(name));
}

/** Whether a leftover names a branch: `own, branch of 0, /elsewhere keeps …` is `github/contoso/own/of 0/elsewhere`. */
function isBranchIn({ reason }: ToldLeftover, key: string): boolean {
  const [, repository, branch, directory] = /^(.*), branch (.*), (\/.*) keeps the workspace's items/.exec(reason) ?? [];
  return key.endsWith(`/${repository}/${branch}${directory === "/" ? "" : directory}`);
}

/** Whether an object is in one that was told, as a whole there or gone: a workspace with roles, a lakehouse with its endpoint. */
function isIn(leftover: ToldLeftover, { before, after }: Changed, comparison: Comparison): boolean {
  if (leftover.id === undefined || (before !== undefined && after !== undefined)) return false;
  const { workspaceId, parentId, id } = JSON.parse(before ?? after ?? "{}") as Record<string, string>;
  const whole = formerOf(leftover.id, comparison).split("/").at(-1) ?? "";
  const isWhole = comparison.changed.some(
    ({ key, before: was, after: is }) => key.endsWith(` ${whole}`) && (was === undefined || is === undefined),
  );
  return isWhole && [workspaceId, parentId, id].includes(whole);
}
