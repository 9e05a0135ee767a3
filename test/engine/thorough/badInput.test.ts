import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const workspace = { name: "sales", displayName: "sales-test", capacity: "local" };

describe("bad input", () => {
  it("Bad input names the capacities that are visible when the declared one is not", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [{ ...workspace, capacity: "F64-prod" }] });
    const up = await stack.up();
    assert.match(
      up.text,
      /no capacity 'F64-prod'.*'local' \(F2, Active\), 'local-large' \(F4, Active\), 'paused' \(F2, Inactive\)/s,
    );
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);

    stack.configure({ workspaces: [{ ...workspace, capacity: "paused" }] });
    assert.match(
      (await stack.up()).text,
      /Capacity 'paused' is paused.*az fabric capacity resume --capacity-name paused/s,
    );
  });

  it("Bad input refuses objects that were made at another endpoint", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ endpoint: stack.emulator.url, workspaces: [workspace] });
    const env = { FABRIC_ENDPOINT: "", FABRIC_ACCESS_TOKEN: "t" };
    assert.equal((await stack.up(env)).code, 0);
    stack.configure({ endpoint: "http://127.0.0.1:1/v1", workspaces: [{ ...workspace, description: "new" }] });
    const up = await stack.up(env);
    assert.equal(up.code, 1);
    assert.match(
      up.text,
      /was deployed to 127\.0\.0\.1:\d+, and this run is configured for 127\.0\.0\.1:1\. Nothing was changed/,
    );
    assert.equal(stack.emulator.service.workspaces.all()[0]?.description, "");

    stack.configure({ endpoint: stack.emulator.url, workspaces: [workspace] });
    assert.equal((await stack.up(env)).code, 0);
    assert.equal((await stack.destroy(env)).code, 0);
  });

  it("Bad input refuses another tenant than that of the stack, and than that of the state", async () => {
    await using stack = await EngineStack.start();
    const token = (tid: string) =>
      `x.${Buffer.from(JSON.stringify({ tid, oid: stack.emulator.service.principals.all()[0]?.id })).toString("base64url")}.x`;
    const env = (tid: string) => ({ FABRIC_ENDPOINT: "", FABRIC_ACCESS_TOKEN: token(tid) });
    const [ours, other] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;
    stack.configure({ endpoint: stack.emulator.url, tenantId: ours, workspaces: [workspace] });
    assert.match(
      (await stack.up(env(other))).text,
      /belongs to tenant 11111111.*signed in to tenant 22222222.*Nothing was changed/s,
    );
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);

    stack.configure({ endpoint: stack.emulator.url, workspaces: [workspace] });
    const first = await stack.up(env(ours));
    assert.equal(first.code, 0, first.text);
    stack.configure({ endpoint: stack.emulator.url, workspaces: [{ ...workspace, description: "new" }] });
    assert.match((await stack.up(env(other))).text, /belongs to tenant 11111111.*signed in to tenant 22222222/s);
    assert.match((await stack.refresh(env(other))).text, /belongs to tenant 11111111/);
  });

  it("Bad input refuses a stack that demands all features while one is off", async () => {
    await using stack = await EngineStack.start();
    const features = {
      useKeyVault: true,
      useRetryLogic: true,
      useTelemetry: true,
      useRollback: true,
      useCircuitBreaker: true,
    };
    stack.configure({
      requireAllFeatures: true,
      keyVaultUrl: "https://contoso.vault.azure.net",
      features,
      workspaces: [workspace],
    });
    const up = await stack.preview({ FEATURE_USE_TELEMETRY: "FALSE" });
    assert.match(up.text, /requireAllFeatures is on.*useTelemetry \(FEATURE_USE_TELEMETRY\)/s);
    assert.match(
      (await stack.preview({ FEATURE_USE_ROLLBACK: "yes" })).text,
      /FEATURE_USE_ROLLBACK: must be true or false/,
    );
  });

  it("Bad input refuses to keep a shared stack's state in the clone", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ allowLocalBackend: false, workspaces: [workspace] });
    const preview = await stack.preview();
    assert.match(
      preview.text,
      /Stack 'test' would keep its state in this clone.*azblob:.*fabric:allowLocalBackend: true/s,
    );
  });
});
