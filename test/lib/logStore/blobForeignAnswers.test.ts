import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BlobServiceClient } from "@azure/storage-blob";
import { BlobFailure } from "../../../lib/logStore/blobFailure.ts";
import { BlobLogStore } from "../../../lib/logStore/blobLogStore.ts";
import { blobPlaceOf } from "../../../lib/logStore/blobPlace.ts";
import { Azurite } from "../../doubles/azurite.ts";
import { foreign } from "../../doubles/foreignAnswers.ts";
import { Wire } from "../../doubles/wire.ts";

/* Azure's library takes any body for a blob, and any answer of a good status for success. */

let azurite: Azurite;
before(async () => {
  azurite = await Azurite.start("logs");
});
after(() => azurite[Symbol.asyncDispose]());

describe("an answer that is not the storage account's", () => {
  const page = foreign["a page with 200"];
  const withLength = page && { ...page, headers: { ...page.headers, "content-length": String(page.body.length) } };
  const ways: Readonly<Record<string, (store: BlobLogStore) => Promise<unknown>>> = {
    "reading a log": (store) => store.read("a.jsonl"),
    "listing logs": (store) => store.names(),
    "beginning a log": (store) => store.appender("b.jsonl"),
    "going on with a log": async (store) => (await store.appender("a.jsonl")).append("line\n"),
    "writing a file": (store) => store.write("c.json", "{}"),
    "removing a file": (store) => store.remove("a.jsonl"),
    "taking a lock": (store) => store.lock("test.writer"),
  };
  for (const [way, use] of Object.entries(ways)) {
    for (const name of [
      "a page with its length",
      "a page with 200",
      "a page with 201",
      "text with 200",
      "a page with 404",
      "a page with 409",
    ]) {
      it(`An answer that is not the storage account's is an error: ${way}, ${name}`, async () => {
        await using wire = await Wire.to(azurite.port);
        const place = blobPlaceOf(`${azurite.url("logs", wire.port)}/foreign-${way.replaceAll(" ", "-")}`, {});
        const options = { retryOptions: { maxTries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 1 } };
        const service = BlobServiceClient.fromConnectionString(azurite.connectionString(wire.port), options);
        const store = new BlobLogStore(place, service.getContainerClient("logs"));
        await store.write("known.json", "known");
        const file = await store.appender("a.jsonl");
        await file.append("first\n");
        wire.replaceAnswers(() => foreign[name] ?? withLength);
        await assert.rejects(use(store), (error: unknown) => {
          assert.ok(error instanceof BlobFailure, String(error));
          assert.match(error.message, /could not .*: (NotTheService|HTTP \d+)/);
          assert.doesNotMatch(error.message, /canary/);
          return true;
        });
      });
    }
  }
});
