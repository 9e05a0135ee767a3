import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { readStateFile } from "../../../lib/checkpoint/stateFile.ts";

describe("the file of a state", () => {
  const folder = mkdtempSync(join(tmpdir(), "fabric-state-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PULUMI_BACKEND_URL: `${pathToFileURL(folder).href}?metadata=skip` };
  const read = (reference: string, PULUMI_BACKEND_URL: string = env.PULUMI_BACKEND_URL) =>
    readStateFile(reference, { projectRoot: folder, env: { PULUMI_BACKEND_URL } });
  const write = (name: string, content: string) => {
    const file = join(folder, ".pulumi/stacks/fabric", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const deployment = { resources: [] };

  it("The file of a state is read under each of the stack's names", () => {
    write(
      "dev.json",
      JSON.stringify({ version: 3, checkpoint: { stack: "organization/fabric/dev", latest: deployment } }),
    );
    for (const reference of ["dev", "fabric/dev", "organization/fabric/dev"])
      assert.deepEqual(read(reference), { version: 3, deployment });
  });

  it("The file of a state is left to the CLI if it is missing, broken, of another version, project or backend, or holds nothing yet", () => {
    write("broken.json", '{"version":3,');
    write("newer.json", JSON.stringify({ version: 4, checkpoint: { latest: deployment } }));
    write("new.json", JSON.stringify({ version: 3, checkpoint: { stack: "organization/fabric/new" } }));
    for (const reference of ["missing", "broken", "newer", "new", "organization/other/dev"])
      assert.equal(read(reference), undefined, reference);
    for (const url of ["", "azblob://states", "https://api.pulumi.com"]) assert.equal(read("dev", url), undefined, url);
  });
});
