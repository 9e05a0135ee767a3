import { isDeepStrictEqual } from "node:util";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { hasDefinition } from "../../../lib/api/itemType.ts";
import { Draw, itemNames, itemOfBranches, principals, workspaceNames } from "./environmentDraw.ts";
import type { ItemDraw, WorkspaceDraw } from "./environmentDraw.ts";
import { randomOf } from "./existingEnvironment.ts";
import { itemFiles } from "../../itemFiles.ts";

/*
 * Environments by chance, each made from the one before it by changing a few properties or all. What is declared can be
 * deployed, in both directions: names are never taken over by another object, and Git may overwrite what it finds.
 */

/** What a stack declares, and the files that it names. */
export interface Environment {
  readonly workspaces: readonly object[];
  /** Content by path, relative to the project. */
  readonly files: Readonly<Record<string, string>>;
  /** Items whose content is declared: display name of the workspace, type, display name. */
  readonly contents: readonly (readonly [string, string, string])[];
  /** Further keys of the configuration. */
  readonly settings?: object;
}

/** What declared items are besides their entries. */
interface Definitions {
  readonly files: Record<string, string>;
  readonly contents: [string, string, string][];
}

/** As many environments as are asked for; two neighbours are a pair, and differ. */
export function environmentsOf(seed: number, count: number): readonly Environment[] {
  const random = randomOf(seed);
  const drawn: (readonly WorkspaceDraw[])[] = [];
  while (drawn.length < count) {
    const share = [0.03, 0.06, 0.12, 0.25, 1][Math.floor(random() * 5)] ?? 1;
    const draw = new Draw(random, share);
    const before = drawn.at(-1);
    const draws = workspaceNames.map((_, position) => {
      const former = before?.[position];
      return withItsCapacity(draw.workspace(former), former);
    });
    // what was drawn again may be declared nowhere
    if (!before || !isDeepStrictEqual(environmentOf(before, []), environmentOf(draws, []))) drawn.push(draws);
  }
  return drawn.map((draws, index) =>
    environmentOf(
      draws,
      [drawn[index - 1], drawn[index + 1]].filter((one) => one !== undefined),
    ),
  );
}

/** The service takes no workspace off its capacity while items are in it, and walks go there and back. */
function withItsCapacity(draw: WorkspaceDraw, former: WorkspaceDraw | undefined): WorkspaceDraw {
  if (!former) return draw;
  return { ...draw, capacity: former.capacity === undefined ? undefined : (draw.capacity ?? former.capacity) };
}

/** @param neighbours what comes before and after: what is not in both cannot be protected */
function environmentOf(
  draws: readonly WorkspaceDraw[],
  neighbours: readonly (readonly WorkspaceDraw[])[],
): Environment {
  const definitions: Definitions = { files: {}, contents: [] };
  const workspaces = draws.flatMap((draw, position) => {
    const there = neighbours.map((one) => one[position] as WorkspaceDraw);
    return draw.isThere ? [workspaceOf(draw, position, there, definitions)] : [];
  });
  return { workspaces, ...definitions };
}

function workspaceOf(
  draw: WorkspaceDraw,
  position: number,
  neighbours: readonly WorkspaceDraw[],
  definitions: Definitions,
): object {
  const name = workspaceNames[position];
  const isProtected = draw.wantsProtection && neighbours.every(({ isThere }) => isThere);
  const items = draw.items.flatMap((item, index): object[] => {
    if (!holdsItem(draw, item)) return [];
    const stays = neighbours.every((other) => isSameItem(item, index, other, other.items[index] as ItemDraw));
    return [
      { ...itemOf(draw, item, position, index, definitions), ...(item.wantsProtection && stays && { protect: true }) },
    ];
  });
  const git = draw.capacity === undefined ? undefined : draw.git;
  const bringsItem = git !== undefined && !("initializationStrategy" in git);
  if (bringsItem && draw.declaresItemOfBranch)
    items.push({ name: "of the branch", type: "Notebook", displayName: itemOfBranches });
  return {
    name,
    ...(draw.rename && { displayName: titleOf(draw, position) }),
    description: draw.description,
    capacity: draw.capacity,
    adopt: draw.adopt,
    ...(isProtected && { protect: true }),
    users: usersOf(draw),
    // a branch of its own, because it is written to
    git: git && !bringsItem ? { ...git, branchName: `of-${position}` } : git,
    items,
  };
}

function titleOf({ rename }: WorkspaceDraw, position: number): string {
  const name = workspaceNames[position] ?? "";
  return rename ? rename(`${name} test`) : name;
}

function usersOf({ roles: drawn, shoutsPrincipals }: WorkspaceDraw): object[] {
  return principals.flatMap((user, index) => {
    const role = drawn[index];
    if (role === undefined) return [];
    const isDeployer = user.principal === known.deployer;
    const principal = shoutsPrincipals ? user.principal.toUpperCase() : user.principal;
    // a service principal profile cannot be Viewer
    const isProfile = user.type === "ServicePrincipalProfile";
    return [{ ...user, principal, role: isDeployer || (isProfile && role === "Viewer") ? "Admin" : role }];
  });
}

/** Items need a capacity. */
const holdsItem = (workspace: WorkspaceDraw, item: ItemDraw) =>
  workspace.isThere && workspace.capacity !== undefined && item.isThere;
/** Whether an item comes with content; the service makes no semantic model without. */
const isDefined = ({ type, content }: ItemDraw) =>
  type === "SemanticModel" || (content !== undefined && hasDefinition(type));
const payloadOf = (item: ItemDraw) =>
  item.type === "Lakehouse" && item.hasSchemas && !isDefined(item) ? { enableSchemas: true } : undefined;

/** Whether an item is in a neighbour without being replaced or made under another key. */
function isSameItem(item: ItemDraw, index: number, there: WorkspaceDraw, other: ItemDraw): boolean {
  const hasOwnKey = itemNames[index] !== undefined;
  return (
    holdsItem(there, other) &&
    item.type === other.type &&
    (payloadOf(item) === undefined) === (payloadOf(other) === undefined) &&
    (hasOwnKey || item.rename("") === other.rename(""))
  );
}

function itemOf(
  workspace: WorkspaceDraw,
  item: ItemDraw,
  position: number,
  index: number,
  definitions: Definitions,
): object {
  const name = itemNames[index];
  // another spelling of an item without a key is another item, which would want the name of the old one
  const anyName = name === undefined ? `keyless${item.rename("").trim()}` : item.rename(name);
  const displayName = item.type === "Lakehouse" ? anyName.replace(/[^A-Za-z0-9]/g, "_") : anyName;
  const { type, saysName, description, folder, root, adopt } = item;
  const declared = {
    name,
    description,
    folder: workspace.shoutsFolders ? folder?.toUpperCase() : folder,
    adopt,
  };
  if (!isDefined(item)) {
    const isSaid = saysName || displayName !== name;
    return { ...declared, type, ...(isSaid && { displayName }), creationPayload: payloadOf(item) };
  }
  const path = `${root}/${position}/${index}.${type}`;
  const { files, contents } = definitions;
  contents.push([titleOf(workspace, position), type, displayName]);
  files[`${path}/.platform`] = JSON.stringify({
    metadata: { type, displayName, description: item.descriptionInFile },
    config: { version: "2.0", logicalId: "00000000-0000-0000-0000-000000000000" },
  });
  for (const [file, content] of Object.entries(itemFiles(type, String(item.content))))
    files[`${path}/${file}`] = content;
  files[`${path}/resources/notes.txt`] = `Notes ${item.content}\n`;
  return { ...declared, path, ...(saysName && { displayName }) };
}
