import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { hasDefinition } from "../lib/api/itemType.ts";
import type { StackAccess } from "../lib/checkpoint/exportCheckpoint.ts";
import { openLogStore } from "../lib/logStore/openLogStore.ts";
import { startRun } from "../providers/run/liveRun.ts";
import type { Run } from "../providers/run/run.ts";
import { DefinitionFolders, definitionFolders } from "./import/definitionFolders.ts";
import { describeWorkspace } from "./import/description.ts";
import type { DescribedWorkspace, ExportedDefinition } from "./import/description.ts";
import { withImported } from "./import/importedState.ts";
import { inLanes } from "./import/lanes.ts";
import { planImport } from "./import/plan.ts";
import type { ImportPlan, PlannedWorkspace } from "./import/plan.ts";
import { withProgress } from "./import/progress.ts";
import { withReferences } from "./import/importedReferences.ts";
import { makePortable, managedItems, titlesIn, withLogicalIds } from "./import/portableFolders.ts";
import type { LeftId } from "./import/portableFolders.ts";
import { importReport, planReport } from "./import/report.ts";
import type { Wanted } from "./import/selection.ts";
import { withWorkspaces } from "./import/stackFile.ts";
import { HalfDoneError, takeOver } from "./import/takeOver.ts";
import { openTarget, readTarget } from "./import/target.ts";
import type { Target } from "./import/target.ts";
import { noteResult } from "./commandLine/commandOutput.ts";
import { assertStartable } from "./stack/longConfiguration.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { projectRoot } from "./pulumi/pulumi.ts";
import { previewSteps } from "./rollback/stackState.ts";
import { runStackCommand } from "./commandLine/stackCommand.ts";
import { withStackToItself } from "./transaction/stackLock.ts";
import { opened } from "./stack/stackSettings.ts";
import { temporaryFolder } from "./pulumi/temporaryFolder.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/*
 * `npm run import -- --workspace NAME_OR_ID --stack S`: brings existing workspaces under management. The command only reads
 * from the service. It changes the stack's file and the stack's state, either both or neither.
 */

const usage = `Usage: npm run import -- --workspace NAME_OR_ID [--workspace …] --stack S [options]
       npm run import -- --all --stack S [options]

Writes workspaces that exist, with users, Git connection, folders and items, into Pulumi.S.yaml and into the stack's state:
a preview then shows no change, and from then on the stack owns them. Connections that their Git uses are adopted: destroy
leaves them. Nothing at the service is changed.

--workspace NAME_OR_ID    one workspace; may be given several times. Those that the stack has already are skipped.
--all                     every workspace that the deploying identity sees
--definitions             also writes the definitions of items into folders of the project, and declares them
--definitions-folder DIR  where to: DIR/<workspace>/<item>.<type> [fabric]
--dry-run                 shows what would be written and imported, and changes nothing
--secrets-provider URL    what encrypts the secrets of a stack that does not exist yet [a passphrase]
--output json             prints the result as one JSON object (docs/outputs.md)

Exit codes: 0 done, or nothing to do; 1 another deployment is going on; 2 failed, or the preview afterwards shows changes: the
message says what to do.
${WRONG_CALL}`;

/** Definitions to read in parallel. */
const DEFINITIONS_AT_ONCE = 8;

interface Options extends Wanted {
  /** Folder for definitions; undefined if none are written. */
  readonly definitions: string | undefined;
  readonly isDryRun: boolean;
  /** What encrypts the secrets of a stack that does not exist yet. */
  readonly secretsProvider: string | undefined;
}

/** @throws Error that explains what is wrong with the command line */
function optionsOf(args: readonly string[]): Options {
  const needs = { workspace: "a name or an id" };
  const { values } = ownOptions(
    "import",
    {
      args: [...args],
      options: {
        workspace: { type: "string", short: "w", multiple: true, default: [] },
        all: { type: "boolean", default: false },
        definitions: { type: "boolean", default: false },
        "definitions-folder": { type: "string", default: "fabric" },
        "dry-run": { type: "boolean", default: false },
        "secrets-provider": { type: "string" },
      },
    },
    needs,
  );
  const { workspace, all, definitions } = values;
  if (all && workspace.length > 0) throw new Error("--workspace and --all exclude each other: give one.");
  if (!all && workspace.length === 0) throw new Error("Which workspaces? Give --workspace NAME_OR_ID or --all.");
  const folder = posix.normalize(values["definitions-folder"]).replace(/\/$/, "");
  if (posix.isAbsolute(folder) || folder.startsWith("..") || folder.includes("\\"))
    throw new Error("--definitions-folder must be a folder of the project, with / between folders.");
  return {
    ...{ workspaces: workspace, all, definitions: definitions ? folder : undefined },
    ...{ isDryRun: values["dry-run"], secretsProvider: values["secrets-provider"] },
  };
}

async function importWorkspaces(named: StackAccess, args: readonly string[]): Promise<number> {
  const { definitions, isDryRun, secretsProvider, ...wanted } = optionsOf(args);
  const stackOfImport = await openTarget(named, { isDryRun, secretsProvider });
  const { access, settings } = opened(named, stackOfImport.configured);
  const { stack, env } = access;
  assertStartable(stack, settings.configurationBytes, env);
  const store = await openLogStore(settings.transactionLog, { stack, env });
  return withStackToItself(access, store, async () => {
    const reading = readTarget(access, store, stackOfImport);
    const target = await withProgress(() => `Reading stack '${stack}' …`, reading);
    const { endpoint, tenantId, features, credential, keyVaultUrl, transactionLog } = target.config;
    const run = await startRun({ stack, endpoint, tenantId, features, credential, keyVaultUrl, transactionLog }, env);
    try {
      const plan = await planImport(run, target, wanted);
      const folders = definitions === undefined ? undefined : foldersOf(plan, definitions);
      if (isDryRun || plan.workspaces.length === 0) {
        noteResult({
          isDryRun,
          workspaces: resultOf(describedIn(plan)),
          connections: connectionsIn(plan),
          idsLeft: [],
        });
        console.log(planReport(plan, basename(target.file), folders));
        return 0;
      }
      using written = new DefinitionFolders(projectRoot);
      const { described, left } = folders
        ? await withDefinitions(run, { target, plan, folders, written })
        : { described: describedIn(plan), left: [] };
      await manage(target, { plan, described }, run).catch((error: unknown) => {
        if (error instanceof HalfDoneError) written.keep();
        throw error;
      });
      written.keep();
      noteResult({ isDryRun, workspaces: resultOf(described), connections: connectionsIn(plan), idsLeft: left });
      console.log(importReport(plan, described, basename(target.file), left));
      return await check(target, { plan, described });
    } finally {
      await run.close();
    }
  });
}

/** Imported workspaces as the result of the command. */
const resultOf = (described: readonly DescribedWorkspace[]) =>
  described.map(({ entry, objects, notes }) => ({
    name: entry.name,
    objects: objects.map(({ kind, name, id }) => ({ kind, name, id })),
    notDeclared: notes,
  }));

/** Imported connections as the result of the command. */
const connectionsIn = ({ connections }: ImportPlan) =>
  connections.added.map(({ object: { name, id } }) => ({ name, id }));

const describedIn = ({ workspaces }: ImportPlan) => workspaces.map(({ described }) => described);

/** Names of people, groups and connections whose ids are declared, for comments in the file. */
function commentsOf({ workspaces, connections }: ImportPlan): Map<string, string> {
  const users = workspaces.flatMap(({ existing }) => existing.users);
  const named = users.flatMap(({ principalId, displayName }): [string, string][] =>
    displayName ? [[principalId, displayName]] : [],
  );
  const ofGit = workspaces.flatMap(({ existing: { git } }): [string, string][] => {
    const { displayName, problem } = connections.spoken.get(git?.connectionId?.toLowerCase() ?? "") ?? {};
    return problem ? [[git?.connectionId ?? "", displayName ?? "a connection that this identity cannot read"]] : [];
  });
  return new Map([...named, ...ofGit]);
}

/** Items whose definition must be written. */
const definable = ({ described }: PlannedWorkspace) => described.items.filter(({ type }) => hasDefinition(type));

/** Folder of each definition, by the item's id. */
function foldersOf({ workspaces }: ImportPlan, root: string): Map<string, string> {
  return new Map(workspaces.flatMap((workspace) => [...definitionFolders(root, workspace.key, definable(workspace))]));
}

/** What definitions are written for. */
interface Writing {
  readonly target: Target;
  readonly plan: ImportPlan;
  /** Folder of each definition, by the item's id. */
  readonly folders: ReadonlyMap<string, string>;
  readonly written: DefinitionFolders;
}

/** Workspaces with their definitions, and the ids in these that stay. */
interface Defined {
  readonly described: readonly DescribedWorkspace[];
  readonly left: readonly LeftId[];
}

/** Writes definitions, makes them portable, and adds them to the descriptions of the workspaces. */
async function withDefinitions(run: Run, { target, plan, folders, written }: Writing): Promise<Defined> {
  const { workspaces, connections } = plan;
  written.assertFree(folders.values());
  const definitions = new Map<string, ExportedDefinition>();
  const refused = new Map<string, string>();
  const items = workspaces.flatMap(definable);
  const withSchemas = new Set(workspaces.flatMap(({ existing }) => [...existing.withSchemas]));
  const writing = inLanes(items, DEFINITIONS_AT_ONCE, async (item) => {
    const options = { folder: folders.get(item.id) ?? "", hasSchemas: withSchemas.has(item.id) };
    const found = await written.write(run, item, options);
    if ("reason" in found) refused.set(item.id, found.reason);
    else definitions.set(item.id, found);
  });
  await withProgress(() => `Reading definitions: ${definitions.size + refused.size} of ${items.length} …`, writing);
  const described = workspaces.map(({ existing, key }) => {
    const options = { key, callerId: run.callerId, definitions, connections: connections.spoken };
    const described = describeWorkspace(existing, options);
    const notes = described.items.flatMap(({ id, type, displayName }) => {
      if (definitions.has(id)) return [];
      const reason = refused.get(id) ?? "the service has none for its type";
      return [`the definition of ${type} '${displayName}': ${reason}`];
    });
    return { ...described, notes: [...described.notes, ...notes] };
  });
  const pairs = items.flatMap((item) => {
    const definition = definitions.get(item.id);
    return definition ? [{ item, definition }] : [];
  });
  const own = withLogicalIds(projectRoot, pairs);
  const left = makePortable(projectRoot, own, managedItems(target), titlesIn(plan, target));
  return { described: withReferences(target, plan, described), left };
}

/** A plan, and its workspaces with the definitions that could be read. */
interface Imported {
  readonly plan: ImportPlan;
  readonly described: readonly DescribedWorkspace[];
}

/** Makes the described objects part of the stack. */
async function manage(
  { access, file, text, state }: Target,
  { plan, described }: Imported,
  { origin }: Run,
): Promise<void> {
  const { added } = plan.connections;
  const after = withWorkspaces(
    text ?? "",
    described.map(({ entry }) => entry),
    commentsOf(plan),
    added.flatMap(({ entry }) => entry ?? []),
  );
  const folder = temporaryFolder("fabric-import-");
  try {
    const draft = join(folder, basename(file));
    writeFileSync(draft, after);
    const steps = await withProgress(() => "Previewing the configuration …", previewSteps(access, draft));
    const context = { origin, now: new Date().toISOString(), providerId: randomUUID() };
    const connections = added.map(({ object }) => object);
    const imported = withImported(state, steps, described, context, connections);
    const change = { access, file, text: { before: text, after }, state: { before: state, after: imported } };
    await withProgress(() => "Writing the state …", takeOver(change));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Previews the stack, to check that nothing is left to change. */
async function check({ access, file }: Target, { plan, described }: Imported): Promise<number> {
  const steps = await withProgress(() => "Previewing what was imported …", previewSteps(access, file));
  const keys = described.map(({ entry }) => entry.name);
  const connections = plan.connections.added.map(({ object }) => object.name);
  const changes = steps.filter(({ op, urn }) => {
    const [type = "", name = ""] = urn.split("::").slice(-2);
    const isOurs = type.includes("fabric:FabricWorkspace")
      ? keys.includes(name.split("/")[0] ?? "")
      : type.endsWith("/fabric:Connection") && connections.includes(name);
    return isOurs && op !== "same";
  });
  if (changes.length === 0) {
    console.log("A preview shows no change.");
    return 0;
  }
  const lines = changes.map(({ op, urn }) => `  ${op} ${urn.split("::").slice(-2).join(" ")}`);
  console.error(
    `They are imported, and a preview is not without changes:\n${lines.join("\n")}\nLook at npm run preview -- --stack ${access.stack} before the next up.`,
  );
  return 2;
}

await runStackCommand({ name: "import", usage, hasJson: true, run: importWorkspaces });
