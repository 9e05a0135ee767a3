import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StackConfigError } from "../../../lib/config/problem.ts";
import { assertNoSecrets, assertNotSecret } from "../../../lib/config/secrets.ts";

/* Secrets in the configuration are refused by their path, and their values never appear. */

const secure = { secure: "v1:abc:def" };

/** Paths of what is refused. */
function pathsOf(work: () => void): string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof StackConfigError, String(error));
    assert.doesNotMatch(error.message, /hunter2|v1:abc/);
    assert.match(error.message, /Key Vault .*environment.* --plaintext/s);
    return error.problems.map(({ path }) => path);
  }
  return [];
}

describe("secrets in a stack's file", () => {
  it("Secrets in a stack's file are found wherever they are, all at once", () => {
    const values = {
      keyVaultUrl: secure,
      unknown: { "a key": [{ deep: secure }] },
      workspaces: [{ name: "a" }, { name: "b", description: secure, users: [{ principal: secure, role: "Admin" }] }],
    };
    assert.deepEqual(
      pathsOf(() => assertNoSecrets("dev", values)),
      [
        "fabric:keyVaultUrl",
        'fabric:unknown["a key"][0].deep',
        "fabric:workspaces[1].description",
        "fabric:workspaces[1].users[0].principal",
      ],
    );
  });

  it("Secrets in a stack's file are none where nothing is encrypted", () => {
    const values = { a: { secure: true }, b: { secure: "x", other: 1 }, c: null, d: undefined, e: ["secure"] };
    assert.deepEqual(
      pathsOf(() => assertNoSecrets("dev", values)),
      [],
    );
  });
});

describe("secrets in what the program is given", () => {
  const given = {
    stack: "dev",
    secretKeys: ["workspaces"],
    values: { workspaces: [{ name: "a", adopt: true, description: "hunter2" }] },
  };
  const found = (inFile: unknown) => pathsOf(() => assertNotSecret({ ...given, inFile: { workspaces: inFile } }));

  it("Secrets in what the program is given are named by their place, if the file has the same beside them", () => {
    assert.deepEqual(found([{ name: "a", adopt: true, description: secure }]), ["fabric:workspaces[0].description"]);
    assert.deepEqual(found(secure), ["fabric:workspaces"]);
  });

  it("Secrets in what the program is given are named by their key, if the file is another one, or has no secret there", () => {
    for (const inFile of [
      [{ name: "b", adopt: true, description: secure }],
      [{ name: "a", adopt: true, description: secure, further: 1 }],
      [{ name: "a", adopt: true, description: "hunter2" }],
      [{ name: secure, adopt: true }],
      { name: secure },
      "text",
      null,
      undefined,
    ])
      assert.deepEqual(found(inFile), ["fabric:workspaces"], JSON.stringify(inFile));
  });

  it("Secrets in what the program is given are nothing, if Pulumi says that no own key is one", () => {
    assert.deepEqual(
      pathsOf(() => assertNotSecret({ ...given, secretKeys: [], inFile: {} })),
      [],
    );
  });
});
