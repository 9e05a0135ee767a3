import * as pulumi from "@pulumi/pulumi";
import { Connection, FabricWorkspace, Folder, Item, Workspace, WorkspaceUser } from "fabric-environments";

/*
 * A Pulumi program of one's own with resources of Fabric: docs/package.md. Every argument may be the output of another resource,
 * of Fabric or not, and the engine orders what depends on what.
 */

const capacity = new pulumi.Config().get("capacity") ?? "local";

// single resources
const raw = new Workspace("raw", { displayName: `raw-${pulumi.getStack()}`, description: "Raw data", capacity });
const ingest = new Folder("raw/ingest", { workspaceId: raw.id, displayName: "ingest" });
const bronze = new Item("raw/bronze", {
  workspaceId: raw.id,
  type: "Lakehouse",
  displayName: "bronze",
  folderId: ingest.ownId,
});
new WorkspaceUser("raw/alice", { workspaceId: raw.id, principal: "alice@contoso.com", role: "Viewer" });
const lake = new Connection("lake", {
  displayName: "lake",
  type: "AzureDataLakeStorage",
  parameters: { server: "https://sales.dfs.core.windows.net", path: "/raw" },
  credentials: { credentialType: "WorkspaceIdentity" },
});

// a workspace with everything in it, by the rules of `fabric:workspaces`
const sales = new FabricWorkspace("sales", {
  displayName: `sales-${pulumi.getStack()}`,
  description: pulumi.interpolate`Models on ${bronze.displayName} through ${lake.displayName}`,
  capacity,
  users: [{ principal: "alice@contoso.com", role: "Admin" }],
  items: [{ name: "gold", type: "Lakehouse", folder: "/models" }],
});

export const rawId = raw.id;
export const salesUrl = sales.portalUrl;
export const gold = sales.itemIds["gold"];
