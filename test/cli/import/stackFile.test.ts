import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { withWorkspaces } from "../../../cli/import/stackFile.ts";

const entry = { name: "sales", users: [{ principal: "3f2b8a51", type: "Group", role: "Viewer" }] };
const block = `    - name: sales
      users:
        - { principal: 3f2b8a51, type: Group, role: Viewer }
`;

describe("a stack's file with an imported workspace", () => {
  it("A stack's file with an imported workspace keeps every letter of what was there, and has the new entry after the last one", () => {
    const head = `# ours
encryptionsalt: v1:abc
config:
  fabric:endpoint:   emulator   # two spaces too many
  fabric:workspaces:
    # the first
    - name: finance    # keep
      items:
        - {
            name: bronze, type: Lakehouse,
          }
      description: |
        two
        lines
`;
    const tail = `
    # - name: later
  fabric:protectData: false
`;
    assert.equal(withWorkspaces(head + tail, [entry]), head + block + tail);
  });

  it("A stack's file with an imported workspace follows the indentation of the list, and the line ends of the file", () => {
    const text = "config:\r\n    fabric:workspaces:\r\n    - name: finance";
    const added = withWorkspaces(text, [{ name: "sales" }]);
    assert.equal(added, "config:\r\n    fabric:workspaces:\r\n    - name: finance\r\n    - name: sales\r\n");
  });

  for (const [what, before, start] of [
    ["no file", "", "config:\n  fabric:workspaces:\n"],
    ["no config", "encryptionsalt: v1:abc", "encryptionsalt: v1:abc\nconfig:\n  fabric:workspaces:\n"],
    ["an empty config", "config:\n", "config:\n  fabric:workspaces:\n"],
    [
      "no workspaces",
      "config:\n  fabric:endpoint: emulator",
      "config:\n  fabric:endpoint: emulator\n  fabric:workspaces:\n",
    ],
    ["an empty list", "config:\n  fabric:workspaces: []\n", "config:\n  fabric:workspaces:\n"],
    ["a key without value", "config:\n  fabric:workspaces:\n", "config:\n  fabric:workspaces:\n"],
  ] as const) {
    it(`A stack's file with an imported workspace begins the list where there is ${what}`, () => {
      assert.equal(withWorkspaces(before, [entry]), start + block);
    });
  }

  it("A stack's file with an imported workspace goes on with the keys behind an empty list", () => {
    const added = withWorkspaces("config:\n  fabric:workspaces: [] # none yet\n  fabric:protectData: false\n", [entry]);
    assert.deepEqual(parse(added), { config: { "fabric:workspaces": [entry], "fabric:protectData": false } });
    assert.match(added, /# none yet/);
  });

  it("A stack's file with an imported workspace says behind an object id whose it is, on one line", () => {
    const added = withWorkspaces("", [entry], new Map([["3f2b8a51", "Data\nanalysts"]]));
    assert.match(added, /role: Viewer \} # Data analysts\n/);
  });

  it("A stack's file with an imported workspace says behind the id of a connection what its name is", () => {
    const git = { gitProviderType: "GitHub", connectionId: "9a4c1e22" };
    const added = withWorkspaces("", [{ name: "sales", git }], new Map([["9a4c1e22", "contoso\nGitHub"]]));
    assert.match(added, /connectionId: 9a4c1e22 # contoso GitHub\n/);
    assert.deepEqual(parse(added), { config: { "fabric:workspaces": [{ name: "sales", git }] } });
  });

  it("A stack's file with an imported workspace quotes what YAML would read as something else", () => {
    const odd = {
      name: "007",
      description: "a: b # c",
      items: [{ name: "null", type: "Notebook", displayName: "it's" }],
    };
    assert.deepEqual(parse(withWorkspaces("", [odd])), { config: { "fabric:workspaces": [odd] } });
  });

  it("A stack's file with an imported workspace is refused where nothing can be added without rewriting it", () => {
    assert.throws(() => withWorkspaces("config: { a: 1 }", [entry]), /block of keys/);
    assert.throws(() => withWorkspaces("config:\n  fabric:workspaces: [{ name: a }]", [entry]), /block list/);
    assert.throws(() => withWorkspaces("config: [", [entry]), /not valid YAML/);
  });
});
