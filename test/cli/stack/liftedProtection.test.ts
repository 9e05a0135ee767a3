import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  forcingNothing,
  mayForce,
  skipsPreview,
  workEnvironment,
  workOptions,
} from "../../../cli/commandLine/forcingOptions.ts";
import { judge } from "../../../cli/stack/liftedProtection.ts";
import { liftingsIn } from "../../../cli/preview/liftings.ts";
import type { ResourceState, Step } from "../../../cli/preview/previewLog.ts";

const fabric = "pulumi-nodejs:dynamic/fabric:";
const workspaceId = "11111111-1111-4111-8111-111111111111";

function step(op: string, kind: string, name: string, old: ResourceState, more: Partial<Step> = {}): Step {
  const type = fabric + kind;
  const urn = `urn:pulumi:dev::fabric::fabric:FabricWorkspace$${type}::${name}`;
  return { op, urn, type, old: { custom: true, ...old }, new: null, ...more };
}

const lakehouse = { inputs: { workspaceId, type: "Lakehouse" } };
const notebook = { inputs: { workspaceId, type: "Notebook" } };
const replaced = (kind: string, old: ResourceState, keys: string[]) => [
  step("delete-replaced", kind, "sales/x", old),
  step("replace", kind, "sales/x", old, { keys, new: { custom: true } }),
  step("create-replacement", kind, "sales/x", old, { keys }),
];
const told = (steps: readonly Step[]) => liftingsIn(steps).map(({ what, why }) => `${what} ${why}`);

describe("what a preview would lift protection from", () => {
  it("What a preview would lift protection from are protected objects that would be deleted or replaced, unless the configuration takes their protection away", () => {
    const protectedOne = { ...notebook, protect: true };
    assert.deepEqual(told([step("delete", "Item", "sales/x", protectedOne)]), [
      "Item 'sales/x' is protected, and would be deleted",
    ]);
    const replacement = (protect: boolean) => [
      step("replace", "Item", "sales/x", protectedOne, { keys: ["type"], new: { custom: true, protect } }),
    ];
    assert.equal(told(replacement(true)).length, 1);
    assert.deepEqual(told(replacement(false)), []);
    for (const op of ["same", "update", "refresh"]) assert.deepEqual(told([step(op, "Item", "x", protectedOne)]), []);
  });

  it("What a preview would lift protection from are workspaces, adopted objects and data whose replacement is forced, and no others", () => {
    for (const [kind, old, expected] of [
      ["Workspace", { id: workspaceId, inputs: {} }, /^Workspace 'sales\/x' would be deleted with everything in it/],
      ["Item", lakehouse, /^Item 'sales\/x' would be deleted with its data/],
      ["Item", { ...notebook, outputs: { adopted: { displayName: "x" } } }, /existed before the stack/],
      ["WorkspaceUser", { inputs: { workspaceId }, outputs: { adoptedRole: "Viewer" } }, /existed before the stack/],
      ["Folder", { inputs: { workspaceId }, outputs: { adopted: true } }, /existed before the stack/],
      ["GitConnection", { inputs: { workspaceId }, outputs: { adopted: true } }, /existed before the stack/],
    ] as const) {
      const [line, ...more] = told(replaced(kind, old, ["id"]));
      assert.match(line ?? "", expected);
      assert.deepEqual(more, []);
    }
    for (const [kind, old] of [
      ["Item", notebook],
      ["WorkspaceUser", { inputs: { workspaceId } }],
      ["Folder", { inputs: { workspaceId }, outputs: {} }],
    ] as const)
      assert.deepEqual(told(replaced(kind, old, ["id"])), []);
  });

  it("What a preview would lift protection from is not data that a changed input replaces, or whose old object is gone already", () => {
    assert.deepEqual(told(replaced("Item", lakehouse, ["type"])), []);
    assert.deepEqual(told(replaced("Item", lakehouse, [])), []);
    const withPayload = { custom: true, inputs: { ...lakehouse.inputs, creationPayload: { enableSchemas: true } } };
    const added = [
      step("delete-replaced", "Item", "sales/x", lakehouse),
      step("replace", "Item", "sales/x", lakehouse, { keys: ["creationPayload"], new: withPayload }),
      step("create-replacement", "Item", "sales/x", lakehouse, { keys: ["creationPayload"], new: withPayload }),
    ];
    assert.deepEqual(told(added), [], "an input that was not declared before");
  });

  it("What a preview would lift protection from is data of a workspace whose replacement is forced, although the change of its workspaceId explains it", () => {
    const workspace = step("replace", "Workspace", "sales", { id: workspaceId, inputs: {} }, { keys: ["id"] });
    const moved = step("replace", "Item", "sales/bronze", lakehouse, { keys: ["workspaceId"] });
    assert.deepEqual(
      liftingsIn([moved, workspace]).map(({ key }) => key),
      ["sales/bronze", "sales"],
    );
    assert.deepEqual(liftingsIn([moved]), []);
  });
});

describe("FABRIC_ALLOW_UNPROTECT", () => {
  const liftings = ["sales", "sales/bronze"].map((key) => ({ key, what: `Item '${key}'`, why: "is protected" }));
  const keys = ["sales", "sales/bronze", "sales/reports, old"];

  it("FABRIC_ALLOW_UNPROTECT has to name every object, by its exact key; spaces around it do not count", () => {
    assert.deepEqual(judge(liftings, " sales ,sales/bronze", keys), {
      refusal: undefined,
      lifted: ["Item 'sales'", "Item 'sales/bronze'"],
    });
    for (const allowed of [undefined, "", "sales", "bronze", "*", "Sales,sales/bronze", "sales sales/bronze"])
      assert.notEqual(judge(liftings, allowed, keys).refusal, undefined, allowed);
    assert.deepEqual(judge([], undefined, keys), { refusal: undefined, lifted: [] });
  });

  it("FABRIC_ALLOW_UNPROTECT can name a folder whose name has a comma", () => {
    const folder = { key: "sales/a,b", what: "Folder 'sales/a,b'", why: "existed before" };
    assert.equal(judge([folder], "sales,sales/a,b", [...keys, folder.key]).refusal, undefined);
  });

  it("FABRIC_ALLOW_UNPROTECT is told in full by a refusal, with the names in it that the stack does not have", () => {
    const { refusal } = judge(liftings, "sales,sales/bronz", keys);
    assert.match(refusal ?? "", /^Refused, and nothing was done:\n {2}Item 'sales\/bronze' is protected\.\n/);
    assert.match(refusal ?? "", /names 'sales\/bronz', which the stack does not have\. Did you mean 'sales\/bronze'\?/);
    assert.match(refusal ?? "", /FABRIC_ALLOW_UNPROTECT='sales,sales\/bronze'/);
  });
});

describe("options that force something", () => {
  it("Options that force something are found in every spelling, and in the environment", () => {
    for (const args of [
      ["--ignore-protect"],
      ["--ignore-protect=true"],
      ["--replace", "urn"],
      ["--replace=urn"],
      ["--target-replace", "**"],
      ["--message", "--", "--replace", "urn"],
    ])
      assert.ok(mayForce(args, {}), args.join(" "));
    for (const name of ["IGNORE_PROTECT", "REPLACE", "TARGET_REPLACE"])
      assert.ok(mayForce([], { [`PULUMI_OPTION_${name}`]: "1" }), name);
    assert.ok(!mayForce(["--stack", "dev", "--refresh", "-y", "--target", "urn"], { PULUMI_OPTION_REPLACE: "" }));
  });

  it("An option that leaves the preview out is found in every spelling, and in the environment", () => {
    for (const args of [["--skip-preview"], ["--skip-preview=true"], ["-f"], ["-yf"], ["--target", "urn", "-f"]])
      assert.ok(skipsPreview(args, {}), args.join(" "));
    assert.ok(skipsPreview([], { PULUMI_OPTION_SKIP_PREVIEW: "true" }));
    for (const args of [["--skip-preview=false"], ["-y"], ["--refresh"], []])
      assert.ok(!skipsPreview(args, { PULUMI_OPTION_SKIP_PREVIEW: "false" }), args.join(" "));
  });

  it("Options that force something are handed to a preview with what they work on, and without what only a real run knows", () => {
    const args = ["--stack", "dev", "-yf", "--replace", "a", "--replace=b", "--target-replace", "c", "-t", "d", "-r"];
    assert.deepEqual(workOptions([...args, "--ignore-protect=false", "-m", "--replace", "--plan", "p", "-c", "k=v"]), [
      "--stack=dev",
      "--replace=a",
      "--replace=b",
      "--target-replace=c",
      "--target=d",
      "--refresh",
      "--ignore-protect=false",
      "--config=k=v",
    ]);
    assert.deepEqual(
      workEnvironment({ PULUMI_OPTION_REPLACE: "a", PULUMI_OPTION_EXPECT_NO_CHANGES: "true", HOME: "/" }),
      { PULUMI_OPTION_REPLACE: "a", HOME: "/" },
    );
  });

  it("Options that force something force nothing in what a command does by itself", () => {
    assert.deepEqual(forcingNothing({ PULUMI_OPTION_IGNORE_PROTECT: "true", PULUMI_OPTION_REPLACE: "**", HOME: "/" }), {
      PULUMI_OPTION_IGNORE_PROTECT: "false",
      PULUMI_OPTION_REPLACE: "",
    });
  });

  it("Options that limit an up, or make a comparison of it, limit nothing in what a command does by itself", () => {
    const names = ["TARGET", "EXCLUDE", "CONFIG", "PLAN", "SAVE_PLAN", "REFRESH"];
    const switches = ["TARGET_DEPENDENTS", "EXPECT_NO_CHANGES", "RUN_PROGRAM", "JSON", "SHOW_SECRETS", "PREVIEW_ONLY"];
    const set = [...names, ...switches].map((name) => [`PULUMI_OPTION_${name}`, "true"]);
    const place = { PULUMI_OPTION_CONFIG_FILE: "a.yaml", PULUMI_OPTION_PARALLEL: "3", PULUMI_OPTION_COLOR: "never" };
    assert.deepEqual(forcingNothing({ ...(Object.fromEntries(set) as NodeJS.ProcessEnv), ...place }), {
      ...Object.fromEntries(names.map((name) => [`PULUMI_OPTION_${name}`, ""])),
      ...Object.fromEntries(switches.map((name) => [`PULUMI_OPTION_${name}`, "false"])),
    });
  });
});
