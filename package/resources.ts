import type { Input, Output } from "@pulumi/pulumi/output.js";
import type { CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import { FabricObject } from "./fabricObject.ts";

/* Derived from the kinds by `npm run docs`: change the kinds instead. */

/** Arguments of {@link FabricWorkspace}: the keys of an entry of `fabric:workspaces`, as docs/configuration.md has them. */
export interface FabricWorkspaceArgs {
  /**
   * Name in Fabric, unique in the tenant. Changed in place.
   * @default `name`
   */
  readonly displayName?: Input<string>;
  /**
   * What people see below the name. Changed in place.
   * @default empty
   */
  readonly description?: Input<string>;
  /** Display name or id of the capacity; a capacity that the stack makes itself (`azure.capacity`) by its name. Without the key a new workspace has none, and an adopted one keeps its own. Git and Fabric items need a capacity: take it away in the deployment after the one that removes them. */
  readonly capacity?: Input<string>;
  /**
   * Manage an existing workspace of that name instead of refusing it. Destroying the stack leaves it, with the values that it had.
   * @default `false`
   */
  readonly adopt?: boolean;
  /**
   * Pulumi's `protect`: refuse to delete the workspace.
   * @default `protectData`
   */
  readonly protect?: boolean;
  /**
   * Also remove role assignments that are not listed in `users`, once a refresh has shown them.
   * @default `false`
   */
  readonly usersAuthoritative?: boolean;
  /**
   * Who has which role.
   * @default `[]`
   */
  readonly users?: readonly {
    /** User principal name; display name of a group or service principal, with its `type`; or object id of any principal (of a service principal that of its enterprise application), with its `type`. `{applicationId: ID}` is a service principal, `{workspaceIdentity: NAME}` the identity of a workspace of `workspaces` or `references`. A guest is spelled `dora_gmail.com#EXT#@TENANT.onmicrosoft.com`. Each once in a list. */
    readonly principal: Input<
      | string
      | {
          readonly applicationId: string;
        }
      | {
          readonly workspaceIdentity: string;
        }
    >;
    /**
     * What the display name or object id belongs to. Required with either; a user principal name is always a `User`.
     * @default `User` for a user principal name
     */
    readonly type?: Input<"User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile">;
    /** What the principal may do in the workspace. Changed in place. */
    readonly role: Input<"Admin" | "Member" | "Contributor" | "Viewer">;
    /** Key of the resource. Required if `principal` is an output. */
    readonly name?: string;
  }[];
  /** Connection of the workspace to a branch. */
  readonly git?:
    | {
        /** Which provider hosts the repository, and so which of the other keys apply. */
        readonly gitProviderType: "GitHub";
        /** User or organisation that owns the repository. */
        readonly ownerName: Input<string>;
        /**
         * Host of GitHub Enterprise Cloud with data residency.
         * @default github.com; a workspace that is connected keeps its host
         */
        readonly customDomainName?: string;
        /** Name of the repository, without its owner, and not percent-encoded: `Sales Models`. */
        readonly repositoryName: Input<string>;
        /** Branch to sync with. It must exist. */
        readonly branchName: Input<string>;
        /**
         * Folder of the branch that holds the items. It must exist: the service does not create it.
         * @default `"/"`
         */
        readonly directoryName?: Input<string>;
        /**
         * Which side wins if workspace and directory both hold items at the first sync: `PreferRemote` pulls, `PreferWorkspace` commits. The losing side is only overwritten with `allowOverwrite`. A workspace that the stack makes is empty when it is connected, so its first sync commits nothing; items that are made later are committed in Fabric. With `sync: always` the key also decides about an item that was changed on both sides.
         * @default `"PreferRemote"`
         */
        readonly initializationStrategy?: "PreferRemote" | "PreferWorkspace";
        /**
         * Allow items of the losing side to be overwritten. While off, the deployment stops before anything is lost.
         * @default `false`
         */
        readonly allowOverwrite?: boolean;
        /**
         * `initial` syncs once, when the workspace is connected. `always` also pulls new commits on every up, and shows them in previews.
         * @default `"initial"`
         */
        readonly sync?: "initial" | "always";
        /**
         * Fabric connection that holds the credentials, shared with the deploying identity. Required: GitHub has no automatic credentials.
         * @default required, or `connection`
         */
        readonly connectionId?: Input<string>;
        /** Name of that connection in `connections` or `references`, in place of `connectionId`. */
        readonly connection?: string;
      }
    | {
        /** Which provider hosts the repository, and so which of the other keys apply. */
        readonly gitProviderType: "AzureDevOps";
        /** Organisation, as in `https://dev.azure.com/ORGANISATION`. */
        readonly organizationName: Input<string>;
        /** Project of the organisation that holds the repository, not percent-encoded: `Data Platform`. */
        readonly projectName: Input<string>;
        /** Name of the repository, without its owner, and not percent-encoded: `Sales Models`. */
        readonly repositoryName: Input<string>;
        /** Branch to sync with. It must exist. */
        readonly branchName: Input<string>;
        /**
         * Folder of the branch that holds the items. It must exist: the service does not create it.
         * @default `"/"`
         */
        readonly directoryName?: Input<string>;
        /**
         * Which side wins if workspace and directory both hold items at the first sync: `PreferRemote` pulls, `PreferWorkspace` commits. The losing side is only overwritten with `allowOverwrite`. A workspace that the stack makes is empty when it is connected, so its first sync commits nothing; items that are made later are committed in Fabric. With `sync: always` the key also decides about an item that was changed on both sides.
         * @default `"PreferRemote"`
         */
        readonly initializationStrategy?: "PreferRemote" | "PreferWorkspace";
        /**
         * Allow items of the losing side to be overwritten. While off, the deployment stops before anything is lost.
         * @default `false`
         */
        readonly allowOverwrite?: boolean;
        /**
         * `initial` syncs once, when the workspace is connected. `always` also pulls new commits on every up, and shows them in previews.
         * @default `"initial"`
         */
        readonly sync?: "initial" | "always";
        /**
         * Fabric connection that holds the credentials, shared with the deploying identity. A service principal needs one.
         * @default the credentials of the deploying user
         */
        readonly connectionId?: Input<string>;
        /** Name of that connection in `connections` or `references`, in place of `connectionId`. */
        readonly connection?: string;
      };
  /**
   * What is in the workspace.
   * @default `[]`
   */
  readonly items?: readonly {
    /** Folder inside the project with items in Fabric's Git format: all of them are deployed. Folders between it and an item become folders of the workspace. Of the other keys, only `folder`, `include`, `exclude`, `types`, `adopt` and `items` go together with it. */
    readonly from?: string;
    /**
     * With `from`: only items whose folder, or a folder above it, matches one of these globs. A glob without `/` is a name at any depth.
     * @default all
     */
    readonly include?: readonly string[];
    /**
     * With `from`: not the items whose folder, or a folder above it, matches one of these globs.
     * @default none
     */
    readonly exclude?: readonly string[];
    /**
     * With `from`: only items of these types. A type that this version does not know yet must be named here.
     * @default all
     */
    readonly types?: readonly string[];
    /**
     * With `from`: file with values per environment, in the form of fabric-cicd's `parameter.yml`. Paths in it are relative to the folder of `from`.
     * @default `parameter.yml` in the folder of `from`, if there is one
     */
    readonly parameters?: string;
    /**
     * With `from`: what happens to items of the workspace that nobody declares. `report` tells them, at refreshes and when the declared ones change. `delete` lets a refresh show them, the next preview list them, and the next up delete exactly these; items with data only if FABRIC_ALLOW_UNPROTECT names `<workspace>/orphans`. Not in an adopted workspace, and not together with `git`.
     * @default nothing is told
     */
    readonly orphans?: "report" | "delete";
    /** With `from`: `name`, `description`, `adopt`, `protect` and what else belongs to single items, by their folder below `from`. */
    readonly items?: Readonly<
      Record<
        string,
        {
          readonly name?: string;
          readonly description?: string;
          readonly adopt?: boolean;
          readonly protect?: boolean;
          /**
           * For a VariableLibrary: the value set that counts in the workspace.
           * @default with `from` the value set of the environment's name, if there is one; else left as it is
           */
          readonly activeValueSet?: string;
          /** Wait for the SQL endpoint or query service of a Lakehouse, Warehouse, SQLDatabase, MirroredDatabase, Eventhouse or KQLDatabase, and show in the stack's outputs where programs reach it. */
          readonly endpoints?:
            | boolean
            | {
                /** Pulumi's `protect`. Defaults to `fabric:protectData`. */
                readonly protect?: boolean;
              };
        }
      >
    >;
    /**
     * Key of the resource, unique in the workspace. Without `path`, set it before you rename an item: otherwise the renamed item is a new one. With `path`, the item is known by the logical id in its `.platform` file, else by its folder.
     * @default `type/displayName`, at the first deployment
     */
    readonly name?: string;
    /**
     * Name in Fabric, unique by workspace and type. With `path`, the folder's `.platform` file decides. Some types take only certain names: a Lakehouse letters, digits and `_`, beginning with a letter.
     * @default from `path`, else `name`
     */
    readonly displayName?: Input<string>;
    /**
     * Item type in Fabric's spelling; any type that the service knows. Required without `path`. Another type needs a new item.
     * @default from `path`, else required
     */
    readonly type?: string;
    /**
     * What people see below the name. Changed in place.
     * @default from `path`, else empty
     */
    readonly description?: Input<string>;
    /**
     * Folder of the workspace, created if it is missing; with `from` the folder for all items. At most 10 deep, names of at most 255 characters without ``~ " # . & * : < > ? { | } \ %``.
     * @default the root
     */
    readonly folder?: string;
    /** Folder inside the project that holds the definition in Fabric's Git format, with `/` between folders. Type, name and description come from its `.platform` file. */
    readonly path?: string;
    /** What the type needs to know at creation, and never again. Not together with `path`. A change needs a new item. */
    readonly creationPayload?: Readonly<Record<string, unknown>>;
    /**
     * For a VariableLibrary: the value set that counts in the workspace.
     * @default with `from` the value set of the environment's name, if there is one; else left as it is
     */
    readonly activeValueSet?: string;
    /**
     * Manage an existing item of that type and name instead of refusing it. It stays when the stack is destroyed, with the values that it had. A definition from `path` replaces the existing one, with a warning; a rollback of that deployment restores it, destroy does not.
     * @default `false`
     */
    readonly adopt?: boolean;
    /**
     * Pulumi's `protect`: refuse to delete or replace the item.
     * @default `protectData` for types that hold data, else `false`
     */
    readonly protect?: boolean;
    /** Wait for the SQL endpoint or query service of a Lakehouse, Warehouse, SQLDatabase, MirroredDatabase, Eventhouse or KQLDatabase, and show in the stack's outputs where programs reach it. */
    readonly endpoints?:
      | boolean
      | {
          /** Pulumi's `protect`. Defaults to `fabric:protectData`. */
          readonly protect?: boolean;
        };
  }[];
  /** Whether the workspace has an identity of its own. Removing the key deprovisions the identity, which nothing restores. */
  readonly identity?:
    | boolean
    | {
        /** Pulumi's `protect`. Defaults to `fabric:protectData`. */
        readonly protect?: boolean;
      };
  /** Private endpoints through which Spark and others reach Azure resources. Each has to be approved at its target. */
  readonly managedPrivateEndpoints?: readonly {
    /** Key of the resource, unique in the list, and name of the object. */
    readonly name: string;
    /** Azure resource that the endpoint leads to, by its resource id. */
    readonly targetPrivateLinkResourceId: string;
    /** Part of that resource: `sqlServer`, `blob`, `vault`. */
    readonly targetSubresourceType?: string;
    /** What its owner reads who is to approve the endpoint. */
    readonly requestMessage?: string;
    /** Names that a private link service answers to. */
    readonly targetFQDNs?: readonly string[];
    /** Pulumi's `protect`. Defaults to `fabric:protectData`. */
    readonly protect?: boolean;
  }[];
}

/** Arguments of {@link Workspace}. */
export interface WorkspaceArgs {
  /** Name in Fabric, unique in the tenant. Changed in place. */
  readonly displayName: Input<string>;
  /**
   * What people see below the name. Changed in place.
   * @default `""`
   */
  readonly description?: Input<string>;
  /** Display name or id. If the key is absent, the capacity stays as it is. Removing the key unassigns the capacity. */
  readonly capacity?: Input<string>;
  /**
   * Manages an existing workspace of that name instead of refusing it.
   * @default `false`
   */
  readonly adopt?: Input<boolean>;
}

/** A workspace. Its id is the service's own. Renaming, describing and moving to another capacity happen in place. */
export class Workspace extends FabricObject {
  /** Name in Fabric, unique in the tenant. Changed in place. */
  declare readonly displayName: Output<string>;
  /**
   * What people see below the name. Changed in place.
   * @default `""`
   */
  declare readonly description: Output<string>;
  /** Display name or id. If the key is absent, the capacity stays as it is. Removing the key unassigns the capacity. */
  declare readonly capacity: Output<string | undefined>;
  /**
   * Manages an existing workspace of that name instead of refusing it.
   * @default `false`
   */
  declare readonly adopt: Output<boolean>;
  /** Id of the capacity the workspace is on. */
  declare readonly capacityId: Output<string | undefined>;
  /** Only for a workspace that existed before. */
  declare readonly adopted: Output<
    { readonly displayName: string; readonly description: string; readonly capacityId?: string } | undefined
  >;

  constructor(name: string, args: WorkspaceArgs, opts?: CustomResourceOptions) {
    super("Workspace", name, args, opts);
  }
}

/** Arguments of {@link WorkspaceUser}. */
export interface WorkspaceUserArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** User principal name, display name of a group or service principal, `applicationId=ID`, `workspaceIdentity=OBJECT_ID`, or the object id of any principal (of a service principal: its enterprise application). */
  readonly principal: Input<string>;
  /** Type of the principal with that name or object id. A user principal name is a User. */
  readonly type?: Input<"User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile">;
  /** What the principal may do in the workspace. Changed in place. */
  readonly role: Input<"Admin" | "Member" | "Contributor" | "Viewer">;
}

/** A role of a user, group or service principal in a workspace. Its id is `{workspaceId}/{principalId}`. */
export class WorkspaceUser extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** User principal name, display name of a group or service principal, `applicationId=ID`, `workspaceIdentity=OBJECT_ID`, or the object id of any principal (of a service principal: its enterprise application). */
  declare readonly principal: Output<string>;
  /** Type of the principal with that name or object id. A user principal name is a User. */
  declare readonly type: Output<"User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile" | undefined>;
  /** What the principal may do in the workspace. Changed in place. */
  declare readonly role: Output<"Admin" | "Member" | "Contributor" | "Viewer">;
  /** Object id of the principal. */
  declare readonly principalId: Output<string>;
  /** Id of the assignment, if it differs from the id of its principal. */
  declare readonly assignmentId: Output<string | undefined>;
  /** The principal's role before this stack changed it. A delete restores that role. */
  declare readonly adoptedRole: Output<string | undefined>;

  constructor(name: string, args: WorkspaceUserArgs, opts?: CustomResourceOptions) {
    super("WorkspaceUser", name, args, opts);
  }
}

/** Arguments of {@link UnlistedUsers}. */
export interface UnlistedUsersArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Declared user principal names and object ids. Ids of roles cannot stand here, because a preview may not know them. */
  readonly listed: Input<readonly Input<string>[]>;
  /**
   * Always empty. It is an input, so that undeclared roles show as drift.
   * @default `{}`
   */
  readonly unlisted?: Input<
    Readonly<
      Record<
        string,
        Input<{
          readonly name: Input<string>;
          readonly type: Input<string>;
          readonly role: Input<string>;
        }>
      >
    >
  >;
}

/** The undeclared roles of a workspace. The id is the workspace's. The resource is always declared empty, so that a refresh shows every undeclared role as drift, a preview shows the removals, and the next up removes exactly these. An up never removes a role that no refresh has shown, the deploying identity's own role, or a role that its rights may depend on. */
export class UnlistedUsers extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Declared user principal names and object ids. Ids of roles cannot stand here, because a preview may not know them. */
  declare readonly listed: Output<readonly string[]>;
  /**
   * Always empty. It is an input, so that undeclared roles show as drift.
   * @default `{}`
   */
  declare readonly unlisted: Output<
    Readonly<
      Record<
        string,
        {
          readonly name: string;
          readonly type: string;
          readonly role: string;
        }
      >
    >
  >;

  constructor(name: string, args: UnlistedUsersArgs, opts?: CustomResourceOptions) {
    super("UnlistedUsers", name, args, opts);
  }
}

/** Arguments of {@link GitConnection}. */
export interface GitConnectionArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Which provider hosts the repository, and so which of the other keys apply. */
  readonly gitProviderType: Input<"GitHub" | "AzureDevOps">;
  /** GitHub only. */
  readonly ownerName?: Input<string>;
  /** AzureDevOps only. */
  readonly organizationName?: Input<string>;
  /** AzureDevOps only. */
  readonly projectName?: Input<string>;
  /** GitHub only: the host of GitHub Enterprise Cloud with data residency. If the key is absent, a connection keeps its host. */
  readonly customDomainName?: Input<string>;
  /** Name of the repository, without its owner, and not percent-encoded: `Sales Models`. */
  readonly repositoryName: Input<string>;
  /** Branch to sync with. It must exist. */
  readonly branchName: Input<string>;
  /**
   * Folder of the branch; normalised to a leading slash and no trailing one.
   * @default `"/"`
   */
  readonly directoryName?: Input<string>;
  /** Connection with the credentials; GitHub and service principals need one. */
  readonly connectionId?: Input<string>;
  /**
   * The side that wins at the first sync if both hold items.
   * @default `"PreferRemote"`
   */
  readonly initializationStrategy?: Input<"PreferRemote" | "PreferWorkspace">;
  /**
   * Whether the losing side may be overwritten.
   * @default `false`
   */
  readonly allowOverwrite?: Input<boolean>;
}

/** The connection of a workspace to a branch. Its id is the workspace's. A create connects, initialises and syncs once. Each step first checks how far an earlier attempt came. Without `allowOverwrite`, nothing is written to a side that is not empty; items equal to the synced commit do not count. */
export class GitConnection extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Which provider hosts the repository, and so which of the other keys apply. */
  declare readonly gitProviderType: Output<"GitHub" | "AzureDevOps">;
  /** GitHub only. */
  declare readonly ownerName: Output<string | undefined>;
  /** AzureDevOps only. */
  declare readonly organizationName: Output<string | undefined>;
  /** AzureDevOps only. */
  declare readonly projectName: Output<string | undefined>;
  /** GitHub only: the host of GitHub Enterprise Cloud with data residency. If the key is absent, a connection keeps its host. */
  declare readonly customDomainName: Output<string | undefined>;
  /** Name of the repository, without its owner, and not percent-encoded: `Sales Models`. */
  declare readonly repositoryName: Output<string>;
  /** Branch to sync with. It must exist. */
  declare readonly branchName: Output<string>;
  /**
   * Folder of the branch; normalised to a leading slash and no trailing one.
   * @default `"/"`
   */
  declare readonly directoryName: Output<string>;
  /** Connection with the credentials; GitHub and service principals need one. */
  declare readonly connectionId: Output<string | undefined>;
  /**
   * The side that wins at the first sync if both hold items.
   * @default `"PreferRemote"`
   */
  declare readonly initializationStrategy: Output<"PreferRemote" | "PreferWorkspace">;
  /**
   * Whether the losing side may be overwritten.
   * @default `false`
   */
  declare readonly allowOverwrite: Output<boolean>;
  /** The commit that the workspace was last synced with; empty if both sides were empty and nothing was synced. */
  declare readonly head: Output<string | undefined>;
  /** Whether the workspace had this connection before. The connection then stays when this resource is deleted. */
  declare readonly adopted: Output<boolean | undefined>;
  /** Properties of the connection that nobody declares. A new connection of the workspace gets them, too. */
  declare readonly furtherDetails: Output<{ readonly [x: string]: unknown } | undefined>;
  /** Only for an adopted connection: the deploying identity's credentials before this stack sent the declared ones. */
  declare readonly formerCredentials: Output<
    { readonly [x: string]: unknown; readonly source: string; readonly connectionId?: string | undefined } | undefined
  >;

  constructor(name: string, args: GitConnectionArgs, opts?: CustomResourceOptions) {
    super("GitConnection", name, args, opts);
  }
}

/** Arguments of {@link Folder}. */
export interface FolderArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** `displayName` of the folder. */
  readonly displayName: Input<string>;
  /** The service's id of the parent folder. Absent at the root. */
  readonly parentFolderId?: Input<string>;
}

/** A folder of a workspace. Its id is `{workspaceId}/{folderId}`; its children refer to it by `folderId` alone. */
export class Folder extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** `displayName` of the folder. */
  declare readonly displayName: Output<string>;
  /** The service's id of the parent folder. Absent at the root. */
  declare readonly parentFolderId: Output<string | undefined>;
  /** Whether the folder existed before. The folder then stays when this resource is deleted. */
  declare readonly adopted: Output<boolean | undefined>;

  constructor(name: string, args: FolderArgs, opts?: CustomResourceOptions) {
    super("Folder", name, args, opts);
  }
}

/** Arguments of {@link Item}. */
export interface ItemArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Item type in Fabric's spelling; any type that the service knows. Required without `path`. Another type needs a new item. */
  readonly type: Input<string>;
  /** Name in Fabric, unique by workspace and type. With `path`, the folder's `.platform` file decides. Some types take only certain names: a Lakehouse letters, digits and `_`, beginning with a letter. */
  readonly displayName: Input<string>;
  /**
   * What people see below the name. Changed in place.
   * @default `""`
   */
  readonly description?: Input<string>;
  /** The service's id of the item's folder. Absent at the root. */
  readonly folderId?: Input<string>;
  /** Folder with the definition in Fabric's Git format, relative to the project. */
  readonly path?: Input<string>;
  /** Ids that belong into the definition, by what stands in the files instead: logical ids of other items, paths of models. */
  readonly references?: Input<Readonly<Record<string, Input<string>>>>;
  /** For a variable library: the value set that counts in its workspace. Absent to leave it. */
  readonly activeValueSet?: Input<string>;
  /** For an environment: the Spark pool in place of the one in the files, by type and name. */
  readonly sparkPool?: Input<{
    readonly type: Input<string>;
    readonly name: Input<string>;
  }>;
  /** For a semantic model: ids of the connections that it is bound to. Absent to leave them. */
  readonly connections?: Input<readonly Input<string>[]>;
  /** Settings of the item's type. Read only on create. */
  readonly creationPayload?: Input<Readonly<Record<string, Input<unknown>>>>;
  /**
   * Manages an existing item of that name and type instead of refusing it.
   * @default `false`
   */
  readonly adopt?: Input<boolean>;
  /**
   * The workspace is connected to Git: an item of that name that came from Git is adopted. Only read on create. Changes are ignored; otherwise connecting a workspace to Git would show every item as updated.
   * @default `false`
   */
  readonly adoptFromGit?: Input<boolean>;
}

/** An item of any type. Its id is `{workspaceId}/{itemId}`. */
export class Item extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Item type in Fabric's spelling; any type that the service knows. Required without `path`. Another type needs a new item. */
  declare readonly type: Output<string>;
  /** Name in Fabric, unique by workspace and type. With `path`, the folder's `.platform` file decides. Some types take only certain names: a Lakehouse letters, digits and `_`, beginning with a letter. */
  declare readonly displayName: Output<string>;
  /**
   * What people see below the name. Changed in place.
   * @default `""`
   */
  declare readonly description: Output<string>;
  /** The service's id of the item's folder. Absent at the root. */
  declare readonly folderId: Output<string | undefined>;
  /** Folder with the definition in Fabric's Git format, relative to the project. */
  declare readonly path: Output<string | undefined>;
  /** Ids that belong into the definition, by what stands in the files instead: logical ids of other items, paths of models. */
  declare readonly references: Output<Readonly<Record<string, string>> | undefined>;
  /** For a variable library: the value set that counts in its workspace. Absent to leave it. */
  declare readonly activeValueSet: Output<string | undefined>;
  /** For an environment: the Spark pool in place of the one in the files, by type and name. */
  declare readonly sparkPool: Output<
    | {
        readonly type: string;
        readonly name: string;
      }
    | undefined
  >;
  /** For a semantic model: ids of the connections that it is bound to. Absent to leave them. */
  declare readonly connections: Output<readonly string[] | undefined>;
  /** Settings of the item's type. Read only on create. */
  declare readonly creationPayload: Output<Readonly<Record<string, unknown>> | undefined>;
  /**
   * Manages an existing item of that name and type instead of refusing it.
   * @default `false`
   */
  declare readonly adopt: Output<boolean>;
  /**
   * The workspace is connected to Git: an item of that name that came from Git is adopted. Only read on create. Changes are ignored; otherwise connecting a workspace to Git would show every item as updated.
   * @default `false`
   */
  declare readonly adoptFromGit: Output<boolean>;
  /** Only for an item that existed before. */
  declare readonly adopted: Output<
    | {
        readonly type: string;
        readonly displayName: string;
        readonly description: string;
        readonly folderId?: string;
        readonly definitionHash?: string;
        readonly activeValueSet?: string;
        readonly connections?: readonly string[];
      }
    | undefined
  >;
  /** Only if a refresh reads definitions. */
  declare readonly sent: Output<{ readonly definitionHash: string; readonly contentHash: string } | undefined>;

  constructor(name: string, args: ItemArgs, opts?: CustomResourceOptions) {
    super("Item", name, args, opts);
  }
}

/** Arguments of {@link UnlistedItems}. */
export interface UnlistedItemsArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Declared items as `type/name`. Their ids cannot stand here, because a preview may not know them. */
  readonly listed: Input<readonly Input<string>[]>;
  /** The resource's key, by which FABRIC_ALLOW_UNPROTECT allows to delete data; absent if items are only told. */
  readonly deletedAs?: Input<string>;
  /** Always empty. It is an input, so that undeclared items show as drift. */
  readonly unlisted?: Input<
    Readonly<
      Record<
        string,
        Input<{
          readonly type: Input<string>;
          readonly name: Input<string>;
          readonly folderId?: Input<string>;
        }>
      >
    >
  >;
}

/** The items of a workspace that nobody declares: what is left of a folder that has gone, or what somebody made by hand. They are told at a deployment and at a refresh. With `orphans: delete`, the resource is always declared empty, so that a refresh shows every such item as drift, a preview lists the deletes, and the next up deletes exactly these. The id is the workspace's. */
export class UnlistedItems extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Declared items as `type/name`. Their ids cannot stand here, because a preview may not know them. */
  declare readonly listed: Output<readonly string[]>;
  /** The resource's key, by which FABRIC_ALLOW_UNPROTECT allows to delete data; absent if items are only told. */
  declare readonly deletedAs: Output<string | undefined>;
  /** Always empty. It is an input, so that undeclared items show as drift. */
  declare readonly unlisted: Output<
    | Readonly<
        Record<
          string,
          {
            readonly type: string;
            readonly name: string;
            readonly folderId?: string;
          }
        >
      >
    | undefined
  >;

  constructor(name: string, args: UnlistedItemsArgs, opts?: CustomResourceOptions) {
    super("UnlistedItems", name, args, opts);
  }
}

/** Arguments of {@link WorkspaceIdentity}. */
export interface WorkspaceIdentityArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
}

/** The identity of a workspace. Items use it to sign in to other services. Its id is the workspace's. An existing identity is adopted. A deprovisioned identity cannot be restored, and a new one has none of the old one's rights (https://learn.microsoft.com/en-us/fabric/security/workspace-identity). */
export class WorkspaceIdentity extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** `applicationId` of the workspace identity, as the service shows it. */
  declare readonly applicationId: Output<string>;
  /** `servicePrincipalId` of the workspace identity, as the service shows it. */
  declare readonly servicePrincipalId: Output<string>;
  /** The values that the object had; only for one that existed before. */
  declare readonly adopted: Output<{ readonly [x: string]: unknown } | undefined>;

  constructor(name: string, args: WorkspaceIdentityArgs, opts?: CustomResourceOptions) {
    super("WorkspaceIdentity", name, args, opts);
  }
}

/** Arguments of {@link ManagedPrivateEndpoint}. */
export interface ManagedPrivateEndpointArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Key of the resource, unique in the list, and name of the object. */
  readonly name: Input<string>;
  /** Azure resource that the endpoint leads to, by its resource id. */
  readonly targetPrivateLinkResourceId: Input<string>;
  /** Part of that resource: `sqlServer`, `blob`, `vault`. */
  readonly targetSubresourceType?: Input<string>;
  /** What its owner reads who is to approve the endpoint. */
  readonly requestMessage?: Input<string>;
  /** Names that a private link service answers to. */
  readonly targetFQDNs?: Input<readonly Input<string>[]>;
}

/** A managed private endpoint of a workspace. Its id is `{workspaceId}/{managedPrivateEndpointId}`. The endpoint works once the owner of its target has approved it; `connectionState` shows the approval (https://learn.microsoft.com/en-us/fabric/security/security-managed-private-endpoints-overview). */
export class ManagedPrivateEndpoint extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Key of the resource, unique in the list, and name of the object. */
  declare readonly name: Output<string>;
  /** Azure resource that the endpoint leads to, by its resource id. */
  declare readonly targetPrivateLinkResourceId: Output<string>;
  /** Part of that resource: `sqlServer`, `blob`, `vault`. */
  declare readonly targetSubresourceType: Output<string | undefined>;
  /** What its owner reads who is to approve the endpoint. */
  declare readonly requestMessage: Output<string | undefined>;
  /** Names that a private link service answers to. */
  declare readonly targetFQDNs: Output<readonly string[] | undefined>;
  /** `provisioningState` of the managed private endpoint, as the service shows it. */
  declare readonly provisioningState: Output<string>;
  /** `connectionState` of the managed private endpoint, as the service shows it. */
  declare readonly connectionState: Output<{ readonly status?: string; readonly description?: string } | undefined>;

  constructor(name: string, args: ManagedPrivateEndpointArgs, opts?: CustomResourceOptions) {
    super("ManagedPrivateEndpoint", name, args, opts);
  }
}

/** Arguments of {@link Connection}. */
export interface ConnectionArgs {
  /** Name in Fabric. Changed in place. */
  readonly displayName: Input<string>;
  /**
   * Where the connection runs: in the cloud, or through a virtual network gateway.
   * @default `"ShareableCloud"`
   */
  readonly connectivityType?: Input<"ShareableCloud" | "VirtualNetworkGateway">;
  /** `gatewayId` of the connection. */
  readonly gatewayId?: Input<string>;
  /** Type of the data source, as `GET /connections/supportedConnectionTypes` lists it. */
  readonly type: Input<string>;
  /**
   * Creation method of the type. It decides about `parameters`.
   * @default the type's only one, or the one of its name
   */
  readonly creationMethod?: Input<string>;
  /**
   * Parameters of the creation method. The service never shows them, so edits there are not noticed.
   * @default `{}`
   */
  readonly parameters?: Input<Readonly<Record<string, Input<string | number | boolean>>>>;
  /**
   * Privacy level of the data.
   * @default `"Organizational"`
   */
  readonly privacyLevel?: Input<"None" | "Private" | "Organizational" | "Public">;
  /** Let data gateways use a cloud connection. */
  readonly allowConnectionUsageInGateway?: Input<boolean>;
  /** Let notebooks and other code of users use a cloud connection. */
  readonly allowUsageInUserControlledCode?: Input<boolean>;
  /**
   * Encryption of the connection.
   * @default `"NotEncrypted"`
   */
  readonly connectionEncryption?: Input<"NotEncrypted" | "Encrypted" | "Any">;
  /**
   * Single sign-on of the connection.
   * @default `"None"`
   */
  readonly singleSignOnType?: Input<
    "None" | "Kerberos" | "MicrosoftEntraID" | "SecurityAssertionMarkupLanguage" | "KerberosDirectQueryAndRefresh"
  >;
  /** Let the service take the credentials untested. */
  readonly skipTestConnection?: Input<boolean>;
  /** By reference. Reads show only their type. */
  readonly credentials?: Input<
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"Anonymous">;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"WorkspaceIdentity">;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"Basic">;
        /** Name of the user. */
        readonly username: Input<string>;
        /** Name of the secret with the password: in Key Vault, the environment or `.env`. Never its value. */
        readonly secret?: Input<string>;
        /** Secret that the service itself reads from a Key Vault, in place of `secret`. */
        readonly keyVault?: Input<{
          /** Connection to the Key Vault: its id, or its name in `connections` or `references`. */
          readonly connectionId: Input<string>;
          /** Name of the secret in that vault. */
          readonly secretName: Input<string>;
          /**
           * Version of the secret.
           * @default the newest
           */
          readonly version?: Input<string>;
        }>;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"Key">;
        /** Name of the secret with the key: in Key Vault, the environment or `.env`. Never its value. */
        readonly secret?: Input<string>;
        /** Secret that the service itself reads from a Key Vault, in place of `secret`. */
        readonly keyVault?: Input<{
          /** Connection to the Key Vault: its id, or its name in `connections` or `references`. */
          readonly connectionId: Input<string>;
          /** Name of the secret in that vault. */
          readonly secretName: Input<string>;
          /**
           * Version of the secret.
           * @default the newest
           */
          readonly version?: Input<string>;
        }>;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"SharedAccessSignature">;
        /** Name of the secret with the token: in Key Vault, the environment or `.env`. Never its value. */
        readonly secret?: Input<string>;
        /** Secret that the service itself reads from a Key Vault, in place of `secret`. */
        readonly keyVault?: Input<{
          /** Connection to the Key Vault: its id, or its name in `connections` or `references`. */
          readonly connectionId: Input<string>;
          /** Name of the secret in that vault. */
          readonly secretName: Input<string>;
          /**
           * Version of the secret.
           * @default the newest
           */
          readonly version?: Input<string>;
        }>;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"ServicePrincipal">;
        /** Tenant of the service principal. */
        readonly tenantId: Input<string>;
        /** Application id of the service principal. */
        readonly servicePrincipalClientId: Input<string>;
        /** Name of the secret with the client secret: in Key Vault, the environment or `.env`. Never its value. */
        readonly secret?: Input<string>;
        /** Secret that the service itself reads from a Key Vault, in place of `secret`. */
        readonly keyVault?: Input<{
          /** Connection to the Key Vault: its id, or its name in `connections` or `references`. */
          readonly connectionId: Input<string>;
          /** Name of the secret in that vault. */
          readonly secretName: Input<string>;
          /**
           * Version of the secret.
           * @default the newest
           */
          readonly version?: Input<string>;
        }>;
      }
    | {
        /** Type of the credentials, one of those that the connection's type supports. */
        readonly credentialType: Input<"KeyPair">;
        /** Name of the user of the key pair. */
        readonly identifier: Input<string>;
        /** Name of the secret with the private key: in Key Vault, the environment or `.env`. Never its value. */
        readonly secret?: Input<string>;
        /** Name of the secret with the passphrase of that key: in Key Vault, the environment or `.env`. Never its value. */
        readonly passphraseSecret?: Input<string>;
      }
  >;
  /** Manage an existing connection of that name instead of refusing it. It keeps its credentials until the declared ones change, and it stays when the stack is destroyed. */
  readonly adopt?: Input<boolean>;
}

/** A connection of the tenant. Its id is the service's. Its credentials are declared by reference, looked up when they are sent, and sent again if the version of their secret changes. The service never shows them, so nothing else can tell that they have changed (https://learn.microsoft.com/en-us/rest/api/fabric/core/connections). */
export class Connection extends FabricObject {
  /** Name in Fabric. Changed in place. */
  declare readonly displayName: Output<string>;
  /**
   * Where the connection runs: in the cloud, or through a virtual network gateway.
   * @default `"ShareableCloud"`
   */
  declare readonly connectivityType: Output<"ShareableCloud" | "VirtualNetworkGateway">;
  /** `gatewayId` of the connection. */
  declare readonly gatewayId: Output<string | undefined>;
  /** Type of the data source, as `GET /connections/supportedConnectionTypes` lists it. */
  declare readonly type: Output<string>;
  /**
   * Creation method of the type. It decides about `parameters`.
   * @default the type's only one, or the one of its name
   */
  declare readonly creationMethod: Output<string | undefined>;
  /**
   * Parameters of the creation method. The service never shows them, so edits there are not noticed.
   * @default `{}`
   */
  declare readonly parameters: Output<Readonly<Record<string, string | number | boolean>>>;
  /**
   * Privacy level of the data.
   * @default `"Organizational"`
   */
  declare readonly privacyLevel: Output<"None" | "Private" | "Organizational" | "Public">;
  /** Let data gateways use a cloud connection. */
  declare readonly allowConnectionUsageInGateway: Output<boolean | undefined>;
  /** Let notebooks and other code of users use a cloud connection. */
  declare readonly allowUsageInUserControlledCode: Output<boolean | undefined>;
  /**
   * Encryption of the connection.
   * @default `"NotEncrypted"`
   */
  declare readonly connectionEncryption: Output<"NotEncrypted" | "Encrypted" | "Any">;
  /**
   * Single sign-on of the connection.
   * @default `"None"`
   */
  declare readonly singleSignOnType: Output<
    "None" | "Kerberos" | "MicrosoftEntraID" | "SecurityAssertionMarkupLanguage" | "KerberosDirectQueryAndRefresh"
  >;
  /** Let the service take the credentials untested. */
  declare readonly skipTestConnection: Output<boolean | undefined>;
  /** By reference. Reads show only their type. */
  declare readonly credentials: Output<
    | {
        readonly credentialType: "Anonymous";
      }
    | {
        readonly credentialType: "WorkspaceIdentity";
      }
    | {
        readonly credentialType: "Basic";
        readonly username: string;
        readonly secret?: string;
        readonly keyVault?: {
          readonly connectionId: string;
          readonly secretName: string;
          readonly version?: string;
        };
      }
    | {
        readonly credentialType: "Key";
        readonly secret?: string;
        readonly keyVault?: {
          readonly connectionId: string;
          readonly secretName: string;
          readonly version?: string;
        };
      }
    | {
        readonly credentialType: "SharedAccessSignature";
        readonly secret?: string;
        readonly keyVault?: {
          readonly connectionId: string;
          readonly secretName: string;
          readonly version?: string;
        };
      }
    | {
        readonly credentialType: "ServicePrincipal";
        readonly tenantId: string;
        readonly servicePrincipalClientId: string;
        readonly secret?: string;
        readonly keyVault?: {
          readonly connectionId: string;
          readonly secretName: string;
          readonly version?: string;
        };
      }
    | {
        readonly credentialType: "KeyPair";
        readonly identifier: string;
        readonly secret?: string;
        readonly passphraseSecret?: string;
      }
    | undefined
  >;
  /** Manage an existing connection of that name instead of refusing it. It keeps its credentials until the declared ones change, and it stays when the stack is destroyed. */
  declare readonly adopt: Output<boolean | undefined>;
  /** Only for a connection that existed before. */
  declare readonly adopted: Output<
    | { readonly displayName: string; readonly privacyLevel: string; readonly allowConnectionUsageInGateway: boolean }
    | undefined
  >;
  /** Only for a connection that existed before: whether this stack has sent credentials to it. Absent if an earlier version adopted it: then nobody knows. */
  declare readonly credentialsSent: Output<boolean | undefined>;

  constructor(name: string, args: ConnectionArgs, opts?: CustomResourceOptions) {
    super("Connection", name, args, opts);
  }
}

/** Arguments of {@link ConnectionRole}. */
export interface ConnectionRoleArgs {
  /** Id of the connection: `connection.id`. */
  readonly connectionId: Input<string>;
  /** User principal name, display name of a group or service principal, `applicationId=ID`, `workspaceIdentity=OBJECT_ID`, or the object id of any principal (of a service principal: its enterprise application). */
  readonly principal: Input<string>;
  /** Type of the principal with that name or object id. A user principal name is a User. */
  readonly type?: Input<"User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile">;
  /** What the principal may do with the connection. */
  readonly role: Input<"Owner" | "UserWithReshare" | "User">;
}

/** A role of a user, group or service principal in a connection. Its id is `{connectionId}/{principalId}`. */
export class ConnectionRole extends FabricObject {
  /** Id of the connection: `connection.id`. */
  declare readonly connectionId: Output<string>;
  /** User principal name, display name of a group or service principal, `applicationId=ID`, `workspaceIdentity=OBJECT_ID`, or the object id of any principal (of a service principal: its enterprise application). */
  declare readonly principal: Output<string>;
  /** Type of the principal with that name or object id. A user principal name is a User. */
  declare readonly type: Output<"User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile" | undefined>;
  /** What the principal may do with the connection. */
  declare readonly role: Output<"Owner" | "UserWithReshare" | "User">;
  /** Object id of the principal. */
  declare readonly principalId: Output<string>;
  /** Id of the assignment, if it differs from the id of its principal. */
  declare readonly assignmentId: Output<string | undefined>;
  /** The principal's role before this stack changed it. A delete restores that role. */
  declare readonly adoptedRole: Output<string | undefined>;

  constructor(name: string, args: ConnectionRoleArgs, opts?: CustomResourceOptions) {
    super("ConnectionRole", name, args, opts);
  }
}

/** Arguments of {@link ItemEndpoint}. */
export interface ItemEndpointArgs {
  /** Id of the workspace that the object is in: `workspace.id`. */
  readonly workspaceId: Input<string>;
  /** Id of the item that the object belongs to: `item.ownId`. */
  readonly itemId: Input<string>;
}

/** The endpoints of an item that only exist after its creation: waited for, and told to programs. Nothing is written. Its id is `{workspaceId}/{itemId}`. */
export class ItemEndpoint extends FabricObject {
  /** Id of the workspace that the object is in: `workspace.id`. */
  declare readonly workspaceId: Output<string>;
  /** Id of the item that the object belongs to: `item.ownId`. */
  declare readonly itemId: Output<string>;
  /** Id of the SQL endpoint of a lakehouse or mirrored database. */
  declare readonly sqlEndpointId: Output<string | undefined>;
  /** Host of the SQL endpoint, warehouse or SQL database: the server of a connection string. */
  declare readonly sqlEndpoint: Output<string | undefined>;
  /** Name of a SQL database at its server. */
  declare readonly databaseName: Output<string | undefined>;
  /** `queryServiceUri` of the endpoint, as the service shows it. */
  declare readonly queryServiceUri: Output<string | undefined>;
  /** `ingestionServiceUri` of the endpoint, as the service shows it. */
  declare readonly ingestionServiceUri: Output<string | undefined>;
  /** `oneLakeTablesPath` of the endpoint, as the service shows it. */
  declare readonly oneLakeTablesPath: Output<string | undefined>;
  /** `oneLakeFilesPath` of the endpoint, as the service shows it. */
  declare readonly oneLakeFilesPath: Output<string | undefined>;

  constructor(name: string, args: ItemEndpointArgs, opts?: CustomResourceOptions) {
    super("ItemEndpoint", name, args, opts);
  }
}

/** Arguments of {@link Reference}. */
export interface ReferenceArgs {
  /** Name in the configuration. */
  readonly name: Input<string>;
  /** Workspace, or with `item` the workspace that holds it, by display name or id. */
  readonly workspace?: Input<string>;
  /** Item, by display name or id, with its `workspace`. */
  readonly item?: Input<string>;
  /** Type of the item, if others in the workspace have its name. */
  readonly type?: Input<string>;
  /** Connection, by display name or id. */
  readonly connection?: Input<string>;
  /** Capacity, by display name or id. */
  readonly capacity?: Input<string>;
  /** Gateway, by display name or id. */
  readonly gateway?: Input<string>;
}

/** An object of others, looked up by its name. Nothing is written, and nothing happens to the object when the reference goes. Its id is its own name in the configuration. */
export class Reference extends FabricObject {
  /** Name in the configuration. */
  declare readonly name: Output<string>;
  /** Workspace, or with `item` the workspace that holds it, by display name or id. */
  declare readonly workspace: Output<string | undefined>;
  /** Item, by display name or id, with its `workspace`. */
  declare readonly item: Output<string | undefined>;
  /** Type of the item, if others in the workspace have its name. */
  declare readonly type: Output<string | undefined>;
  /** Connection, by display name or id. */
  declare readonly connection: Output<string | undefined>;
  /** Capacity, by display name or id. */
  declare readonly capacity: Output<string | undefined>;
  /** Gateway, by display name or id. */
  declare readonly gateway: Output<string | undefined>;
  /** Id of the object. */
  declare readonly targetId: Output<string>;
  /** Workspace of an item, and of a workspace itself. */
  declare readonly workspaceId: Output<string | undefined>;
  /** `displayName` of the reference, as the service shows it. */
  declare readonly displayName: Output<string | undefined>;
  /** Object id of a workspace's identity. */
  declare readonly servicePrincipalId: Output<string | undefined>;

  constructor(name: string, args: ReferenceArgs, opts?: CustomResourceOptions) {
    super("Reference", name, args, opts);
  }
}
