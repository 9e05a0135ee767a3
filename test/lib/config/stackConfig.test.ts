import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import type { StackConfig } from "../../../lib/config/stackConfig.ts";
import { git, gitHub, groupId, item, problemsOf, read, stack, workspace } from "./exampleStack.ts";

const repository = resolve(import.meta.dirname, "../../..");
describe("A configuration is accepted", () => {
  test("A configuration is accepted with every default where a key is absent", () => {
    assert.deepEqual(read({ workspaces: [{ name: "sales" }] }), {
      endpoint: "https://api.fabric.microsoft.com/v1",
      features: {},
      requireAllFeatures: false,
      credential: "auto",
      transactionLog: ".fabric/transactions",
      allowLocalBackend: false,
      preflight: false,
      contentDrift: false,
      protectData: true,
      workspaces: [
        { name: "sales", displayName: "sales", adopt: false, usersAuthoritative: false, users: [], items: [] },
      ],
    });
  });

  test("A configuration is accepted with the Git defaults of an initial sync that pulls and overwrites nothing", () => {
    assert.deepEqual(read(git({})).workspaces[0]?.git, {
      ...gitHub,
      directoryName: "/",
      initializationStrategy: "PreferRemote",
      allowOverwrite: false,
      sync: "initial",
    });
  });

  test("A configuration is accepted with text from `pulumi config set` where true or false is meant", () => {
    const config = read(
      stack({ requireAllFeatures: "true", protectData: "False", features: { useTelemetry: "TRUE" } }),
    );
    assert.equal(config.requireAllFeatures, true);
    assert.equal(config.protectData, false);
    assert.deepEqual(config.features, { useTelemetry: true });
  });

  test("A configuration is accepted with an item whose type, name and description come from its folder", () => {
    const [found] = read(item({ path: "./fabric//ingest.Notebook/" })).workspaces[0]?.items ?? [];
    const { name, type, displayName, description, path } = found ?? {};
    assert.deepEqual(
      { name, type, displayName, description, path },
      {
        name: "Notebook/ingest",
        type: "Notebook",
        displayName: "ingest",
        description: "Loads orders",
        path: "fabric/ingest.Notebook",
      },
    );
  });

  test("A configuration is accepted with an item's own description and key instead of those from its folder", () => {
    const [found] =
      read(item({ path: "fabric/ingest.Notebook", name: "loader", description: "Mine" })).workspaces[0]?.items ?? [];
    assert.equal(found?.name, "loader");
    assert.equal(found?.description, "Mine");
  });

  test("A configuration is accepted with an item without a folder, named by its name or by its displayName", () => {
    const items = read(item({ type: "Lakehouse", name: "bronze" }, { type: "Lakehouse", displayName: "silver" }))
      .workspaces[0]?.items;
    assert.deepEqual(
      items?.map(({ name, displayName }) => [name, displayName]),
      [
        ["bronze", "bronze"],
        ["Lakehouse/silver", "silver"],
      ],
    );
  });

  test("A configuration is accepted with folders written with or without slashes around them", () => {
    const written = ["ingest/raw", "/ingest/raw", "/ingest/raw/", "/"];
    const items = written.map((folder, index) => ({ type: "Lakehouse", name: `l${index}`, folder }));
    assert.deepEqual(
      read(item(...items)).workspaces[0]?.items.map(({ folder }) => folder),
      ["/ingest/raw", "/ingest/raw", "/ingest/raw", undefined],
    );
  });

  test("A configuration is accepted with an item type that is newer than this program", () => {
    assert.deepEqual(problemsOf(item({ type: "QuantumLake", name: "q" })), []);
  });

  test("A configuration is accepted with different types of one display name, and one name in different workspaces", () => {
    const items = [
      { type: "Lakehouse", displayName: "sales" },
      { type: "Warehouse", displayName: "sales" },
    ];
    assert.deepEqual(
      problemsOf({
        workspaces: [
          { name: "a", items },
          { name: "b", items },
        ],
      }),
      [],
    );
  });

  test("A configuration is accepted with the emulator, with loopback, and with a host that the environment allows", () => {
    assert.deepEqual(problemsOf(stack({ endpoint: "emulator" })), []);
    assert.deepEqual(problemsOf(stack({ endpoint: "http://127.0.0.1:8080/v1" })), []);
    assert.deepEqual(
      problemsOf(stack({ endpoint: "https://fabric.test/v1" }), { FABRIC_ALLOWED_HOSTS: "fabric.test" }),
      [],
    );
  });

  test("A configuration is accepted with ids in any case, kept in the service's lower case", () => {
    assert.equal(read(stack({ tenantId: groupId.toUpperCase() })).tenantId, groupId);
  });

  test("A configuration is accepted with usersAuthoritative", () =>
    assert.deepEqual(problemsOf(workspace({ usersAuthoritative: true })), []));
});

test("All problems are listed at once, in the order of their paths, each with its place in the file", () => {
  const raw = {
    endpont: "emulator",
    tenantId: "contoso",
    workspaces: [
      {
        name: "sales",
        colour: "red",
        users: [{ principal: "alice@contoso.com", role: "Admn" }],
        git: { gitProviderType: "GitHub", repositoryName: "sales", branchName: "main" },
        items: [
          { path: "fabric/no.Notebook", folder: "/a:b" },
          { typ: "Lakehouse", name: "x" },
        ],
      },
      { name: "Sales" },
    ],
  };
  assert.throws(() => read(raw), {
    name: "StackConfigError",
    message: `The configuration in Pulumi.dev.yaml has 11 problems:
  fabric:endpont: unknown key; did you mean endpoint?
  fabric:tenantId: must be an id like 01234567-89ab-cdef-0123-456789abcdef
  fabric:workspaces[0].colour: unknown key; known are name, displayName, description, capacity, adopt, protect, usersAuthoritative, users, git, items and from
  fabric:workspaces[0].git.connectionId: required for GitHub, which knows no automatic credentials
  fabric:workspaces[0].git.ownerName: required for GitHub
  fabric:workspaces[0].items[0].folder: has a folder name with one of ~ " # . & * : < > ? { | } \\ % or a control character
  fabric:workspaces[0].items[0].path: fabric/no.Notebook does not exist.
  fabric:workspaces[0].items[1].typ: unknown key; did you mean type?
  fabric:workspaces[0].items[1].type: required where there is no path
  fabric:workspaces[0].users[0].role: must be Admin, Member, Contributor or Viewer; did you mean Admin?
  fabric:workspaces[1].name: same name as fabric:workspaces[0].name
Nothing was deployed. Every key is described in docs/configuration.md.`,
  });
});

test("No value is repeated in the message, because it may be a secret in the wrong place", () => {
  const secret = "s3cr3t-Value";
  const raw = {
    endpoint: `https://user:${secret}@api.fabric.microsoft.com/v1`,
    keyVaultUrl: `https://v.vault.azure.net/?sig=${secret}`,
    tenantId: secret,
    credential: secret,
    transactionLog: `https://a.blob.core.windows.net/logs?sig=${secret}`,
    workspaces: [
      {
        name: 5,
        users: [{ principal: secret, role: secret, type: secret }],
        git: { ...gitHub, connectionId: secret, sync: secret },
        items: [{ type: "Lakehouse", creationPayload: secret, folder: `a:${secret}` }],
      },
      { name: secret, git: { gitProviderType: secret } },
      { name: secret },
    ],
  };
  assert.throws(
    () => read(raw),
    (error: Error) =>
      error instanceof StackConfigError && error.problems.length >= 14 && !error.stack?.includes(secret),
  );
});

test("An endpoint from the environment takes the place of an untrusted one", () => {
  const untrusted = stack({ endpoint: "https://fabric.example/v1" });
  assert.deepEqual(problemsOf(untrusted, { FABRIC_ENDPOINT: "http://127.0.0.1:8080/v1" }), []);
});

describe("The committed configuration of stack", () => {
  const flags = ["useKeyVault", "useRetryLogic", "useTelemetry", "useRollback", "useCircuitBreaker"] as const;
  const committed = (name: string): StackConfig => {
    const file = parse(readFileSync(join(repository, `Pulumi.${name}.yaml`), "utf8")) as { config: object };
    const raw = Object.fromEntries(
      Object.entries(file.config).map(([key, value]) => [key.replace("fabric:", ""), value as unknown]),
    );
    return parseStackConfig(raw, { projectRoot: repository, stack: name, env: {} });
  };
  const onIn = (config: StackConfig) => flags.filter((flag) => config.features[flag]);

  test("The committed configuration of stack local is valid, uses the emulator with retries only, and protects nothing", () => {
    const config = committed("local");
    assert.equal(config.endpoint, "emulator");
    assert.deepEqual(onIn(config), ["useRetryLogic"]);
    assert.equal(config.protectData, false);
    assert.equal(config.workspaces.length, 3);
    assert.deepEqual(
      config.workspaces.map(({ items }) => items.length),
      [3, 9, 0],
    );
  });

  test("The committed configuration of stack dev is valid and uses every feature", () => {
    const config = committed("dev");
    assert.deepEqual(onIn(config), flags);
    assert.equal(config.requireAllFeatures, false);
  });

  test("The committed configuration of stack prod is valid, demands every feature and protects data", () => {
    const config = committed("prod");
    assert.deepEqual(onIn(config), flags);
    assert.equal(config.requireAllFeatures, true);
    assert.equal(config.protectData, true);
  });
});
