import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import type { OutputInstance } from "@pulumi/pulumi/output.js";
import { providerClient } from "../../doubles/providerClient.ts";
import {
  existenceOf,
  idIfKnown,
  leaveOutPromiseTraces,
  leaveOutStackTraces,
} from "../../../providers/engine/sdkQuirks.ts";

/* Each test shows first that the SDK still needs what it is given here. One that fails says that a quirk can go, or has to change. */

const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

describe("the SDK's stack trace of a resource", () => {
  // the SDK declares it private
  const traced = pulumi.Resource as unknown as { stackTrace: (skip: number) => readonly unknown[] };
  const { stackTrace } = traced;

  it("The SDK's stack trace of a resource is taken for each resource, and is empty once it is left out", async () => {
    await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) });
    const taken: number[] = [];
    traced.stackTrace = (skip) => {
      const frames = stackTrace.call(traced, skip);
      taken.push(frames.length);
      return frames;
    };
    void new pulumi.ComponentResource("fabric:Test", "first");
    assert.equal(taken.length, 1, "the SDK does not ask Resource.stackTrace any more");
    assert.ok((taken[0] ?? 0) > 0, "the SDK takes no stack trace by itself any more");
    leaveOutStackTraces();
    assert.deepEqual(traced.stackTrace(0), []);
    void new pulumi.ComponentResource("fabric:Test", "second");
    assert.equal(taken.length, 1, "the SDK has taken one by another way");
    traced.stackTrace = stackTrace;
  });
});

describe("the SDK's stack trace of a promise", () => {
  it("The SDK's stack trace of a promise is taken for each promise, and is empty once it is left out", () => {
    type Traced = Promise<void> & { readonly _debugStackTrace?: string };
    const { debuggablePromise } = debuggable as unknown as { debuggablePromise: (promise: Promise<void>) => unknown };
    const frames = () => {
      const promise: Traced = Promise.resolve();
      debuggablePromise(promise);
      return promise._debugStackTrace?.match(/^\s+at /gm)?.length;
    };
    const limit = Error.stackTraceLimit;
    assert.ok((frames() ?? 0) > 0, "the SDK takes no stack trace of promises any more");
    leaveOutPromiseTraces();
    assert.equal(frames(), undefined);
    Error.stackTraceLimit = limit;
  });
});

/** An output of a resource, as the SDK makes it. */
function outputOf(value: Promise<string>, isKnown = true): pulumi.Output<string> {
  const { Output } = pulumi as unknown as {
    Output: new (
      resources: Set<never>,
      value: Promise<string>,
      isKnown: Promise<boolean>,
      isSecret: Promise<boolean>,
      all: Promise<Set<never>>,
    ) => pulumi.Output<string>;
  };
  const is = (what: boolean) => Promise.resolve(what);
  return new Output(new Set(), value, is(isKnown), is(false), Promise.resolve(new Set<never>()));
}

describe("the id of a resource", () => {
  type Declared = "isKnown" extends keyof OutputInstance<string> ? true : false;
  // does not compile any more when the SDK declares what is used without being promised
  const isDeclared: Declared = false;

  it("The id of a resource is told if it is known, and not waited for if a preview cannot know it", async () => {
    assert.equal(isDeclared, false);
    assert.equal(await idIfKnown({ id: outputOf(Promise.resolve("ws-1")) }), "ws-1");
    const unknown = outputOf(Promise.resolve(""), false);
    assert.equal(await idIfKnown({ id: unknown }), undefined);
    await existenceOf({ urn: unknown });
  });

  it("The existence of a resource whose inputs fail is not waited for without end", async () => {
    const urn = outputOf(Promise.reject(new Error("no input")));
    const { isKnown, isSecret } = urn as unknown as Record<"isKnown" | "isSecret", Promise<boolean>>;
    for (const unused of [isKnown, isSecret]) unused.catch(() => undefined);
    await assert.rejects(existenceOf({ urn }), /no input/);
  });
});

describe("the engine's Cancel", () => {
  it("The engine's Cancel does not reach a provider by the SDK's host, and is seen all the same", async () => {
    const quirks = resolve(import.meta.dirname, "../../../providers/engine/sdkQuirks.ts");
    const code = `exports.handler = () => {
      require(${JSON.stringify(quirks)}).whenCancelled(() => console.log("seen"));
      return { check: async () => ({ inputs: {} }), cancel: () => console.log("passed on") };
    };`;
    const host = spawn(process.execPath, [sdk.resolve("./cmd/dynamic-provider"), "127.0.0.1:1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
    try {
      const port = (await lines.next()).value as string;
      const client = providerClient(port);
      await client.check(code);
      await client.cancel();
      assert.equal((await lines.next()).value, "seen");
      await client.check(`${code} console.log("after")`);
      assert.equal((await lines.next()).value, "after", "the SDK's host passes Cancel on by itself");
      client.close();
    } finally {
      host.kill("SIGKILL");
      await once(host, "exit");
    }
  });
});
