import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";

const repository = resolve(import.meta.dirname, "../../..");

/** Runs the program with mocks in the place of the engine, and prints which files of azure-native it loaded. */
const program = `
  import { createRequire } from "node:module";
  import * as pulumi from "@pulumi/pulumi";
  const stack = process.env.STACK;
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: { name, ...inputs } }),
    call: ({ inputs }) => inputs,
  }, "fabric", stack);
  pulumi.runtime.setAllConfig(JSON.parse(process.env.STACK_CONFIG));
  await (await import("./index.ts")).default();
  await pulumi.runtime.disconnect();
  const files = Object.keys(createRequire(import.meta.url).cache);
  console.log(JSON.stringify(files.flatMap((file) => file.split("/@pulumi/azure-native/")[1] ?? [])));
`;

/** Files of azure-native that the program of an example stack loads. */
async function loadedBy(stack: string): Promise<string[]> {
  const file = parse(readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8")) as { config: object };
  const config = Object.entries(file.config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const env = {
    ...process.env,
    STACK: stack,
    STACK_CONFIG: JSON.stringify(Object.fromEntries(config)),
    PULUMI_BACKEND_URL: "https://api.pulumi.com",
  };
  const options = { cwd: repository, env };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], options);
  return JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("[")) ?? "") as string[];
}

describe("azure-native", () => {
  for (const stack of ["local", "prod"]) {
    it(`Azure-native is not loaded for stack ${stack}, which declares nothing in Azure`, async () => {
      assert.deepEqual(await loadedBy(stack), []);
    });
  }

  for (const stack of ["dev", "foundation"]) {
    it(`Azure-native is loaded for stack ${stack} by service, not as a whole`, async () => {
      const files = await loadedBy(stack);
      assert.ok(files.includes("resources/index.js"));
      assert.ok(!files.includes("index.js"), "its main entry loads every service");
      assert.ok(!files.includes("compute/index.js"));
    });
  }
});
