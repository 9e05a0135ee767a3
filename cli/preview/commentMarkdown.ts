import type { Redaction } from "../../lib/telemetry/redaction.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import type { ItemChange } from "./changedFiles.ts";
import { fittedSections } from "./fittedSections.ts";
import type { Section } from "./fittedSections.ts";
import { wholeCode } from "./inertText.ts";
import { changesOf, driftOf, isDestructive, OPERATIONS, protectedObjects, unchangedIn } from "./previewChanges.ts";
import type { Change, Drift, Operation, PreviewedObject } from "./previewChanges.ts";
import type { Message, PreviewLog } from "./previewLog.ts";
import { protectionOf } from "./protection.ts";
import { ShownText } from "./shownText.ts";

/** Sources of a comment. */
export interface CommentSource {
  readonly stack: string;
  /** Undefined if the engine was not reached. */
  readonly log: PreviewLog | undefined;
  /** Undefined if the configuration cannot be read; the preview itself reports that. */
  readonly config: StackConfig | undefined;
  readonly redaction: Redaction;
  /** What happens to the items of folders. @default nothing */
  readonly items?: readonly ItemChange[];
}

/** Most bytes of a comment; GitHub takes 65,536 characters. */
const LONGEST_COMMENT = 64_900;
/** Most lines of a changed file. */
const MOST_FILE_LINES = 40;
/** Most messages of a severity: a thousand refused deletes must leave room for the changes themselves. */
const MOST_MESSAGES = 5;

/**
 * A preview as Markdown. Equal previews give equal comments, without times or random order. The first line names the stack, so
 * that a workflow finds its own comment again. The second line summarises the comment for scripts.
 */
export function commentMarkdown({ stack, log, config, redaction, items = [] }: CommentSource): string {
  const shown = new ShownText(redaction);
  const changes = log ? changesOf(log) : [];
  const drift = log ? driftOf(log, changes) : [];
  const hasFailed = !log?.isWhole;
  const head = [
    `${markerOf(stack)}\n<!-- fabric-preview failed=${hasFailed} changes=${changes.length} drift=${drift.length} -->`,
    `### Preview of stack ${wholeCode(stack)}`,
    summaryOf(log, changes, drift.length),
  ].join("\n\n");
  const messages = log?.messages ?? [];
  const sections: Section[] = [
    errorSection(messages, shown),
    destructiveSection(changes.filter(isDestructive), shown),
    driftSection(drift, shown),
    ...workspaceSections(changes, shown),
    fileSection(items, shown),
    protectionSection(log, stack, config, shown),
    warningSection(messages, shown),
  ];
  return fittedSections(head, sections, LONGEST_COMMENT);
}

/** The first line of the comments about a stack. */
export function markerOf(stack: string): string {
  // encoded, so that no name can end the HTML comment
  return `<!-- fabric-preview stack=${encodeURIComponent(stack)} -->`;
}

const WORDS: Readonly<Record<Operation, string>> = {
  delete: "to delete",
  replace: "to replace",
  unprotect: "to lose protection",
  update: "to update",
  create: "to create",
  import: "to import",
};

function countsOf(changes: readonly Change[]): string {
  const counts = OPERATIONS.map((operation) => {
    const count = changes.filter((change) => change.operation === operation).length;
    return count === 0 ? "" : `${count} ${WORDS[operation]}`;
  });
  return counts.filter(Boolean).join(", ");
}

function summaryOf(log: PreviewLog | undefined, changes: readonly Change[], drifted: number): string {
  if (!log) return "❌ **The preview could not begin.** The output of the run says why.";
  const unchanged = `${unchangedIn(log)} unchanged`;
  const drift = log.refreshed.length === 0 ? "" : `; ${drifted} found different from the state`;
  const counts = changes.length === 0 ? `nothing to change, ${unchanged}` : `**${countsOf(changes)}**, ${unchanged}`;
  if (!log.isWhole)
    return `❌ **The preview failed**, and so would the deployment. As far as it came: ${counts}${drift}.`;
  return `${counts.replace(/^n/, "N")}${drift}.`;
}

function errorSection(messages: readonly Message[], shown: ShownText): Section {
  const errors = messages.filter(({ severity }) => severity === "error");
  // the engine adds this message to every failure; it carries no information
  const telling = errors.filter(({ text }) => !/^(preview|update) failed$/.test(text));
  return { above: "#### Errors\n", lines: textsOf(telling.length > 0 ? telling : errors, shown) };
}

function warningSection(messages: readonly Message[], shown: ShownText): Section {
  const warnings = messages.filter(({ severity }) => severity === "warning");
  return folded("Warnings", "", textsOf(warnings, shown));
}

/** The first few texts, without duplicates. */
function textsOf(messages: readonly Message[], shown: ShownText): string[] {
  const texts = [...new Set(messages.map(({ text }) => text))];
  const more = texts.length - MOST_MESSAGES;
  const lines = texts.slice(0, MOST_MESSAGES).map((text) => `${shown.message(text)}\n`);
  return more > 0 ? [...lines, `${more} more like these; the output of the run has all.\n`] : lines;
}

function destructiveSection(changes: readonly Change[], shown: ShownText): Section {
  const lines = changes.map((change) => {
    const what = [shown.changes(change.properties), consequenceOf(change)].filter(Boolean).join("<br>");
    return `| ⚠️ **${change.operation}** | ${objectOfWorkspace(change, shown)} | ${what} |`;
  });
  return { above: "#### ⚠️ Destructive\n\n| | Object | |\n|---|---|---|", lines, isDestructive: true };
}

/** The consequence of a destructive change. */
function consequenceOf(change: Change): string {
  const { operation, kind, holdsData, isGivenBack, isProtected, losesProtection, removesRoles, removesItems } = change;
  if (removesRoles) return "**loses access**: not listed, while `usersAuthoritative` is on";
  if (removesItems) return "**deletes items that nobody declares**, while `orphans` is `delete`";
  if (operation !== "delete" && operation !== "replace")
    return losesProtection ? "loses its protection: a later deployment may delete or replace it" : "";
  if (isProtected) return "**refused while it is protected** (see below)";
  if (operation === "replace") {
    const old = holdsData ? "**the old one goes, with its data**" : "the old one goes";
    return losesProtection ? `**loses its protection by this very change**<br>${old}` : old;
  }
  if (isGivenBack) return "existed before the stack: stays, with the values that it had";
  if (kind === "Workspace") return "**goes with everything in it**";
  return holdsData ? "**goes with its data**" : "";
}

function driftSection(drift: readonly Drift[], shown: ShownText): Section {
  const lines = drift.flatMap((found) => {
    const object = objectOfWorkspace(found, shown);
    if (found.properties === null) {
      const answer = found.change?.operation === "create" ? "makes it again" : "forgets it";
      return [`| ${object} | | | **gone** | ${answer} |`];
    }
    return found.properties.map(({ property, before, after }) => {
      const answer = answerTo(property, found, shown);
      const values = `${shown.value(property, before)} | ${shown.value(property, after)}`;
      return `| ${object} | ${shown.name(property)} | ${values} | ${answer} |`;
    });
  });
  const above =
    "#### Found different from the state\n\n| Object | Property | State | Found | The deployment |\n|---|---|---|---|---|";
  return { above, lines };
}

/** The deployment's reaction to one property that has drifted. */
function answerTo(property: string, { change }: Drift, shown: ShownText): string {
  if (change?.operation === "delete") return "deletes the object";
  const set = change?.properties.find((changed) => changed.property === property);
  if (!set) return "keeps it as found";
  if (set.after !== undefined) return `sets ${shown.value(property, set.after)}`;
  return property === "newCommit" ? "pulls it" : "removes it";
}

/** A table for each workspace, and one for objects outside workspaces. Destructive changes have their own section above. */
function workspaceSections(changes: readonly Change[], shown: ShownText): Section[] {
  const groups = Map.groupBy(changes, ({ workspace }) => workspace ?? "");
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([workspace, own]) => {
      const rest = own.filter((change) => !isDestructive(change));
      const title = workspace === "" ? "The stack itself" : `Workspace ${shown.name(workspace)}`;
      const lines = rest.map((change) => {
        const isNew = change.operation === "create" || change.operation === "import";
        const properties = isNew ? shown.properties(change.properties) : shown.changes(change.properties);
        return `| ${change.operation} | ${objectIn(change, shown)} | ${properties} |`;
      });
      return folded(`${title}: ${countsOf(own)}`, "| | Object | Properties |\n|---|---|---|", lines, true);
    });
}

/** The lines of changed files. The table of the workspace has the names of all. */
function fileSection(items: readonly ItemChange[], shown: ShownText): Section {
  const changed = items.flatMap((item) =>
    item.files.flatMap((file) => (file.lines.length > 0 ? [{ item, file }] : [])),
  );
  const lines = changed.map(({ item, file }) => {
    const all = file.lines.slice(0, MOST_FILE_LINES);
    const more = file.lines.length - all.length;
    const text = [...all, ...(more > 0 ? [`… ${more} more lines`] : [])].join("\n");
    return `${objectOfWorkspace(item, shown)}: ${shown.name(file.path)}\n${shown.message(text)}\n`;
  });
  return folded(`Changed files (${changed.length})`, "", lines);
}

function protectionSection(
  log: PreviewLog | undefined,
  stack: string,
  config: StackConfig | undefined,
  shown: ShownText,
): Section {
  const lines = (log ? protectedObjects(log) : []).map((object) => {
    const { why, lift, isCommand } = protectionOf(object, object.isDeclared, stack, config);
    const how = isCommand
      ? shown.command(lift)
      : `${wholeCode(lift)} on it in ${wholeCode(`Pulumi.${stack}.yaml`)}, deployed`;
    return `| ${objectOfWorkspace(object, shown)} | ${wholeCode(why)} | ${how} |`;
  });
  const table = "| Object | Protected by | Lifted by |\n|---|---|---|";
  return folded(`Protected from deletion and replacement (${lines.length})`, table, lines);
}

function folded(title: string, table: string, lines: readonly string[], isOpen = false): Section {
  const open = isOpen ? " open" : "";
  return { above: `<details${open}><summary>${title}</summary>\n\n${table}`, lines, below: "\n</details>" };
}

/** `Item bronze`, for places that already name the workspace. */
function objectIn({ kind, name }: PreviewedObject, shown: ShownText): string {
  return `${/^\w+$/.test(kind) ? kind : shown.name(kind)} ${shown.name(name)}`;
}

/** `Item bronze of sales`. A workspace's own name appears only once. */
function objectOfWorkspace(object: PreviewedObject, shown: ShownText): string {
  const { workspace, name } = object;
  const where = workspace === undefined || workspace === name ? "" : ` of ${shown.name(workspace)}`;
  return `${objectIn(object, shown)}${where}`;
}
