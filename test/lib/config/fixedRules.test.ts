import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import { git, gitHub, groupId, item, problemsOf, read, user, workspace } from "./exampleStack.ts";

/* What the service refuses by a fixed rule, and so is told before the first call. */

const azureDevOps = {
  gitProviderType: "AzureDevOps",
  organizationName: "contoso",
  projectName: "Data Platform",
  repositoryName: "Sales Models",
  branchName: "feature/50%-off",
  directoryName: "/Data Platform",
};
const devOps = (keys: Record<string, unknown>) => workspace({ git: { ...azureDevOps, ...keys } });
const named = (type: string, displayName: string) => item({ type, displayName });
const [at, ofGit, ofUser] = [
  "fabric:workspaces[0].items[0].displayName",
  "fabric:workspaces[0].git",
  "fabric:workspaces[0].users[0]",
];

describe("names of anything", () => {
  it("Names of anything are refused offline with a control character, which the service takes in none", () => {
    for (const [raw, place] of [
      [{ workspaces: [{ name: "sa\nles" }] }, "fabric:workspaces[0].name"],
      [{ workspaces: [{ name: "sales", displayName: "sa\tles" }] }, "fabric:workspaces[0].displayName"],
      [named("Report", "Q1\u0085Q2"), at],
      [item({ type: "Report", name: "Q1\u0000Q2" }), "fabric:workspaces[0].items[0].name"],
    ] as const)
      assert.deepEqual(problemsOf(raw), [`${place}: must be a name, and not one with a control character`]);
  });

  it("Names of anything may have emoji, letters of any script, characters that join others, and dots at their end", () => {
    for (const name of [
      "\u{1F9F5} sales",
      "\u65E5\u672C",
      "e\u0301t\u00E9",
      "\u{1F469}\u200D\u{1F680}",
      "sales...",
      "a\u00A0b",
    ])
      assert.deepEqual(problemsOf({ workspaces: [{ name, items: [{ type: "Report", name }] }] }), [], name);
  });

  it("Names of anything in a .platform file are refused like those of a folder of items where path names the folder of one", () => {
    const projectRoot = mkdtempSync(join(tmpdir(), "fabric-platform-names-"));
    for (const [displayName, fault] of [
      [" orders", "that begins or ends with a space"],
      ["orders\n", "with a control character"],
      ["o".repeat(257), "of more than 256 characters"],
    ] as const) {
      const folder = join(projectRoot, "fabric", "orders.Notebook");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, ".platform"), JSON.stringify({ metadata: { type: "Notebook", displayName } }));
      writeFileSync(join(folder, "notebook-content.py"), "# Fabric notebook source\n");
      const raw = { workspaces: [{ name: "sales", items: [{ path: "fabric/orders.Notebook" }] }] };
      assert.throws(
        () => parseStackConfig(raw, { projectRoot, stack: "dev", env: {} }),
        ({ problems }: StackConfigError) =>
          problems.length === 1 &&
          problems[0]?.path === "fabric:workspaces[0].items[0].path" &&
          problems[0].message === `fabric/orders.Notebook/.platform has a displayName ${fault}`,
      );
    }
    rmSync(projectRoot, { recursive: true });
  });
});

describe("names of items, by the rules of their type", () => {
  const refused: [type: string, name: string][] = [
    ...["lh-demo", "my lake", "1st", "_raw", "lake.raw", "ünder", "l".repeat(124)].map((name): [string, string] => [
      "Lakehouse",
      name,
    ]),
    ["Eventhouse", "events!"],
    ["KQLDatabase", "a/b"],
    ["Ontology", "my-ontology"],
    ["Ontology", "o".repeat(100)],
    ["DigitalTwinBuilder", "1twin"],
    ["AppBackend", "a:b"],
    ["AppBackend", "ends."],
    ["AppBackend", "tempdb"],
    ["SQLDatabase", "orders (new)"],
    ["VariableLibrary", "1settings"],
    ["VariableLibrary", "settings.dev"],
  ];
  for (const [type, name] of refused)
    it(`The ${type} '${name.slice(0, 12)}' of ${name.length} characters is refused offline, with its path and the rule`, () => {
      const [problem = "", ...others] = problemsOf(named(type, name));
      assert.deepEqual(others, []);
      assert.ok(problem.startsWith(`${at}: `), problem);
      assert.match(problem, new RegExp(`${type}|keeps for itself`));
    });

  it("Names that the service takes, or that nothing documented is against, are not refused", () => {
    const right: [type: string, name: string][] = [
      ["Lakehouse", "lh_demo_1"],
      ["Lakehouse", "L".repeat(123)],
      ["Eventhouse", "Fabric Platform Monitoring"],
      ["KQLDatabase", "events.raw-1_ü"],
      ["SQLDatabase", "Hello db"],
      ["VariableLibrary", "Environmental variables-1"],
      ["AppBackend", "shop front"],
      ["Notebook", "01 - load (new)!"],
      ["Warehouse", "wh-demo"],
      ["SomethingNewer", "a-b"],
    ];
    for (const [type, name] of right) assert.deepEqual(problemsOf(named(type, name)), [], `${type} ${name}`);
  });

  it("The path is that of the key that holds the name, and adopt: true says that there is an item of the name", () => {
    assert.match(problemsOf(item({ type: "Lakehouse", name: "lh-demo" })).join(), /items\[0\]\.name: is no name/);
    assert.deepEqual(problemsOf(item({ type: "Lakehouse", name: "lh-demo", displayName: "lh_demo" })), []);
    assert.deepEqual(problemsOf(item({ type: "Lakehouse", name: "lh-demo", adopt: true })), []);
  });

  it("A name in a .platform file is told with its file, for one folder and for a folder of folders", () => {
    const projectRoot = mkdtempSync(join(tmpdir(), "project-"));
    try {
      const folder = join(projectRoot, "fabric/sales/lake.Lakehouse");
      mkdirSync(folder, { recursive: true });
      const platform = { metadata: { type: "Lakehouse", displayName: "lh-demo" } };
      writeFileSync(join(folder, ".platform"), JSON.stringify(platform));
      writeFileSync(join(folder, "lakehouse.metadata.json"), "{}");
      const problems = (entry: Record<string, unknown>) => {
        try {
          parseStackConfig(item(entry), { projectRoot, stack: "dev", env: {} });
          return [];
        } catch (error) {
          assert.ok(error instanceof StackConfigError, String(error));
          return error.problems.map(({ path, message }) => `${path}: ${message}`);
        }
      };
      const single = /^fabric:workspaces\[0\]\.items\[0\]\.path: .*lake\.Lakehouse\/\.platform.*lh-demo.* a Lakehouse/;
      assert.match(problems({ path: "fabric/sales/lake.Lakehouse" }).join("\n"), single);
      const all = /^fabric:workspaces\[0\]\.items\[0\]\.from: .*lake\.Lakehouse\/\.platform.*lh-demo.* a Lakehouse/;
      assert.match(problems({ from: "fabric/sales" }).join("\n"), all);
      assert.deepEqual(problems({ from: "fabric/sales", adopt: true }), []);
      assert.deepEqual(problems({ from: "fabric/sales", items: { "lake.Lakehouse": { adopt: true } } }), []);
    } finally {
      rmSync(projectRoot, { recursive: true });
    }
  });
});

describe("principals, by the rules of the service", () => {
  it("A service principal profile as Viewer is refused offline, and other roles for it that the service was seen to refuse are warned of", () => {
    const profile = { principal: groupId, type: "ServicePrincipalProfile" };
    assert.match(
      problemsOf(user({ ...profile, role: "Viewer" })).join(),
      /^fabric:workspaces\[0\]\.users\[0\]\.role: .*service principal profile/,
    );
    assert.deepEqual(problemsOf(user({ ...profile, role: "Admin" })), []);
    assert.deepEqual(read(user({ ...profile, role: "Admin" })).warnings, undefined);
    assert.match(read(user({ ...profile, role: "Member" })).warnings?.join() ?? "", /users\[0\]\.role.*profile/);
  });

  const refused: [principal: string, problem: RegExp][] = [
    ["dora@gmail.com", /dora_gmail\.com#EXT#@TENANT\.onmicrosoft\.com/],
    ["Dora@Outlook.com", /Dora_Outlook\.com#EXT#@TENANT/],
    ["dora@gmail.com#EXT#@contoso.onmicrosoft.com", /write dora_gmail\.com#EXT#@contoso\.onmicrosoft\.com/],
    ["dora_gmail.com%23EXT%23@contoso.onmicrosoft.com", /write dora_gmail\.com#EXT#@contoso\.onmicrosoft\.com/],
    ["Dora <dora@contoso.com>", /must be a user principal name \(alice@contoso\.com\)/],
    ["dora@contoso@com", /must be a user principal name/],
    ["mailto:dora@contoso.com", /must be a user principal name/],
    ["@contoso.com", /must be a user principal name/],
  ];
  for (const [principal, problem] of refused)
    it(`The principal ${principal} is refused offline, with the spelling to use`, () => {
      const [found = "", ...others] = problemsOf(user({ principal, role: "Viewer" }));
      assert.deepEqual(others, []);
      assert.ok(found.startsWith(`${ofUser}.principal: `), found);
      assert.match(found, problem);
    });

  it("Guests as Entra spells them, and users of any domain that a tenant can have, are accepted", () => {
    for (const principal of [
      "dora_gmail.com#EXT#@contoso.onmicrosoft.com",
      "o'neil@contoso.com",
      "a.b-c_d@sub.contoso.co.uk",
      "ü@contoso.com",
    ])
      assert.deepEqual(problemsOf(user({ principal, role: "Viewer" })), [], principal);
  });
});

describe("what a Git connection names, by the rules of its provider", () => {
  const refused: [raw: Record<string, unknown>, key: string, problem: RegExp][] = [
    [devOps({ projectName: "Data%20Platform" }), "projectName", /percent-encoded.*write 'Data Platform'/],
    [devOps({ organizationName: "con%74oso" }), "organizationName", /percent-encoded.*write 'contoso'/],
    [devOps({ repositoryName: "Sales%20Models" }), "repositoryName", /percent-encoded.*write 'Sales Models'/],
    [git({ ownerName: "con%2Dtoso" }), "ownerName", /percent-encoded.*write 'con-toso'/],
    [git({ repositoryName: "sales%2Ddata" }), "repositoryName", /percent-encoded.*write 'sales-data'/],
    [devOps({ organizationName: "https://dev.azure.com/contoso" }), "organizationName", /did you mean 'contoso'\?/],
    [git({ repositoryName: "https://github.com/contoso/sales.git" }), "repositoryName", /did you mean 'sales'\?/],
    [git({ repositoryName: "contoso/sales" }), "repositoryName", /did you mean 'sales'\?/],
    [git({ repositoryName: "sales data" }), "repositoryName", /letters, digits/],
    [git({ branchName: "refs/heads/main" }), "branchName", /write 'main'/],
    [git({ branchName: "my branch" }), "branchName", /no name that a branch can have/],
    [git({ branchName: "a..b" }), "branchName", /no name that a branch can have/],
    [git({ branchName: "main.lock" }), "branchName", /no name that a branch can have/],
  ];
  for (const [raw, key, problem] of refused) {
    const value = (raw["workspaces"] as { git: Record<string, unknown> }[])[0]?.git[key] as string;
    it(`The ${key} '${value}' is refused offline, with the spelling to use`, () => {
      const [found = "", ...others] = problemsOf(raw);
      assert.deepEqual(others, []);
      assert.ok(found.startsWith(`${ofGit}.${key}: `), found);
      assert.match(found, problem);
    });
  }

  it("A branch or directory may have a percent sign, so one that looks encoded is warned of, with what is perhaps meant", () => {
    const { warnings = [] } = read(devOps({ branchName: "feature%2Fx", directoryName: "/Data%20Platform" }));
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? "", /git\.branchName is percent-encoded.*'feature\/x'/);
    assert.match(warnings[1] ?? "", /git\.directoryName is percent-encoded.*'\/Data Platform'/);
  });

  it("Names as the providers have them are accepted without a word", () => {
    for (const raw of [devOps({}), git({}), git({ ownerName: "contoso_emu", repositoryName: ".github" })]) {
      assert.deepEqual(problemsOf(raw), []);
      assert.equal(read(raw).warnings, undefined);
    }
  });
});

it("All that breaks a fixed rule is told at once, each with its path", () => {
  const raw = {
    workspaces: [
      {
        name: "sales",
        users: [
          { principal: groupId, type: "ServicePrincipalProfile", role: "Viewer" },
          { principal: "dora@gmail.com", role: "Admin" },
        ],
        git: { ...azureDevOps, projectName: "Data%20Platform", branchName: "refs/heads/main" },
        items: [
          { type: "Lakehouse", name: "lh-demo" },
          { type: "KQLDatabase", name: "a/b", displayName: "a/b" },
        ],
      },
      { name: "b", git: { ...gitHub, ownerName: "https://github.com/contoso" } },
    ],
  };
  assert.deepEqual(
    problemsOf(raw).map((line) => line.split(": ")[0]),
    [
      "fabric:workspaces[0].git.branchName",
      "fabric:workspaces[0].git.projectName",
      "fabric:workspaces[0].items[0].name",
      "fabric:workspaces[0].items[1].displayName",
      "fabric:workspaces[0].users[0].role",
      "fabric:workspaces[0].users[1].principal",
      "fabric:workspaces[1].git.ownerName",
    ],
  );
});
