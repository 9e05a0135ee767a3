import { existsSync } from "node:fs";
import log from "@pulumi/pulumi/log/index.js";
import metadata from "@pulumi/pulumi/metadata.js";
import settings from "@pulumi/pulumi/runtime/settings.js";
import {
  assertCalledInProject,
  assertForeignBackend,
  assertReadableFolder,
  assertSharedBackend,
} from "./lib/project/stateBackend.ts";
import { leaveOutPromiseTraces, leaveOutStackTraces } from "./providers/engine/sdkQuirks.ts";
import { RUN_FOLDER, writeDeclaredNames, writeDeclaredTypes } from "./lib/checkpoint/runFolder.ts";
import { announcedFlags } from "./providers/program/announcedFlags.ts";
import { declareObjects, shownOutputs } from "./providers/program/declaredObjects.ts";
import { declareItems } from "./providers/program/declaredItems.ts";
import { NO_STATE, readFormerItems } from "./providers/program/formerItems.ts";
import { noteDeclaredNames } from "./providers/program/declaredNames.ts";
import { FabricProvider } from "./providers/program/fabricResource.ts";
import { FabricWorkspace } from "./providers/program/fabricWorkspace.ts";
import { refuse, reportPlainErrors } from "./providers/program/plainErrors.ts";
import { providerConfiguration } from "./providers/program/providerConfiguration.ts";
import { prepareTransaction, programParts } from "./providers/program/programParts.ts";
import { workspaceOutputs } from "./providers/program/workspaceOutputs.ts";
import { readStackConfig } from "./providers/program/stackConfigSource.ts";

leaveOutStackTraces();

/**
 * The program.
 * @returns the stack's outputs: id and portal URL of every workspace by its name in the configuration, and if Azure
 * resources are declared, what other stacks, pipelines and telemetry need from them
 */
async function deploy() {
  if (!existsSync("Pulumi.yaml"))
    throw new Error("Run Pulumi in the folder that holds Pulumi.yaml: state, log and items are looked for there.");
  assertCalledInProject(process.env);
  assertReadableFolder(process.env);
  const stack = metadata.getStack();
  const config = readStackConfig({ projectRoot: process.cwd(), stack });
  assertSharedBackend(stack, config.allowLocalBackend, process.env);
  assertForeignBackend(config.azure?.foundation?.storageAccount.name, process.env);
  const flags = announcedFlags(config, process.env);

  for (const warning of config.warnings ?? []) void log.warn(warning);

  await prepareTransaction({ stack, config, flags, declaresSome: config.workspaces.length > 0 });

  // what is wrong with the configuration has been said
  leaveOutPromiseTraces();
  reportPlainErrors();
  const { protectData } = config;
  const configuration = providerConfiguration(stack, config);
  const hasFolders = config.workspaces.some(({ items }) => items.some(({ path }) => path !== undefined));
  const access = { projectRoot: process.cwd(), stack, env: process.env };
  const former = hasFolders ? await readFormerItems(access) : NO_STATE;
  const provider = new FabricProvider("fabric", configuration);
  const azure = config.azure && (await import("./providers/azure/azure.ts")).declareAzure(config.azure, config);
  const ownCapacity = azure?.capacity;
  const parts = programParts(configuration, config, process.env);
  const declared = process.env[RUN_FOLDER] ? noteDeclaredNames() : undefined;
  const ofTenant = declareObjects(config.kindValues, {
    level: "stack",
    ids: {},
    keyOf: (name = stack) => name,
    protectData,
    options: { provider },
    ...parts,
  });
  const workspaces = config.workspaces.map(
    (workspace) => new FabricWorkspace(workspace, { provider, protectData, ownCapacity, ...parts }),
  );
  declareItems(workspaces, former);
  if (declared) {
    writeDeclaredTypes(process.env, declared.types);
    writeDeclaredNames(process.env, declared.names);
  }
  if (config.preflight && settings.isDryRun()) {
    const { reportPreflight } = await import("./providers/program/preflightReport.ts");
    await reportPreflight({ workspaces, ofTenant }, parts.lazyRun, ownCapacity?.name);
  }
  const outputs = workspaces.map((workspace) => [workspace.config.name, workspaceOutputs(workspace)]);
  return {
    workspaces: Object.fromEntries(outputs) as object,
    ...shownOutputs(ofTenant),
    ...(azure && { azure: azure.outputs }),
  };
}

// a function and not named exports: Pulumi warns of every output that is undefined, and some stacks have no `azure`
export default () => deploy().catch(refuse);
