import type { ComponentResourceOptions, CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import resource from "@pulumi/pulumi/resource.js";
import runtime from "@pulumi/pulumi/runtime/settings.js";
import { isDataBearing } from "../../lib/api/itemType.ts";
import type { ItemConfig, WorkspaceConfig } from "../../lib/config/stackConfig.ts";
import type { ItemKey } from "../../lib/content/itemKeys.ts";
import { FabricResource } from "./fabricResource.ts";
import type { FabricProvider } from "./fabricResource.ts";
import { principalKey } from "../../lib/config/principal.ts";
import type { DeclaredPrincipal } from "../../lib/config/principal.ts";
import { declareObjects, principalText } from "./declaredObjects.ts";
import type { DeclaredResource, Holder } from "./declaredObjects.ts";
import { commitToPull } from "./commitToPull.ts";
import { AS_BEFORE, sameIgnoringCase } from "../engine/field.ts";
import { folder, folderKey } from "../kinds/item/folder.ts";
import { gitConnection } from "../kinds/git/connection.ts";
import { item } from "../kinds/item/item.ts";
import { unlistedItems } from "../kinds/item/unlistedItems.ts";
import { itemEndpoint } from "../kinds/item/itemEndpoint.ts";
import { isDisplayName } from "../kinds/role/principal.ts";
import { portalUrl } from "./portalUrl.ts";
import type { ProgramParts } from "./programParts.ts";
import { unlistedUsers } from "../kinds/workspace/unlistedUsers.ts";
import { workspace } from "../kinds/workspace/workspace.ts";
import { workspaceIdentity } from "../kinds/workspace/workspaceIdentity.ts";
import { workspaceUser } from "../kinds/workspace/workspaceUser.ts";

/** The resources of a workspace. */
export interface DeclaredResources {
  readonly workspace: CustomResource;
  readonly users: readonly CustomResource[];
  readonly git: CustomResource | undefined;
  readonly items: readonly CustomResource[];
  /** The objects that entries of other kinds declare in the workspace. */
  readonly others: readonly DeclaredResource[];
  /** The objects that entries of other kinds declare in each item, in the order of the items. */
  readonly ofItems: readonly (readonly DeclaredResource[])[];
}

/** What a workspace needs to know besides its configuration. */
export interface WorkspaceSettings extends ProgramParts {
  readonly provider: FabricProvider;
  readonly protectData: boolean;
  /** A capacity that this stack makes. If the workspace uses it, the workspace is created after it and deleted before it. */
  readonly ownCapacity?: { readonly name: string; readonly resource: CustomResource } | undefined;
}

/** What an item needs to know besides its configuration. */
export interface ItemSettings {
  /** Its position in the workspace's configuration. */
  readonly position: number;
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
  /** The resources of the configuration's entries, in the order of the configuration. */
  readonly declared: DeclaredResources;

  readonly #folders = new Map<string, Output<string>>();
  readonly #items: CustomResource[] = [];
  readonly #endpoints = new Map<number, CustomResource>();
  readonly #ofItems: (readonly DeclaredResource[])[] = [];
  readonly #ofHolder: Pick<Holder, "protectData" | "options" | "names" | "secretVersions" | "lookUps">;
  readonly #afterGit: CustomResourceOptions;

  /** Ids of the folders that items lie in, by path. */
  get folderIds(): ReadonlyMap<string, Output<string>> {
    return this.#folders;
  }

  constructor(config: WorkspaceConfig, settings: WorkspaceSettings, opts?: ComponentResourceOptions) {
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

    const { names, secretVersions, lookUps } = settings;
    const allUsers: CustomResource[] = config.users.map(
      ({ principal, type, role, key }) =>
        new FabricResource(
          workspaceUser,
          this.#named(key ?? principalKey(principal)),
          { workspaceId: made.id, principal: principalText(principal, names), type, role },
          own,
        ),
    );
    // a workspace's identity may be made after its users, and be one of them
    const users = allUsers.filter((_, index) => !isWorkspaceIdentity(config.users[index]?.principal));
    if (config.usersAuthoritative) {
      const listed = config.users.map(({ principal, type }) => listedText(principal, type, names));
      const args = { workspaceId: made.id, listed: listed as string[] };
      new FabricResource(unlistedUsers, config.name, args, { ...own, dependsOn: allUsers });
    }
    const git =
      config.git &&
      new FabricResource(
        gitConnection,
        config.name,
        { workspaceId: made.id, ...gitArgs(config.git, made.id, settings) },
        { ...own, dependsOn: users },
      );
    const others = declareObjects(config.kindValues, {
      level: "workspace",
      ids: { workspaceId: made.id },
      keyOf: (name) => (name === undefined ? config.name : this.#named(name)),
      protectData: config.protect ?? settings.protectData,
      options: { ...own, dependsOn: users },
      names,
      secretVersions,
      lookUps,
    });
    for (const { kind, resource: one } of others)
      if (kind.name === workspaceIdentity.name)
        names.add(
          "workspaceIdentity",
          config.name,
          (one as unknown as Outputs)["servicePrincipalId"] as Output<string>,
        );
    this.#ofHolder = { protectData: settings.protectData, options: own, names, secretVersions, lookUps };
    this.#afterGit = { ...own, dependsOn: git ? [git] : users };
    this.declared = { workspace: made, users: allUsers, git, items: this.#items, others, ofItems: this.#ofItems };
    this.registerOutputs({});
  }

  /** Registers one of the workspace's items, after its workspace, users and Git. */
  declareItem(declared: ItemConfig, { position, key, references, isReady }: ItemSettings): CustomResource {
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
        activeValueSet: declared.activeValueSet,
        sparkPool: declared.sparkPool,
        connections: declared.connections && [...declared.connections],
        variables: declared.variables,
        values: declared.values as Record<string, unknown>[] | undefined,
        adopt,
        adoptFromGit: this.config.git !== undefined,
      },
      {
        ...this.#afterGit,
        protect: declared.protect ?? (this.#ofHolder.protectData && isDataBearing(type)),
        ...(formerName !== undefined && { aliases: [{ name: this.#named(formerName) }] }),
      },
    );
    this.#items[position] = made;
    this.#ofItems[position] = declareObjects(declared.kindValues, {
      ...this.#ofHolder,
      level: "item",
      ids: { workspaceId: this.workspaceId, itemId: itemIdOf(made) },
      keyOf: (own) => this.#named(own === undefined ? name : `${name}/${own}`),
    });
    return made;
  }

  /** The id of an object that the configuration names. */
  idOf(what: "workspace" | "item", name: string): Output<string> {
    return this.#ofHolder.names.id(what, name);
  }

  /**
   * Lets items be told, or be deleted, that nobody declares.
   * @param isReady ends when the declared ones exist
   * @param state whether the workspace existed before the stack: nothing is deleted there
   */
  declareUnlisted(isReady: Promise<unknown>, { isAdopted }: { readonly isAdopted: boolean }): void {
    const { items } = this.config;
    if (!items.some(({ orphans }) => orphans)) return;
    const isDeleting = items.some(({ orphans }) => orphans === "delete") && !isAdopted;
    // another key than that of a report, so that a delete begins with nothing shown
    const name = isDeleting ? this.#named("orphans") : this.config.name;
    const listed = items.map(({ type, displayName }) => `${type}/${displayName}`.toLowerCase());
    const inputs = {
      workspaceId: this.workspaceId,
      listed: isReady.then(() => listed),
      ...(isDeleting && { deletedAs: name }),
    };
    new FabricResource(unlistedItems, name, inputs, this.#ofHolder.options);
  }

  /** The endpoints of an item, which are waited for: the resource of its key `endpoints`, or one for what refers to them. */
  endpointsOf(position: number, { name }: ItemKey): CustomResource {
    const declared = this.#ofItems[position]?.find(({ kind }) => kind.name === itemEndpoint.name)?.resource;
    const known = declared ?? this.#endpoints.get(position);
    if (known) return known;
    const ids = { workspaceId: this.workspaceId, itemId: itemIdOf(this.#items[position] as CustomResource) };
    const made = new FabricResource(itemEndpoint, this.#named(name), ids, this.#ofHolder.options);
    this.#endpoints.set(position, made);
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

const isWorkspaceIdentity = (principal: DeclaredPrincipal | undefined) =>
  typeof principal === "object" && "workspaceIdentity" in principal;

/** A principal of the list of declared ones, which has no types beside it. */
const listedText = (principal: DeclaredPrincipal, type: string | undefined, names: ProgramParts["names"]) =>
  typeof principal === "string" && isDisplayName(principal, type)
    ? `${type}=${principal}`
    : principalText(principal, names);

type Outputs = Readonly<Record<string, Output<unknown>>>;

function gitArgs(
  git: NonNullable<WorkspaceConfig["git"]>,
  workspaceId: Output<string>,
  { lazyRun, names }: Pick<ProgramParts, "lazyRun" | "names">,
) {
  const { sync, connection, ...given } = git;
  const args = connection === undefined ? given : { ...given, connectionId: names.id("connection", connection) };
  if (sync !== "always") return args;
  // if the service cannot be asked, an up reads the status itself and a preview shows no change
  const otherwise = runtime.isDryRun() ? AS_BEFORE : new Date().toISOString();
  return { ...args, commit: workspaceId.apply((id) => commitToPull(lazyRun, id, otherwise)) };
}
