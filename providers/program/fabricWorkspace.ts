import type { ComponentResourceOptions, CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import resource from "@pulumi/pulumi/resource.js";
import runtime from "@pulumi/pulumi/runtime/settings.js";
import { isDataBearing } from "../../lib/api/itemType.ts";
import type { ItemConfig, WorkspaceConfig } from "../../lib/config/stackConfig.ts";
import type { ItemKey } from "../../lib/content/itemKeys.ts";
import { FabricResource } from "./fabricResource.ts";
import type { FabricProvider } from "./fabricResource.ts";
import { declareObjects } from "./declaredObjects.ts";
import type { DeclaredResource } from "./declaredObjects.ts";
import { commitToPull } from "./commitToPull.ts";
import { sameIgnoringCase } from "../engine/field.ts";
import { folder, folderKey } from "../kinds/item/folder.ts";
import { gitConnection } from "../kinds/git/connection.ts";
import { AS_BEFORE } from "../kinds/git/fields.ts";
import { item } from "../kinds/item/item.ts";
import { portalUrl } from "./portalUrl.ts";
import type { LazyRun } from "./lazyRun.ts";
import { unlistedUsers } from "../kinds/workspace/unlistedUsers.ts";
import { workspace } from "../kinds/workspace/workspace.ts";
import { workspaceUser } from "../kinds/workspace/workspaceUser.ts";

/** The resources of a workspace. */
export interface DeclaredResources {
  readonly workspace: CustomResource;
  readonly users: readonly CustomResource[];
  readonly git: CustomResource | undefined;
  readonly items: readonly CustomResource[];
  /** The objects that entries of other kinds declare. */
  readonly others: readonly DeclaredResource[];
}

/** What an item needs to know besides its configuration. */
export interface ItemSettings {
  readonly key: ItemKey;
  /** Ids of what its content refers to, by what stands in the content. */
  readonly references?: Readonly<Record<string, Input<string>>> | undefined;
  /** Ends when the items exist that come before it. @default at once */
  readonly isReady?: Promise<unknown> | undefined;
}

/** The item's own id, without that of its workspace. */
export const itemIdOf = ({ id }: CustomResource): Output<string> => id.apply((both) => both.split("/")[1] ?? both);

/**
 * One workspace of the configuration with everything in it, as one branch of the preview's tree. The order is workspace,
 * users, Git, folders, items. Users come first, so that people have access while the rest is made. Items come last, because
 * Git may bring some of them; `declaredItems.ts` registers the items of all workspaces.
 */
export class FabricWorkspace extends resource.ComponentResource {
  /** Id of the workspace. */
  readonly workspaceId: Output<string>;
  /** Its page in the portal. */
  readonly portalUrl: Output<string>;

  /** The configuration that declares the workspace. */
  readonly config: WorkspaceConfig;
  /** The resources of the configuration's entries, in the order of their registration. */
  declared: DeclaredResources;

  readonly #folders = new Map<string, Output<string>>();
  readonly #own: CustomResourceOptions;
  readonly #afterGit: CustomResourceOptions;
  readonly #protectData: boolean;

  constructor(
    config: WorkspaceConfig,
    settings: {
      readonly provider: FabricProvider;
      readonly protectData: boolean;
      /**
       * A capacity that this stack makes. If the workspace uses it, the workspace is created after it and deleted before it.
       */
      readonly ownCapacity?: { readonly name: string; readonly resource: CustomResource } | undefined;
      /** Asks the service which commits must be pulled. */
      readonly lazyRun: LazyRun;
    },
    opts?: ComponentResourceOptions,
  ) {
    super("fabric:FabricWorkspace", config.name, {}, opts);
    this.config = config;
    const own: CustomResourceOptions = { parent: this, provider: settings.provider };
    const protect = config.protect ?? settings.protectData;

    const { displayName, description, capacity, adopt } = config;
    const { ownCapacity } = settings;
    const dependsOn = ownCapacity && sameIgnoringCase(ownCapacity.name, capacity) ? [ownCapacity.resource] : [];
    const made = new FabricResource(
      workspace,
      config.name,
      { displayName, description, capacity, adopt },
      { ...own, protect, dependsOn },
    );
    this.workspaceId = made.id;
    this.portalUrl = made.id.apply(portalUrl);

    const users: CustomResource[] = config.users.map(
      ({ principal, type, role }) =>
        new FabricResource(
          workspaceUser,
          this.#named(principal.toLowerCase()),
          { workspaceId: made.id, principal, type, role },
          own,
        ),
    );
    if (config.usersAuthoritative) {
      const listed = config.users.map(({ principal }) => principal);
      new FabricResource(unlistedUsers, config.name, { workspaceId: made.id, listed }, { ...own, dependsOn: users });
    }
    const git =
      config.git &&
      new FabricResource(
        gitConnection,
        config.name,
        { workspaceId: made.id, ...gitArgs(config.git, made.id, settings.lazyRun) },
        { ...own, dependsOn: users },
      );
    const others = declareObjects(config.kindValues, {
      level: "workspace",
      ids: { workspaceId: made.id },
      keyOf: (name) => (name === undefined ? config.name : this.#named(name)),
      protectData: config.protect ?? settings.protectData,
      options: { ...own, dependsOn: users },
    });
    this.#own = own;
    this.#afterGit = { ...own, dependsOn: git ? [git] : users };
    this.#protectData = settings.protectData;
    this.declared = { workspace: made, users, git, items: [], others };
    this.registerOutputs({});
  }

  /** Registers one of the workspace's items, after its workspace, users and Git. */
  declareItem(declared: ItemConfig, { key, references, isReady }: ItemSettings): CustomResource {
    const { type, displayName, description, path, creationPayload, adopt } = declared;
    const { name, formerName } = key;
    const folderId = declared.folder === undefined ? undefined : this.#folder(declared.folder, this.#afterGit);
    const made = new FabricResource(
      item,
      this.#named(name),
      {
        workspaceId: this.workspaceId,
        // the engine hears of the item when its inputs are known, and no dependency enters the state
        type: isReady === undefined ? type : isReady.then(() => type),
        displayName,
        description,
        folderId,
        path,
        creationPayload,
        // a preview knows the keys of an object whose values are outputs; an output of the whole would hide them
        references: references as Input<Record<string, string>> | undefined,
        values: declared.values as Record<string, unknown>[] | undefined,
        adopt,
        adoptFromGit: this.config.git !== undefined,
      },
      {
        ...this.#afterGit,
        protect: declared.protect ?? (this.#protectData && isDataBearing(type)),
        ...(formerName !== undefined && { aliases: [{ name: this.#named(formerName) }] }),
      },
    );
    const objects = declareObjects(declared.kindValues, {
      level: "item",
      ids: { workspaceId: this.workspaceId, itemId: itemIdOf(made) },
      keyOf: (own) => this.#named(own === undefined ? name : `${name}/${own}`),
      protectData: this.#protectData,
      options: this.#own,
    });
    const { items, others } = this.declared;
    this.declared = { ...this.declared, items: [...items, made], others: [...others, ...objects] };
    return made;
  }

  /** Key of a resource. Keys are unique in a stack, and name the resource's workspace. */
  #named(name: string): string {
    return `${this.config.name}/${name}`;
  }

  /** The id of a folder by its path. The folder and its parents are declared once. */
  #folder(path: string, own: CustomResourceOptions): Output<string> {
    const key = folderKey(path);
    const known = this.#folders.get(key);
    if (known) return known;
    const names = path.split("/").filter(Boolean);
    const displayName = names.pop() ?? "";
    const parentFolderId = names.length > 0 ? this.#folder(`/${names.join("/")}`, own) : undefined;
    const made = new FabricResource(
      folder,
      this.#named(key),
      { workspaceId: this.workspaceId, displayName, parentFolderId },
      own,
    );
    const id = made.id.apply((both) => both.split("/")[1] ?? both);
    this.#folders.set(key, id);
    return id;
  }
}

function gitArgs(git: NonNullable<WorkspaceConfig["git"]>, workspaceId: Output<string>, lazyRun: LazyRun) {
  const { sync, ...args } = git;
  if (sync !== "always") return args;
  // if the service cannot be asked, an up reads the status itself and a preview shows no change
  const otherwise = runtime.isDryRun() ? AS_BEFORE : new Date().toISOString();
  return { ...args, commit: workspaceId.apply((id) => commitToPull(lazyRun, id, otherwise)) };
}
