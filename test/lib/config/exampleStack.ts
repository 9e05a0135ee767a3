import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import type { StackConfig } from "../../../lib/config/stackConfig.ts";

/** Object id of some group. */
export const groupId = "3f2b8a51-0c6d-4e0e-9a51-6d0f1c7b2e10";
/** A complete Git connection. */
export const gitHub = {
  gitProviderType: "GitHub",
  ownerName: "contoso",
  repositoryName: "sales",
  branchName: "main",
  connectionId: "9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e",
};

/** A project with one notebook, one warehouse, and folders that are no items. */
let projectRoot: string;
before(() => {
  projectRoot = mkdtempSync(join(tmpdir(), "project-"));
  const files = {
    "fabric/typo.Notebok/.platform": JSON.stringify({
      metadata: { type: "Notebok", displayName: "typo" },
      config: {},
    }),
    "fabric/ingest.Notebook/.platform": JSON.stringify({
      metadata: { type: "Notebook", displayName: "ingest", description: "Loads orders" },
    }),
    "fabric/facts.Warehouse/.platform": JSON.stringify({ metadata: { type: "Warehouse", displayName: "facts" } }),
    "fabric/plain/readme.txt": "",
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(projectRoot, path, ".."), { recursive: true });
    writeFileSync(join(projectRoot, path), content);
  }
});
after(() => rmSync(projectRoot, { recursive: true }));

/** Parses a configuration of that project. */
export const read = (raw: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): StackConfig =>
  parseStackConfig(raw, { projectRoot, stack: "dev", env });

/** The problems of a configuration as lines; none when it is accepted. */
export function problemsOf(raw: Record<string, unknown>, env?: NodeJS.ProcessEnv): string[] {
  try {
    read(raw, env);
    return [];
  } catch (error) {
    assert.ok(error instanceof StackConfigError, String(error));
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

/** A stack with these keys and nothing in it. */
export const stack = (top: Record<string, unknown>) => ({ workspaces: [], ...top });
/** A stack of one workspace with these keys. */
export const workspace = (keys: Record<string, unknown>) => ({ workspaces: [{ name: "sales", ...keys }] });
/** A stack of one workspace with these users. */
export const user = (...users: Record<string, unknown>[]) => workspace({ users });
/** A stack of one workspace whose Git connection has these keys instead of its own. */
export const git = (keys: Record<string, unknown>) => workspace({ git: { ...gitHub, ...keys } });
/** A stack of one workspace with these items. */
export const item = (...items: Record<string, unknown>[]) => workspace({ items });

/** What every `azure` has. */
export const azureBasics = {
  subscriptionId: "66666666-7777-4888-8999-aaaaaaaaaaaa",
  location: "westeurope",
  resourceGroup: "rg-fabric-dev",
};
/** A stack with these keys of `azure`. */
export const azure = (keys: Record<string, unknown>, top: Record<string, unknown> = {}) =>
  stack({ azure: { ...azureBasics, ...keys }, ...top });

const foundationBasics = {
  storageAccount: { name: "contosofabricstate" },
  keyVault: { name: "kv-contoso-fabric" },
  deployer: { name: "id-deployer" },
};
/** A stack of a foundation with these keys instead of its own. */
export const foundation = (
  keys: Record<string, unknown>,
  top: Record<string, unknown> = {},
  others: Record<string, unknown> = {},
) =>
  azure(
    { foundation: { ...foundationBasics, ...keys }, ...others },
    { tenantId: "11111111-2222-4333-8444-555555555555", ...top },
  );
