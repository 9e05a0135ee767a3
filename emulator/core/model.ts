import type { Stored } from "./store.ts";

/** A user, group or service principal. */
export interface Principal extends Stored {
  readonly type: "User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile";
  readonly displayName: string;
  readonly userPrincipalName?: string;
  readonly aadAppId?: string;
}

export interface Capacity extends Stored {
  readonly displayName: string;
  readonly sku: string;
  readonly region: string;
  readonly state: "Active" | "Inactive";
}

export interface Workspace extends Stored {
  readonly displayName: string;
  readonly description?: string;
  readonly type: "Workspace" | "Personal" | "AdminWorkspace";
  readonly capacityId?: string | undefined;
  readonly domainId?: string | undefined;
  /** Reads that still answer InProgress. */
  readonly assignmentReads?: number;
  readonly identity?: { readonly applicationId: string; readonly servicePrincipalId: string } | undefined;
}

/** Its id is `{workspaceId}/{principalId}`. */
export interface RoleAssignment extends Stored {
  readonly workspaceId: string;
  readonly principalId: string;
  readonly role: string;
}

export interface Folder extends Stored {
  readonly workspaceId: string;
  readonly displayName: string;
  readonly parentFolderId?: string | undefined;
}

/** One file of an item's definition. */
export interface Part {
  readonly path: string;
  readonly payload: string;
  readonly payloadType: string;
}

export interface Item extends Stored {
  readonly workspaceId: string;
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  readonly parts?: readonly Part[];
  readonly creationPayload?: Record<string, unknown> | undefined;
  readonly properties?: Record<string, unknown> | undefined;
  /** The item this one came with and goes with. */
  readonly parentId?: string;
}

/** A display name that is not free yet. Its id is `{workspaceId}/{type}/{name}`. */
export interface Reservation extends Stored {
  readonly until: number;
}

export interface Connection extends Stored {
  readonly body: Record<string, unknown>;
}

/** A long-running operation. */
export interface Operation extends Stored {
  readonly createdAt: number;
  readonly endsAt: number;
  readonly hasResult: boolean;
  readonly result?: unknown;
  readonly error?: { readonly errorCode: string; readonly message: string };
}

/** An item as a repository holds it. */
export interface CommittedItem {
  readonly logicalId: string;
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly parts: readonly Part[];
}

/** One folder of one branch. Its id is `provider/owner/repository/branch/directory`. */
export interface BranchFolder extends Stored {
  readonly head: string;
  readonly items: readonly CommittedItem[];
}

/** The Git connection of a workspace; its id is the workspace's. */
export interface GitConnection extends Stored {
  readonly details: Record<string, string>;
  readonly isInitialized: boolean;
  readonly head?: string | undefined;
  readonly syncedAt?: string | undefined;
  /** Items of the synced commit, with the workspace's item each became. */
  readonly synced: readonly (CommittedItem & { readonly objectId: string })[];
  /** Credentials by caller. */
  readonly credentials: Readonly<Record<string, { readonly source: string; readonly connectionId?: string }>>;
}
