import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { stackSettings } from "../../../cli/stack/stackSettings.ts";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import { kindKeys } from "../../../providers/kinds/kinds.ts";

/** A project whose workspaces stand in these files, by path. */
class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "project-"));

  constructor(files: Readonly<Record<string, unknown>>) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), typeof content === "string" ? content : stringify(content));
    }
  }

  read(workspaces: unknown, others: Readonly<Record<string, unknown>> = {}) {
    const raw = { ...others, workspaces };
    return parseStackConfig(raw, { projectRoot: this.folder, stack: "dev", env: {}, kindKeys });
  }

  names(workspaces: unknown): string[] {
    return this.read(workspaces).workspaces.map(({ name }) => name);
  }

  /** What is wrong, one line each; none if the configuration is accepted. */
  problems(workspaces: unknown, others?: Readonly<Record<string, unknown>>): string[] {
    try {
      this.read(workspaces, others);
      return [];
    } catch (error) {
      assert.ok(error instanceof StackConfigError, String(error));
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    }
  }

  [Symbol.dispose]() {
    rmSync(this.folder, { recursive: true });
  }
}

const endpoint = {
  name: "sales-sql",
  targetPrivateLinkResourceId: "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Sql/servers/sales",
  targetSubresourceType: "sqlServer",
};
const gitHub = {
  gitProviderType: "GitHub",
  ownerName: "contoso",
  repositoryName: "sales",
  branchName: "main",
  connectionId: "9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e",
};
const all = [{ from: "workspaces/*.yaml" }];

describe("workspaces in files", () => {
  it("Workspaces of files stand where their entry stands, in the order of the files' paths, beside other entries", () => {
    using project = new Project({
      "workspaces/b.yaml": { name: "b" },
      "workspaces/a.yaml": [{ name: "a2" }, { name: "a1" }],
      "workspaces/c.json": JSON.stringify([{ name: "json" }], undefined, "\t"),
      "workspaces/README.md": "no workspace",
    });
    const entries = [{ name: "first" }, ...all, { name: "between" }, { from: "./workspaces/c.json" }, { name: "last" }];
    assert.deepEqual(project.names(entries), ["first", "a2", "a1", "b", "between", "json", "last"]);
  });

  it("Workspaces of files are what the same entries in the stack's file are, with paths from the project's folder", () => {
    const platform = JSON.stringify({ metadata: { type: "Notebook", displayName: "ingest" } });
    const entry = {
      name: "sales",
      users: [{ principal: "a@contoso.com", role: "Admin" }],
      items: [
        { path: "fabric/ingest.Notebook" },
        { from: "fabric", exclude: ["ingest.*"] },
        { name: "raw", type: "Lakehouse" },
      ],
      managedPrivateEndpoints: [endpoint],
    };
    using project = new Project({
      "fabric/ingest.Notebook/.platform": platform,
      "fabric/ingest.Notebook/notebook-content.py": "# Fabric notebook source\n",
      "fabric/other.Notebook/.platform": platform.replace("ingest", "other"),
      "fabric/other.Notebook/notebook-content.py": "# Fabric notebook source\n",
      "workspaces/deep/down/sales.yaml": entry,
    });
    assert.deepEqual(project.read([{ from: "workspaces/**/*.yaml" }]), project.read([entry]));
  });

  it("Workspaces of a file may share values by anchors and merge keys, as often as they like", () => {
    const workspaces = Array.from({ length: 150 }, (_, index) => `- { <<: *common, name: w${index} }`).join("\n");
    using project = new Project({
      "workspaces/a.yaml": `- &common\n  name: common\n  capacity: F2\n  users: [{ principal: a@contoso.com, role: Admin }]\n${workspaces}\n`,
    });
    const { workspaces: found } = project.read(all);
    assert.equal(found.length, 151);
    assert.equal(found[150]?.capacity, "F2");
  });

  it("Workspaces of files count as resources, so the engine's checkpoints go by all of them", () => {
    using project = new Project({ "workspaces/a.yaml": [{ name: "a", users: [{}, {}], items: [{}] }, { name: "b" }] });
    const settings = (workspaces: unknown) => stackSettings({ workspaces }, project.folder, {});
    assert.equal(settings([...all, { name: "c" }]).resources, 6);
    assert.equal(settings([{ from: "no/*.yaml" }, { name: "c" }]).resources, 1);
  });

  it("Workspaces of files tell their problems with the file and the path in it, all at once with those of the stack's file", () => {
    using project = new Project({
      "workspaces/a.yaml": {
        name: "a",
        git: { gitProviderType: "GitHub" },
        managedPrivateEndpoints: [{ ...endpoint, name: "x/y" }],
      },
      "workspaces/b.yaml": [{ name: "b" }, { name: "c", users: [{ principal: "x@contoso.com", role: "Boss" }] }, "d"],
    });
    const problems = project.problems([{ name: "A" }, ...all, { name: "e", colour: 1 }], { tenantId: "x" });
    for (const expected of [
      "fabric:tenantId: must be an id like 01234567-89ab-cdef-0123-456789abcdef",
      "fabric:workspaces[2].colour: unknown key; known are ",
      "workspaces/a.yaml git.ownerName: required for GitHub",
      "workspaces/a.yaml name: same name as fabric:workspaces[0].name",
      "workspaces/a.yaml managedPrivateEndpoints[0].name: must not contain / or ::",
      "workspaces/b.yaml [1].users[0].role: must be Admin, Member, Contributor or Viewer",
      "workspaces/b.yaml [2]: must be an object with keys",
    ])
      assert.ok(
        problems.some((problem) => problem.startsWith(expected)),
        `${expected}\nin\n${problems.join("\n")}`,
      );
    assert.equal(new Set(problems).size, problems.length);
    assert.ok(
      problems.every((problem) => !/fabric:workspaces\[[13-9]/.test(problem)),
      problems.join("\n"),
    );
  });

  it("Two workspaces of one name are told with both files and lines", () => {
    using project = new Project({
      "Pulumi.yaml": "name: p\n",
      "Pulumi.dev.yaml": "config:\n  fabric:workspaces:\n    - from: workspaces/*.yaml\n    - name: b\n",
      "workspaces/a.yaml": "name: a\nusers: []\n",
      "workspaces/b.yaml": "# several\n- name: A\n- displayName: a\n  name: b\n",
    });
    assert.deepEqual(project.problems([...all, { name: "b" }]), [
      "fabric:workspaces[1].name: same name as workspaces/b.yaml [1].name (Pulumi.dev.yaml:4 and workspaces/b.yaml:4)",
      "workspaces/b.yaml [0].name: same name as workspaces/a.yaml name (workspaces/b.yaml:2 and workspaces/a.yaml:1)",
      "workspaces/b.yaml [1].displayName: same displayName as workspaces/a.yaml name (workspaces/b.yaml:3 and workspaces/a.yaml:1)",
    ]);
  });

  it("Names that other keys mean are found in files, too", () => {
    using project = new Project({ "workspaces/a.yaml": { name: "a", identity: true } });
    const user = { principal: { workspaceIdentity: "a" }, role: "Viewer" };
    assert.deepEqual(project.problems([{ name: "b", users: [user] }, ...all]), []);
  });

  it("Warnings about a workspace of a file name the file", () => {
    using project = new Project({ "workspaces/a.yaml": { name: "a", git: { ...gitHub, directoryName: "/a%20b" } } });
    assert.deepEqual(
      project.read([{ name: "b" }, ...all]).warnings?.map((warning) => warning.slice(0, 56)),
      ["workspaces/a.yaml git.directoryName is percent-encoded, "],
    );
  });

  const refused: [title: string, files: Readonly<Record<string, unknown>>, workspaces: unknown, problems: string[]][] =
    [
      [
        "a glob that matches no file",
        { "workspaces/a.yml": { name: "a" } },
        all,
        ["fabric:workspaces[0].from: workspaces/*.yaml matches no file"],
      ],
      ["a file that does not exist", {}, [{ from: "a.yaml" }], ["fabric:workspaces[0].from: a.yaml does not exist"]],
      [
        "a folder",
        { "workspaces/a.yaml": { name: "a" } },
        [{ from: "workspaces/" }],
        ["fabric:workspaces[0].from: workspaces is a folder: name its files, for example workspaces/*.yaml"],
      ],
      [
        "a file outside of the project",
        {},
        [{ from: "../other/*.yaml" }, { from: "/etc/passwd" }, { from: String.raw`workspaces\a.yaml` }],
        [
          "fabric:workspaces[0].from: leads out of the project",
          "fabric:workspaces[1].from: must be relative to the folder of Pulumi.yaml, with / between folders",
          "fabric:workspaces[2].from: must be relative to the folder of Pulumi.yaml, with / between folders",
        ],
      ],
      [
        "a from that is no text",
        {},
        [{ from: ["a.yaml"] }, { from: " " }],
        [
          "fabric:workspaces[0].from: must be text: the path of a file, or a glob for several",
          "fabric:workspaces[1].from: must be text: the path of a file, or a glob for several",
        ],
      ],
      [
        "other keys beside from",
        { "workspaces/a.yaml": { name: "a" } },
        [{ from: "workspaces/a.yaml", name: "b" }],
        ["fabric:workspaces[0].name: not together with from: the keys of a workspace stand in its file"],
      ],
      [
        "a file that two entries name",
        { "workspaces/a.yaml": { name: "a" } },
        [{ from: "workspaces/a.yaml" }, ...all],
        ["fabric:workspaces[1].from: workspaces/a.yaml is named by fabric:workspaces[0].from, too"],
      ],
      [
        "broken YAML, with file, line and column",
        { "workspaces/a.yaml": "name: a\nusers: [\n" },
        all,
        ["fabric:workspaces[0].from: workspaces/a.yaml:3:1 is not valid YAML: the [ of line 2 is not closed"],
      ],
      [
        "an alias that nothing has set",
        { "workspaces/a.yaml": "name: a\ncapacity: *no\n" },
        all,
        [
          "fabric:workspaces[0].from: workspaces/a.yaml:2:11 is not valid YAML: Unresolved alias (the anchor must be set before the alias): no",
        ],
      ],
      [
        "several documents in one file",
        { "workspaces/a.yaml": "name: a\n---\nname: b\n" },
        all,
        ["fabric:workspaces[0].from: workspaces/a.yaml:2:1 is not valid YAML: a second document begins here (---)"],
      ],
      [
        "an empty file",
        { "workspaces/a.yaml": "# nothing yet\n" },
        all,
        [
          "fabric:workspaces[0].from: workspaces/a.yaml is empty: it must hold a workspace or a list of workspaces ([] for none)",
        ],
      ],
      [
        "a file that holds something else",
        { "workspaces/a.yaml": "sales" },
        all,
        ["fabric:workspaces[0].from: workspaces/a.yaml must hold a workspace or a list of workspaces"],
      ],
      [
        "a file in the shape of a stack's",
        {
          "workspaces/a.yaml": { config: { "fabric:workspaces": [{ name: "a" }] } },
          "workspaces/b.yaml": { "fabric:workspaces": [] },
        },
        all,
        [
          "fabric:workspaces[0].from: workspaces/a.yaml must hold a workspace or a list of workspaces, without config above them",
          "fabric:workspaces[0].from: workspaces/b.yaml must hold a workspace or a list of workspaces, without fabric:workspaces above them",
        ],
      ],
      [
        "a file that names further files",
        { "workspaces/a.yaml": [{ from: "more/*.yaml" }, { name: "a", from: "x" }] },
        all,
        [
          "workspaces/a.yaml [0].from: only the stack's own list takes from, and not a file that it names: name the files there",
          "workspaces/a.yaml [1].from: only the stack's own list takes from, and not a file that it names: name the files there",
        ],
      ],
      [
        "secrets, with the reason and the way out",
        {
          "workspaces/a.yaml": { name: "a", description: { secure: "v1:abc" }, git: { secure: "v1:abc" } },
          "workspaces/b.yaml": [{ secure: "v1:abc" }],
          "workspaces/c.yaml": { secure: "v1:abc" },
        },
        all,
        ["workspaces/a.yaml description", "workspaces/a.yaml git", "workspaces/b.yaml [0]", "workspaces/c.yaml"].map(
          (place) =>
            `${place}: is a secret, and this project keeps nothing secret that is configured here; Pulumi decrypts nothing in this ` +
            "file either. Secrets belong into Key Vault (npm run secret -- set NAME --stack dev) or into the environment. Write " +
            "plain text here.",
        ),
      ],
      [
        "what only the readable files have wrong, beside an unreadable one, and nothing that may stand in that",
        {
          "workspaces/a.yaml": "{",
          "workspaces/b.yaml": {
            name: "b",
            colour: 1,
            users: [{ principal: { workspaceIdentity: "a" }, role: "Viewer" }],
          },
        },
        all,
        [
          "fabric:workspaces[0].from: workspaces/a.yaml:1:2 is not valid YAML: the { of line 1 is not closed",
          "workspaces/b.yaml colour: unknown key; known are name, displayName",
        ],
      ],
    ];
  for (const [title, files, workspaces, expected] of refused) {
    it(`Workspaces in files are refused for ${title}`, () => {
      using project = new Project(files);
      const found = project.problems(workspaces);
      assert.deepEqual(
        found.map((problem, index) => problem.slice(0, expected[index]?.length)),
        expected,
        found.join("\n"),
      );
    });
  }

  it("Workspaces in files are refused behind symbolic links, whose targets may lie anywhere", () => {
    using elsewhere = new Project({ "a.yaml": { name: "a" } });
    using project = new Project({ "workspaces/b.yaml": { name: "b" } });
    symlinkSync(join(elsewhere.folder, "a.yaml"), join(project.folder, "workspaces/a.yaml"));
    symlinkSync(elsewhere.folder, join(project.folder, "linked"));
    symlinkSync(elsewhere.folder, join(project.folder, "workspaces/linked"));
    const link = (path: string) => `${path} is a symbolic link. Put the`;
    for (const [from, path] of [
      ["workspaces/*.yaml", "workspaces/a.yaml"],
      ["workspaces/a.yaml", "workspaces/a.yaml"],
      ["linked/*.yaml", "linked"],
      ["linked/a.yaml", "linked"],
      ["workspaces/*/*.yaml", "workspaces/linked"],
    ] as const) {
      const problems = project.problems([{ from }]);
      assert.ok(
        problems.some((problem) => problem.startsWith(`fabric:workspaces[0].from: ${link(path)}`)),
        problems.join("\n"),
      );
    }
  });

  it("A glob looks into neither hidden folders nor node_modules, and takes a file whose own name looks like one", () => {
    using project = new Project({
      "node_modules/x/a.yaml": "{",
      ".hidden/a.yaml": "{",
      "deep/down/a.yaml": { name: "a" },
      "deep/[b].yaml": { name: "b" },
    });
    assert.deepEqual(project.names([{ from: "**/a.yaml" }]), ["a"]);
    assert.deepEqual(project.names([{ from: "deep/[b].yaml" }]), ["b"]);
    assert.deepEqual(project.names([{ from: "{deep,other}/**/{a,c}.y?(a)ml" }]), ["a"]);
  });
});
