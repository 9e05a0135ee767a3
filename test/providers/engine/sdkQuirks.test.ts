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
import { idIfKnown, leaveOutPromiseTraces, leaveOutStackTraces } from "../../../providers/engine/sdkQuirks.ts";

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

describe("the id of a resource", () => {
  type Declared = "isKnown" extends keyof OutputInstance<string> ? true : false;
  // does not compile any more when the SDK declares what is used without being promised
  const isDeclared: Declared = false;

  it("The id of a resource is told if it is known, and not waited for if a preview cannot know it", async () => {
    assert.equal(isDeclared, false);
    const known = pulumi.output("ws-1");
    const { Output } = pulumi as unknown as {
      Output: new (
        resources: Set<never>,
        value: Promise<string>,
        isKnown: Promise<boolean>,
        isSecret: Promise<boolean>,
        all: Promise<Set<never>>,
      ) => pulumi.Output<string>;
    };
    const never = Promise.resolve("");
    const is = (value: boolean) => Promise.resolve(value);
    const unknown = new Output(new Set(), never, is(false), is(false), Promise.resolve(new Set<never>()));
    assert.equal(await idIfKnown({ id: known }), "ws-1");
    assert.equal(await idIfKnown({ id: unknown }), undefined);
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
      const client = clientOf(port);
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

/** What of the SDK's own stubs speaks to a provider host. */
interface Stub {
  check(request: object, done: (error: Error | null) => void): void;
  cancel(request: object, done: (error: Error | null) => void): void;
  close(): void;
}

function clientOf(port: string) {
  const grpc = sdk("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
  const { ResourceProviderClient } = sdk("./proto/provider_grpc_pb") as {
    ResourceProviderClient: new (address: string, credentials: unknown) => Stub;
  };
  const { CheckRequest } = sdk("./proto/provider_pb") as {
    CheckRequest: new () => { setOlds(struct: unknown): void; setNews(struct: unknown): void };
  };
  const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb") as {
    Struct: { fromJavaScript(value: object): unknown };
  };
  const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => object };
  const stub = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const asked = (call: (done: (error: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
  return {
    check: (provider: string) => {
      const request = new CheckRequest();
      request.setOlds(Struct.fromJavaScript({}));
      request.setNews(Struct.fromJavaScript({ __provider: provider }));
      return asked((done) => stub.check(request, done));
    },
    cancel: () => asked((done) => stub.cancel(new Empty(), done)),
    close: () => stub.close(),
  };
}
