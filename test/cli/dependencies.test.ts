import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";

const read = <T>(file: string) =>
  JSON.parse(readFileSync(join(resolve(import.meta.dirname, "../.."), file), "utf8")) as T;

const project = read<{
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
  allowScripts: Record<string, boolean>;
}>("package.json");
const { packages } = read<{
  packages: Record<string, { version?: string; resolved?: string; hasInstallScript?: true }>;
}>("package-lock.json");
const nameOf = (path: string) => path.split("node_modules/").at(-1) ?? "";

describe("the dependencies", () => {
  it("The dependencies are named by exact versions", () => {
    const all = { ...project.dependencies, ...project.devDependencies, ...project.overrides };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(loose, []);
  });

  it("The dependencies come from whatever registry npm is configured for", () => {
    assert.deepEqual(
      Object.entries(packages).flatMap(([path, { resolved }]) => (resolved ? [path] : [])),
      [],
    );
  });

  it("The dependencies hold each package of OpenTelemetry once, so that start and installation do not pay for copies", () => {
    const names = Object.keys(packages)
      .map(nameOf)
      .filter((name) => name.startsWith("@opentelemetry/"));
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it("The dependencies run no script at installation that was not reviewed", () => {
    const withScripts = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [nameOf(path)] : [],
    );
    assert.deepEqual(Object.keys(project.allowScripts).sort(), withScripts.sort());
  });
});
