import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import outputs from "@pulumi/pulumi/output.js";
import type { Output } from "@pulumi/pulumi/output.js";
import config from "@pulumi/pulumi/runtime/config.js";
import mocks from "@pulumi/pulumi/runtime/mocks.js";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks.js";
import settings from "@pulumi/pulumi/runtime/settings.js";
import * as fabric from "../../package/index.ts";

/* A program of somebody else, with Pulumi's mocks in the place of the engine. */

const ID = "11111111-1111-4111-8111-111111111111";
let registered: MockResourceArgs[] = [];

const configure = (values: Readonly<Record<string, unknown>>) =>
  config.setAllConfig(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `fabric:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );

const valueOf = <T>(output: Output<T>) => new Promise<T>((resolve) => void output.apply(resolve));

/** The inputs of a registered resource, once it is registered. */
async function inputsOf(kind: string, name: string): Promise<Record<string, unknown>> {
  await settings.disconnect();
  const found = registered.find((one) => one.type.endsWith(`:${kind}`) && one.name === name);
  assert.ok(found, `${kind} '${name}' was not registered`);
  const { __provider: _line, ...inputs } = found.inputs as Record<string, unknown>;
  return JSON.parse(JSON.stringify(inputs)) as Record<string, unknown>;
}

describe("a program with the package", () => {
  before(async () => {
    await mocks.setMocks(
      {
        newResource(args) {
          registered.push(args);
          const inputs = args.inputs as Record<string, unknown>;
          return { id: inputs["workspaceId"] ? `${ID}/of-${args.name}` : ID, state: inputs };
        },
        call: ({ inputs }) => inputs as object,
      },
      "sales",
      "test",
    );
  });
  beforeEach(() => (registered = []));

  it("A program that declares its own objects is refused while its stack's configuration declares some", () => {
    configure({ endpoint: "emulator", workspaces: [{ name: "sales" }] });
    assert.throws(
      () => new fabric.Workspace("raw", { displayName: "raw" }),
      /fabric:workspaces of the stack's configuration declares objects.*deployConfiguration/s,
    );
    assert.deepEqual(registered, []);
  });

  it("A program is told all problems of its stack's configuration in one message without a stack trace", () => {
    configure({ endpoint: "emulatr", credential: "nonsense" });
    assert.throws(
      () => new fabric.Workspace("raw", { displayName: "raw" }),
      (error: Error & { __pulumiRunError?: boolean }) => {
        assert.match(error.message, /fabric:credential: must be/);
        assert.match(error.message, /fabric:endpoint: must be emulator or/);
        return error.__pulumiRunError === true;
      },
    );
  });

  it("The first object makes the provider from the configuration, and the objects of one program share it", async () => {
    configure({ endpoint: "emulator", features: { useRetryLogic: true } });
    const raw = new fabric.Workspace("raw", { displayName: outputs.output("raw data") });
    const item = new fabric.Item("bronze", { workspaceId: raw.id, type: "Lakehouse", displayName: "bronze" });
    assert.equal(await valueOf(raw.displayName), "raw data");
    assert.equal(await valueOf(item.ownId), "of-bronze");
    assert.equal((await inputsOf("Item", "bronze"))["workspaceId"], ID);
    const [provider, ...others] = registered.filter(({ type }) => type.startsWith("pulumi:providers:"));
    assert.deepEqual(others, []);
    const inputs = provider?.inputs as Record<string, unknown>;
    assert.deepEqual(
      [inputs["fabric:stack"], inputs["fabric:endpoint"], inputs["fabric:features"]],
      ["test", "emulator", '{"useRetryLogic":true}'],
    );
  });

  it("A second provider is refused, because a stack's transaction has one owner", () => {
    assert.throws(() => new fabric.FabricProvider("other"), /A stack has one provider of Fabric/);
  });

  it("A workspace with outputs among its arguments makes the resources that the configuration would make", async () => {
    const sales = new fabric.FabricWorkspace("sales", {
      description: outputs.output("Sales models"),
      users: [
        { principal: "Alice@contoso.com", role: outputs.output("Admin" as const) },
        { name: "team", principal: outputs.output(ID), type: "Group", role: "Viewer" },
      ],
      git: {
        gitProviderType: "GitHub",
        ownerName: "contoso",
        repositoryName: outputs.output("sales"),
        branchName: "main",
        connectionId: outputs.output(ID),
      },
      items: [
        { name: "gold", type: "Lakehouse", displayName: outputs.output("gold lake"), folder: "/models/old" },
        { type: "Notebook", displayName: "load" },
      ],
    });
    assert.equal(await valueOf(sales.workspaceId), ID);
    assert.deepEqual(Object.keys(sales.itemIds), ["gold", "Notebook/load"]);
    assert.equal(await valueOf(sales.itemIds["gold"] as Output<string>), "of-sales");
    assert.equal((await inputsOf("Workspace", "sales"))["description"], "Sales models");
    assert.equal((await inputsOf("WorkspaceUser", "sales/alice@contoso.com"))["role"], "Admin");
    assert.equal((await inputsOf("WorkspaceUser", "sales/team"))["principal"], ID);
    const git = await inputsOf("GitConnection", "sales");
    assert.deepEqual([git["repositoryName"], git["connectionId"]], ["sales", ID]);
    assert.equal((await inputsOf("Item", "sales/gold"))["displayName"], "gold lake");
    assert.deepEqual(
      registered.filter(({ type }) => type.endsWith(":Folder")).map(({ name }) => name),
      ["sales/models", "sales/models/old"],
    );
  });

  it("A workspace with wrong arguments is told all of them by its name, and makes nothing", () => {
    assert.throws(
      () =>
        new fabric.FabricWorkspace("wrong", {
          users: [{ principal: "alice", role: "King" as "Admin" }],
          items: [{ displayName: "no type" }],
        }),
      (error: Error) => {
        assert.match(error.message, /FabricWorkspace 'wrong'\.users\[0\]\.principal: must be/);
        assert.match(error.message, /FabricWorkspace 'wrong'\.users\[0\]\.role: must be/);
        assert.match(error.message, /FabricWorkspace 'wrong'\.items\[0\]\.type: required/);
        return true;
      },
    );
    assert.deepEqual(registered, []);
  });

  it("An output in the place of what a key is made of needs a name beside it, and one that decides which resources there are is refused", () => {
    const later = outputs.output("later");
    const wrong: [fabric.FabricWorkspaceArgs, RegExp][] = [
      [{ users: [{ principal: later, role: "Viewer" }] }, /users\[0\] needs a name/],
      [{ items: [{ type: "Lakehouse", displayName: later }] }, /items\[0\] needs a name/],
      [{ items: [{ name: "a", type: later as unknown as string }] }, /items\[0\]\.type: must be text/],
    ];
    for (const [args, message] of wrong) assert.throws(() => new fabric.FabricWorkspace("later", args), message);
    assert.deepEqual(registered, []);
  });
});
