import type resource from "@pulumi/pulumi/resource.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi/resource.js";
import type { Output } from "@pulumi/pulumi/output.js";
import { projectFolder } from "../lib/project/projectFolder.ts";
import type { WorkspaceConfig } from "../lib/config/stackConfig.ts";
import { declareItems } from "../providers/program/declaredItems.ts";
import { FabricWorkspace as DeclaredWorkspace } from "../providers/program/fabricWorkspace.ts";
import { NO_STATE, formerItemsNow } from "../providers/program/formerItems.ts";
import type { FormerState } from "../providers/program/formerItems.ts";
import { readStackConfig } from "../providers/program/stackConfigSource.ts";
import { workspaceOutputs } from "../providers/program/workspaceOutputs.ts";
import { standInsFor } from "./standIns.ts";
import { refuse } from "../providers/program/plainErrors.ts";
import { theProgram } from "./theProgram.ts";
import type { FabricWorkspaceArgs } from "./resources.ts";
import { messageOf } from "../lib/api/messageOf.ts";

/** The component without its internal types, which nobody else needs. */
const Declared = DeclaredWorkspace as unknown as new (
  config: object,
  settings: object,
  opts?: ComponentResourceOptions,
) => resource.ComponentResource & {
  readonly workspaceId: Output<string>;
  readonly portalUrl: Output<string>;
};

/**
 * A workspace with everything in it: users, Git connection, folders, items. It follows the same rules as an entry of
 * `fabric:workspaces` in a stack's configuration, and makes the same resources.
 */
export class FabricWorkspace extends Declared {
  /** Id of the workspace. */
  declare readonly workspaceId: Output<string>;
  /** Its page in the portal. */
  declare readonly portalUrl: Output<string>;
  /** Ids of its items, by key. */
  readonly itemIds: Readonly<Record<string, Output<string>>>;
  /** All that the stack's outputs would show of it: `id`, `url`, `items`, `folders`, `endpoints`, … */
  readonly outputs: Readonly<Record<string, unknown>>;

  /**
   * Declares a workspace.
   * @param name key of the resources, unique in the stack; also the display name, unless the arguments have one
   * @throws RunError that lists all problems of the arguments
   */
  constructor(name: string, args: FabricWorkspaceArgs = {}, opts?: ComponentResourceOptions) {
    const { config: stackConfig, ...program } = theProgram();
    const config = configOf(name, args);
    super(config, { ...program, protectData: stackConfig.protectData }, opts);
    const own = this as unknown as DeclaredWorkspace;
    const needsFormer = config.items.some(({ path }) => path !== undefined);
    declareItems([own], needsFormer ? formerItems(program.stack) : NO_STATE);
    this.outputs = workspaceOutputs(own);
    this.itemIds = (this.outputs["items"] ?? {}) as Record<string, Output<string>>;
  }
}

/** The arguments as an entry of the configuration, with outputs in their places. */
function configOf(name: string, args: FabricWorkspaceArgs): WorkspaceConfig {
  try {
    const { plain, restored } = standInsFor({ ...args, name });
    // the provider reads definitions from the folder that the program runs in
    const options = { projectRoot: process.cwd(), stack: theProgram().stack };
    const config = readStackConfig({ ...options, declared: { workspaces: [plain] } });
    return restored(config.workspaces[0] as WorkspaceConfig);
  } catch (error) {
    const message = messageOf(error);
    return refuse(message.replaceAll("fabric:workspaces[0]", `FabricWorkspace '${name}'`));
  }
}

function formerItems(stack: string): FormerState {
  try {
    return formerItemsNow({ projectRoot: projectFolder(), stack, env: process.env });
  } catch (error) {
    return refuse(error);
  }
}
