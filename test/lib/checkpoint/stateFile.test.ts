import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readStateFile } from "../../../lib/checkpoint/stateFile.ts";

describe("the file of a state", () => {
  const folder = mkdtempSync(join(tmpdir(), "fabric-state-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PULUMI_BACKEND_URL: `${pathToFileURL(folder).href}?metadata=skip` };
  const read = (reference: string, PULUMI_BACKEND_URL: string = env.PULUMI_BACKEND_URL) =>
    readStateFile(reference, { projectRoot: folder, env: { PULUMI_BACKEND_URL } });
  const write = (name: string, content: string | Buffer) => {
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

  it("The file of a state is read compressed or not, and of two forms the one that was written last", () => {
    const stateOf = (name: string) =>
      Buffer.from(JSON.stringify({ version: 3, checkpoint: { latest: { resources: [], name } } }));
    const nameIn = (reference: string) => read(reference)?.deployment["name"];
    write("gz.json.gz", gzipSync(stateOf("gzip")));
    write("zst.json.zst", zstdCompressSync(stateOf("zstd")));
    assert.deepEqual([nameIn("gz"), nameIn("zst")], ["gzip", "zstd"]);
    write("zst.json", stateOf("plain"));
    const file = (name: string) => join(folder, ".pulumi/stacks/fabric", name);
    for (const [older, newer, name] of [
      ["zst.json", "zst.json.zst", "zstd"],
      ["zst.json.zst", "zst.json", "plain"],
    ] as const) {
      utimesSync(file(older), 1, 1);
      utimesSync(file(newer), 2, 2);
      assert.equal(nameIn("zst"), name);
    }
    write("torn.json.zst", zstdCompressSync(stateOf("torn")).subarray(0, 9));
    assert.equal(read("torn"), undefined);
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
