import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";

/** What is wrong with a stack's file, one line each. @param given what the program receives, if that is not the file */
function problemsOf(files: Readonly<Record<string, string>>, given?: Readonly<Record<string, unknown>>): string[] {
  const projectRoot = mkdtempSync(join(tmpdir(), "fabric-lines-"));
  try {
    for (const [name, content] of Object.entries({ "Pulumi.yaml": "name: fabric\nruntime: nodejs\n", ...files })) {
      mkdirSync(dirname(join(projectRoot, name)), { recursive: true });
      writeFileSync(join(projectRoot, name), content);
    }
    const { config } = parse(files["Pulumi.dev.yaml"] ?? "config: {}") as { config: Record<string, unknown> };
    const own: [string, unknown][] = Object.entries(config).map(([key, value]) => [key.replace("fabric:", ""), value]);
    parseStackConfig(given ?? Object.fromEntries(own), { projectRoot, stack: "dev", env: {} });
    return [];
  } catch (error) {
    assert.ok(error instanceof StackConfigError, String(error));
    return error.message.split("\n").flatMap((line) => (line.startsWith("  ") ? [line.trim()] : []));
  } finally {
    rmSync(projectRoot, { recursive: true });
  }
}

const stackFile = `config:
  fabric:throttleBudget: -5
  fabric:workspaces:
    - name: sales
      users:
        - principal: alice@contoso.com
          role: Admn
    - name: hr
      items:
        - type: Lakehouse
`;

describe("a problem of the configuration", () => {
  it("A problem of the configuration ends with the line in the stack's file, or with that of the object that lacks a key", () => {
    const [budget = "", role = "", item = "", ...others] = problemsOf({ "Pulumi.dev.yaml": stackFile });
    assert.equal(budget, "fabric:throttleBudget: must be a number of seconds, 0 or more (Pulumi.dev.yaml:2)");
    assert.match(role, /^fabric:workspaces\[0\]\.users\[0\]\.role: must be .* \(Pulumi\.dev\.yaml:7\)$/);
    assert.match(item, /^fabric:workspaces\[1\]\.items\[0\].*: .* \(Pulumi\.dev\.yaml:10\)$/);
    assert.deepEqual(others, []);
  });

  it("A problem of the configuration in a workspace's own file ends with the line in that file", () => {
    const files = {
      "Pulumi.dev.yaml": "config:\n  fabric:workspaces:\n    - from: workspaces/*.yaml\n",
      "workspaces/sales.yaml": "name: sales\nusers:\n  - principal: alice@contoso.com\n    role: Admn\n",
    };
    assert.deepEqual(problemsOf(files), [
      "workspaces/sales.yaml users[0].role: must be Admin, Member, Contributor or Viewer; did you mean Admin? (workspaces/sales.yaml:4)",
    ]);
  });

  it("A problem of the configuration names no line of a file that does not hold it", () => {
    const given = { workspaces: [{ name: "sales", capacity: "" }] };
    for (const files of [{}, { "Pulumi.dev.yaml": "config:\n  fabric:endpoint: emulator\n" }])
      for (const problem of problemsOf(files, given)) assert.doesNotMatch(problem, /yaml:/);
    assert.notDeepEqual(problemsOf({}, given), []);
  });
});
