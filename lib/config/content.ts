import { join } from "node:path";
import { readDefinitionParts } from "../api/itemDefinition.ts";
import { hasDefinition } from "../api/itemType.ts";
import { missingContent } from "../content/contentRules.ts";
import { findReferences } from "../content/references.ts";
import type { ContentItem } from "../content/references.ts";
import { textFiles } from "../content/textFiles.ts";
import type { ResolvedItem } from "./item.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { ResolvedEntry } from "./rules.ts";

/** Where an item stands in the configuration. */
interface Position {
  readonly workspace: number;
  readonly entry: ResolvedEntry;
  readonly item: ResolvedItem;
}

/**
 * Reads the content of all items, and adds what they refer to.
 * @param workspaces the entries of each workspace
 * @param problems receives missing files and references to nothing
 * @returns the items by position of workspace and entry
 */
export function resolveContent(
  workspaces: readonly (readonly ResolvedEntry[])[],
  projectRoot: string,
  problems: Problem[],
): ResolvedItem[][][] {
  const positions = new Map<ContentItem, Position>();
  const left: ContentItem[] = [];
  workspaces.forEach((entries, workspace) => {
    for (const entry of entries) {
      for (const item of entry.items) {
        const content = contentOf(item, workspace, projectRoot, (message) => report(entry, item, message));
        if (content) positions.set(content, { workspace, entry, item });
      }
      left.push(...entry.left.flatMap((item) => withoutFiles(item, workspace) ?? []));
    }
  });
  const { references, problems: broken } = findReferences([...positions.keys()], left);
  for (const { item, message } of broken) {
    const position = positions.get(item);
    if (position) report(position.entry, position.item, message);
  }
  const contents = new Map([...positions].map(([content, { item }]) => [item, content]));
  return workspaces.map((entries) =>
    entries.map(({ items }) =>
      items.map((item): ResolvedItem => {
        const content = contents.get(item);
        const found = (content && references.get(content)) ?? [];
        if (found.length === 0) return item;
        return {
          ...item,
          references: found.map(({ key, to, attribute }) => ({
            ...{ key, attribute, workspace: to.workspace },
            path: to.path,
          })),
        };
      }),
    ),
  );

  function report({ at }: ResolvedEntry, { isOfFolder }: ResolvedItem, message: string): void {
    problems.push(problemAt([...at, isOfFolder ? "from" : "path"], message));
  }
}

function withoutFiles({ type, displayName, path, parent, logicalId }: ResolvedItem, workspace: number) {
  if (type === undefined || displayName === undefined || path === undefined) return undefined;
  return { workspace, type, displayName, path, parent, logicalId, files: [] };
}

function contentOf(
  item: ResolvedItem,
  workspace: number,
  projectRoot: string,
  report: (message: string) => void,
): ContentItem | undefined {
  const known = withoutFiles(item, workspace);
  if (!known || !hasDefinition(known.type)) return known;
  try {
    const parts = readDefinitionParts(join(projectRoot, known.path));
    const missing = missingContent(
      known.type,
      parts.map(({ path }) => path),
    );
    if (item.isOfFolder && missing !== undefined)
      report(`${known.path} has no ${missing}, without which the service refuses it`);
    return { ...known, files: textFiles(parts) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report(message.replaceAll(join(projectRoot, "/"), ""));
    return known;
  }
}
