import type { CollectionsOf, SeedOf } from "../core/family.ts";
import type { Service } from "../core/service.ts";
import { capacityFamily } from "./capacities.ts";
import { connectionFamily } from "./connections.ts";
import { environmentFamily } from "./environments.ts";
import { folderFamily } from "./folders.ts";
import { gatewayFamily } from "./gateways.ts";
import { gitFamily } from "./git.ts";
import { entraFamily, graphFamily } from "./identity.ts";
import { itemFamily } from "./items.ts";
import { managedPrivateEndpointFamily } from "./managedPrivateEndpoints.ts";
import { operationFamily } from "./operations.ts";
import { recoverableItemFamily } from "./recoverableItems.ts";
import { roleAssignmentFamily } from "./roleAssignments.ts";
import { semanticModelFamily } from "./semanticModels.ts";
import { shortcutFamily } from "./shortcuts.ts";
import { sparkFamily } from "./sparkPools.ts";
import { workspaceFamily } from "./workspaces.ts";

/** All families of the emulator. A seed is loaded in this order, so a family must follow the families that it refers to. */
export const families = [
  graphFamily,
  entraFamily,
  capacityFamily,
  workspaceFamily,
  roleAssignmentFamily,
  folderFamily,
  itemFamily,
  environmentFamily,
  shortcutFamily,
  recoverableItemFamily,
  operationFamily,
  gatewayFamily,
  connectionFamily,
  semanticModelFamily,
  sparkFamily,
  gitFamily,
  managedPrivateEndpointFamily,
] as const;

type Families = (typeof families)[number];

/** The emulated service with every collection under its name, for tests that act without the API. */
export type FabricService = Service & CollectionsOf<Families>;

/** A seed as users write it. Keys that no family has are ignored. */
export type Seed = SeedOf<Families>;
