import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeWorkspace } from "../../../cli/import/description.ts";
import type { ExistingWorkspace } from "../../../cli/import/existingWorkspace.ts";
import { keysFor } from "../../../cli/import/keys.ts";
import { selectWorkspaces } from "../../../cli/import/selection.ts";

const caller = "00000000-0000-4000-8000-0000000000ca";
const workspaceId = "00000000-0000-4000-8000-0000000000e5";
const workspace = { id: workspaceId, displayName: "sales", type: "Workspace" };
const item = (
  id: string,
  type: string,
  displayName: string,
  more: { folderId?: string; description?: string } = {},
) => ({
  id,
  type,
  displayName,
  workspaceId,
  ...more,
});
const existing = (more: Partial<ExistingWorkspace> = {}): ExistingWorkspace => ({
  workspace,
  users: [],
  folders: [],
  items: [],
  withSchemas: new Set(),
  others: [],
  ...more,
});
const options = { key: "sales", callerId: caller };

describe("an existing workspace in the words of the configuration", () => {
  it("An existing workspace in the words of the configuration declares people by the name that Graph knows, others by id and type, and not the deploying identity", () => {
    const users = [
      { principalId: caller.toUpperCase(), type: "ServicePrincipal", role: "Admin" },
      { principalId: "a1", type: "User", role: "Member", userPrincipalName: "Alice@contoso.com" },
      { principalId: "b1", type: "Group", role: "Viewer" },
      { principalId: "c1", type: "EntireTenant", role: "Viewer" },
    ];
    const { entry, objects, notes } = describeWorkspace(existing({ users }), options);
    assert.deepEqual(entry.users, [
      { principal: "Alice@contoso.com", role: "Member" },
      { principal: "b1", type: "Group", role: "Viewer" },
    ]);
    assert.deepEqual(
      objects.map(({ name, id }) => [name, id]),
      [
        ["sales", workspaceId],
        ["sales/alice@contoso.com", `${workspaceId}/a1`],
        ["sales/b1", `${workspaceId}/b1`],
      ],
    );
    assert.match(notes.join("\n"), /deploying identity.*\n.*EntireTenant/);
  });

  it("An existing workspace in the words of the configuration gives an Admin's role back on destroy where it is not known who deploys, so that nobody is locked out", () => {
    const users = [
      { principalId: "a1", type: "ServicePrincipal", role: "Admin" },
      { principalId: "b1", type: "ServicePrincipal", role: "Member" },
    ];
    const { objects } = describeWorkspace(existing({ users }), { key: "sales", callerId: undefined });
    assert.deepEqual(
      objects.slice(1).map(({ outputs }) => outputs),
      [{ principalId: "a1", adoptedRole: "Admin" }, { principalId: "b1" }],
    );
  });

  it("An existing workspace in the words of the configuration leaves out what comes by itself: SQL endpoints, an eventhouse's own database, what Git brings", () => {
    const items = [
      item("1", "Lakehouse", "bronze"),
      item("2", "SQLEndpoint", "bronze"),
      item("3", "Eventhouse", "Events"),
      item("4", "KQLDatabase", "events"),
      item("5", "KQLDatabase", "other"),
      item("6", "Notebook", "committed"),
      item("7", "Lakehouse", "DataflowsStagingLakehouse"),
    ];
    const git = {
      details: {
        gitProviderType: "GitHub",
        ownerName: "contoso",
        repositoryName: "sales",
        branchName: "main",
        directoryName: "",
      } as const,
      connectionId: "9a",
      head: "27559e",
      onlyInWorkspace: new Set(["1", "3", "5"]),
    };
    const { entry, objects, notes } = describeWorkspace(existing({ items, git }), options);
    const { directoryName: _root, ...details } = git.details;
    assert.deepEqual(entry["git"], { ...details, connectionId: "9a" });
    assert.deepEqual(
      entry.items?.map(({ name }) => name),
      ["bronze", "Events", "other"],
    );
    assert.deepEqual(objects.find(({ kind }) => kind === "GitConnection")?.outputs, { head: "27559e" });
    assert.match(notes.join("\n"), /SQLEndpoint 'bronze', KQLDatabase 'events'.*\nNotebook 'committed': Git brings/);
  });

  it("An existing workspace in the words of the configuration says of an item whose name the service takes no more that it exists", () => {
    const items = [item("1", "Lakehouse", "LH-1"), item("2", "Lakehouse", "lake")];
    const { entry } = describeWorkspace(existing({ items }), options);
    assert.deepEqual(entry.items, [
      { name: "LH-1", type: "Lakehouse", adopt: true },
      { name: "lake", type: "Lakehouse" },
    ]);
  });

  it("An existing workspace in the words of the configuration says why a Git connection is left out, and declares its items", () => {
    const { entry, notes } = describeWorkspace(
      existing({ items: [item("1", "Notebook", "n")], gitProblem: "no credentials" }),
      options,
    );
    assert.equal(entry["git"], undefined);
    assert.equal(entry.items?.length, 1);
    assert.deepEqual(notes, ["the Git connection: no credentials"]);
  });

  it("An existing workspace in the words of the configuration places items by the path of their folder, and cannot declare a folder without items", () => {
    const folders = [
      { id: "f2", displayName: "raw", parentFolderId: "f1" },
      { id: "f1", displayName: "Ingest" },
      { id: "f3", displayName: "empty", parentFolderId: "f1" },
    ];
    const { entry, objects, notes } = describeWorkspace(
      existing({ folders, items: [item("1", "Notebook", "n", { folderId: "f2" })] }),
      options,
    );
    assert.deepEqual(entry.items, [{ name: "n", type: "Notebook", folder: "/Ingest/raw" }]);
    assert.deepEqual(
      objects.filter(({ kind }) => kind === "Folder").map(({ name, inputs }) => [name, inputs["parentFolderId"]]),
      [
        ["sales/ingest/raw", "f1"],
        ["sales/ingest", undefined],
      ],
    );
    assert.deepEqual(notes, ["folder /Ingest/empty: none of the declared items lies there"]);
  });

  it("An existing workspace in the words of the configuration names an item after itself, with its type before it where two items have that name", () => {
    const items = [item("1", "Notebook", "daily"), item("2", "DataPipeline", "Daily"), item("3", "Report", "a::b")];
    const { entry } = describeWorkspace(existing({ items }), options);
    assert.deepEqual(entry.items, [
      { name: "Notebook/daily", displayName: "daily", type: "Notebook" },
      { name: "DataPipeline/Daily", displayName: "Daily", type: "DataPipeline" },
      { name: "a--b", displayName: "a::b", type: "Report" },
    ]);
  });

  it("An existing workspace in the words of the configuration declares definitions by their folder, and a description only where the folder says another", () => {
    const items = [
      item("1", "Notebook", "a", { description: "same" }),
      item("2", "Notebook", "b", { description: "new" }),
    ];
    const definitions = new Map([
      ["1", { path: "fabric/sales/a.Notebook", description: "same" }],
      ["2", { path: "fabric/sales/b.Notebook", description: "old" }],
    ]);
    const { entry } = describeWorkspace(existing({ items }), { ...options, definitions });
    assert.deepEqual(entry.items, [
      { name: "a", path: "fabric/sales/a.Notebook" },
      { name: "b", path: "fabric/sales/b.Notebook", description: "new" },
    ]);
  });

  it("An existing workspace in the words of the configuration declares that a lakehouse has schemas, and a capacity only where the identity sees it", () => {
    const lakehouse = existing({
      workspace: { ...workspace, capacityId: "c1" },
      items: [item("1", "Lakehouse", "bronze")],
      withSchemas: new Set(["1"]),
    });
    const { entry, objects, notes } = describeWorkspace(lakehouse, options);
    assert.deepEqual(entry.items, [{ name: "bronze", type: "Lakehouse", creationPayload: { enableSchemas: true } }]);
    assert.equal(entry["capacity"], undefined);
    assert.deepEqual(objects[0]?.outputs, { capacityId: "c1" });
    assert.match(notes.join(), /capacity c1/);
  });
});

describe("the keys of imported workspaces", () => {
  const named = (displayName: string, id = displayName) => existing({ workspace: { ...workspace, id, displayName } });

  it("The keys of imported workspaces are the display names, without what separates the parts of keys, and numbered where they are taken", () => {
    const declared = [{ key: "Sales", displayName: "sales-dev" }];
    const { keys, notes } = keysFor([named("sales"), named("a/b"), named("a-b")], declared);
    assert.deepEqual([...keys.values()], ["sales-2", "a-b", "a-b-2"]);
    assert.equal(notes.length, 2);
    assert.match(notes.join(), /'sales' has the key sales-2: sales is taken/);
  });

  it("The keys of imported workspaces are refused, all at once, where no key solves the clash", () => {
    const twins = existing({ items: [item("1", "Notebook", "n", { folderId: "f" }), item("2", "Notebook", "N")] });
    assert.throws(
      () => keysFor([named("finance"), twins], [{ key: "fin", displayName: "Finance" }]),
      /'finance' is declared as fin.*Set adopt: true.*\n.*two of Notebook 'N'.*rename one/s,
    );
    assert.throws(
      () => keysFor([named("finance")], [{ key: "fin", displayName: "Finance", adopt: true }]),
      ({ message }: Error) => /'finance' is declared as fin.*Deploy that/.test(message) && !/Set adopt/.test(message),
    );
  });
});

describe("the workspaces that a command line means", () => {
  const one = (id: string, displayName: string, type = "Workspace") => ({ id, displayName, type });
  const visible = [one("1", "sales"), one("2", "finance"), one("3", "Finance"), one("4", "My workspace", "Personal")];
  const none = new Set<string>();
  const idsOf = ({ workspaces }: { workspaces: readonly { id: string }[] }) => workspaces.map(({ id }) => id);

  it("The workspaces that a command line means are found by name in any case or by id, each once", () => {
    assert.deepEqual(idsOf(selectWorkspaces(visible, { workspaces: ["SALES", "1", "3"], all: false }, none)), [
      "1",
      "3",
    ]);
  });

  it("The workspaces that a command line means are all but personal ones, and without those that are managed", () => {
    const { workspaces, managed } = selectWorkspaces(visible, { workspaces: [], all: true }, new Set(["2"]));
    assert.deepEqual([idsOf({ workspaces }), managed.map(({ id }) => id)], [["1", "3"], ["2"]]);
  });

  it("The workspaces that a command line means are refused with every name that means none or several", () => {
    assert.throws(
      () => selectWorkspaces(visible, { workspaces: ["finance", "sale", "nosuch", "My workspace"], all: false }, none),
      /finance: 2 workspaces.*2, 3\n.*sale: .*did you mean sales\?\n.*nosuch: none .*\(4\) has this name or id\. The identity sees only workspaces in which it has a role\.\n.*My workspace: a Personal workspace/,
    );
  });
});

describe("names with a space at their edge", () => {
  const folders = [{ id: "f1", displayName: "raw ", workspaceId }];
  const items = [
    item("i1", "Lakehouse", "orders "),
    item("i2", "Lakehouse", "orders"),
    item("i3", "Notebook", "load", { folderId: "f1" }),
  ];

  it("Names with a space at their edge leave an item out with the reason, its own or that of a folder above it", () => {
    const { entry, objects, notes } = describeWorkspace(existing({ folders, items }), options);
    assert.deepEqual(
      entry.items?.map(({ name }) => name),
      ["orders"],
    );
    assert.ok(!objects.some(({ id }) => /i1|i3|f1/.test(id)));
    assert.match(notes.join("\n"), /Lakehouse 'orders ': its name begins or ends with a space\. Rename that in Fabric/);
    assert.match(notes.join("\n"), /Notebook 'load': a folder above it begins or ends with a space/);
  });

  it("Names with a space at their edge are not the only thing that leaves an item out: so does a description that is too long", () => {
    const long = [item("i1", "Report", "orders", { description: "x".repeat(257) }), item("i2", "Report", "prices")];
    const { entry, notes } = describeWorkspace(existing({ items: long }), options);
    assert.deepEqual(
      entry.items?.map(({ name }) => name),
      ["prices"],
    );
    assert.match(
      notes.join("\n"),
      /Report 'orders': its description has more than 256 characters\. Shorten it in Fabric/,
    );
  });

  it("Names with a space at their edge let a workspace be refused that was asked for, with what to do", () => {
    const trailing = existing({ workspace: { ...workspace, displayName: "Trailing " } });
    assert.throws(
      () => keysFor([trailing], []),
      /workspace 'Trailing ' \(.*\) begins or ends with a space.*rename it/s,
    );
  });
});

describe("the Git connection of an existing workspace", () => {
  it("The Git connection of an existing workspace is declared with its host, and what no key declares is kept in the state", () => {
    const details = {
      ...{
        gitProviderType: "GitHub" as const,
        ownerName: "contoso",
        customDomainName: "contoso.ghe.com",
        repositoryName: "sales",
      },
      ...{ branchName: "main", directoryName: "/", tokenScope: "read" },
    } as const;
    const git = { details, connectionId: "c1", head: "a", onlyInWorkspace: new Set<string>() };
    const { entry, objects } = describeWorkspace(existing({ git }), options);
    assert.equal((entry["git"] as { customDomainName?: string }).customDomainName, "contoso.ghe.com");
    const outputs = objects.find(({ kind }) => kind === "GitConnection")?.outputs;
    assert.deepEqual(outputs, { head: "a", furtherDetails: { tokenScope: "read" } });
  });
});
