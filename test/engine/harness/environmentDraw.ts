import { defaultSeed, known } from "../../../emulator/core/defaultSeed.ts";
import type { Seed } from "../../../emulator/families/families.ts";
import { roles } from "../../../lib/config/schema/workspaceSchema.ts";
import type { Random } from "./existingEnvironment.ts";
import { salesBranch } from "./salesBranch.ts";

/* What an environment by chance is made of: the values that each property can have, and which of them are drawn. */

const robot = "22222222-2222-4222-8222-000000000001";
const profile = "22222222-2222-4222-8222-000000000002";

const sales = { ...salesBranch, allowOverwrite: true };
const { ownerName, ...azureDevOps } = { ...sales, gitProviderType: "AzureDevOps" };
const next = { ...sales, branchName: "next" };
const other = { ...sales, directoryName: "/other" };
const own = { ...sales, repositoryName: "own", initializationStrategy: "PreferWorkspace" };

/** What an emulator begins with that such environments are deployed to. */
export const walkSeed: Seed = {
  ...defaultSeed,
  principals: [
    ...(defaultSeed.principals ?? []),
    { id: robot, type: "ServicePrincipal", displayName: "robot", aadAppId: robot },
    { id: profile, type: "ServicePrincipalProfile", displayName: "profile" },
  ],
  repositories: [sales, next, other].map(({ gitProviderType, repositoryName, branchName, directoryName }) => ({
    details: { gitProviderType, ownerName, repositoryName, branchName, directoryName },
    items: defaultSeed.repositories?.[0]?.items ?? [],
  })),
};
/** The item that the branches hold. Git puts it into a workspace, where it stays. */
export const itemOfBranches = "exploration";

/** Who can have a role, as `users` names them. */
export const principals = [
  { principal: "alice@contoso.com" },
  { principal: "bob@contoso.com" },
  { principal: known.carol, type: "User" },
  { principal: known.analysts, type: "Group" },
  { principal: robot, type: "ServicePrincipal" },
  { principal: profile, type: "ServicePrincipalProfile" },
  // the deploying identity, which is an Admin of what it makes
  { principal: known.deployer, type: "ServicePrincipal" },
];
/** Keys of workspaces. */
export const workspaceNames = ["sales", "Süd & Nord", "007"];
/** Keys of items; the last one is an item without a key of its own. */
export const itemNames = ["ingest", "bronze # raw", "daily/loads", "null", undefined];
const types = [
  "Notebook",
  "DataPipeline",
  "Lakehouse",
  "Lakehouse",
  "Environment",
  "KQLQueryset",
  "SemanticModel",
  "Warehouse",
  "MLExperiment",
];
const folders = [undefined, undefined, "/raw", "/raw/daily", "/raw/daily/loads", "/Rohdaten ü", "/c d/raw"];
const descriptions = [undefined, undefined, "", "first", 'it\'s 100% "new": ü', "x".repeat(60)];
const capacities = [
  undefined,
  "local",
  "local",
  "LOCAL",
  known.activeCapacity,
  "local-large",
  "local-large",
  known.secondCapacity,
];
const gits: readonly (object | undefined)[] = [
  undefined,
  undefined,
  undefined,
  sales,
  { ...sales, connectionId: known.secondGitHubConnection },
  next,
  other,
  own,
  { ...own, directoryName: "/elsewhere" },
  {
    ...azureDevOps,
    organizationName: "contoso",
    projectName: "d p",
    repositoryName: "own",
    connectionId: known.azureDevOpsConnection,
    initializationStrategy: "PreferWorkspace",
  },
];

/** All that can be drawn of an item; which of it is declared depends on the rest of it. */
export interface ItemDraw {
  readonly isThere: boolean;
  readonly type: string;
  readonly rename: (name: string) => string;
  readonly saysName: boolean;
  readonly description: string | undefined;
  readonly descriptionInFile: string | undefined;
  readonly folder: string | undefined;
  readonly content: number | undefined;
  readonly root: string;
  readonly hasSchemas: boolean;
  readonly adopt: boolean;
  readonly wantsProtection: boolean;
}

/** All that can be drawn of a workspace. */
export interface WorkspaceDraw {
  readonly isThere: boolean;
  readonly rename: ((name: string) => string) | undefined;
  readonly description: string | undefined;
  readonly capacity: string | undefined;
  readonly git: object | undefined;
  readonly adopt: boolean;
  readonly wantsProtection: boolean;
  /** Another spelling, which means the same. */
  readonly shoutsPrincipals: boolean;
  /** Another spelling, by which folders are renamed. */
  readonly shoutsFolders: boolean;
  readonly declaresItemOfBranch: boolean;
  readonly roles: readonly (string | undefined)[];
  readonly items: readonly ItemDraw[];
}

const renamings = [(name: string) => name, (name: string) => `${name} v2`, (name: string) => name.toUpperCase()];

/** Draws properties: all of them, or a share of them again. */
export class Draw {
  readonly #random: Random;
  readonly #share: number;
  constructor(random: Random, share: number) {
    this.#random = random;
    this.#share = share;
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }

  /** Keeps the value that there was, or draws another. */
  #again<T>(before: { readonly value: T } | undefined, all: readonly T[]): T {
    return !before || this.#random() < this.#share ? this.#one(all) : before.value;
  }

  #properties<T extends object>(before: T | undefined, pools: { readonly [K in keyof T]: readonly T[K][] }): T {
    const drawn = Object.entries(pools).map(([name, pool]) => [
      name,
      this.#again(before && { value: before[name as keyof T] }, pool as readonly T[keyof T][]),
    ]);
    return Object.fromEntries(drawn) as T;
  }

  /** A workspace with all that can be in it. */
  workspace(before?: WorkspaceDraw): WorkspaceDraw {
    return {
      ...this.#properties<Omit<WorkspaceDraw, "roles" | "items">>(before, {
        isThere: [true, true, false],
        rename: [undefined, ...renamings],
        description: descriptions,
        capacity: capacities,
        git: gits,
        adopt: [false, false, false, true],
        wantsProtection: [false, false, true],
        shoutsPrincipals: [false, true],
        shoutsFolders: [false, false, false, true],
        declaresItemOfBranch: [false, true],
      }),
      roles: principals.map((_, index) =>
        this.#again(before && { value: before.roles[index] }, [undefined, undefined, ...roles]),
      ),
      items: itemNames.map((_, index) => this.#item(before?.items[index])),
    };
  }

  #item(before?: ItemDraw): ItemDraw {
    return this.#properties<ItemDraw>(before, {
      isThere: [true, true, false],
      type: types,
      rename: renamings,
      saysName: [false, true],
      description: descriptions,
      descriptionInFile: descriptions,
      folder: folders,
      content: [undefined, 1, 2, 3],
      root: ["items", "moved/items"],
      hasSchemas: [false, true],
      adopt: [false, false, false, true],
      wantsProtection: [false, false, true],
    });
  }
}
