import assert from "node:assert/strict";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator, EmulatorOptions } from "../../emulator/emulator.ts";
import { known } from "../../emulator/core/defaultSeed.ts";
import { tenantId, tokenFor } from "../../emulator/families/identity.ts";

/** What the service answered. */
export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly headers: Headers;
  // what a body holds is asserted where it is used
  readonly body: Record<string, unknown> & { id?: string; value?: Record<string, unknown>[] };
}

/** An emulator with a plain client, for one test. */
export class TestService implements AsyncDisposable {
  readonly emulator: Emulator;
  private constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  static async start(options?: EmulatorOptions): Promise<TestService> {
    return new TestService(await startEmulator(options));
  }

  /** Calls the API as somebody, by default as the deploying identity. */
  async call(method: string, path: string, body?: unknown, as?: string): Promise<Answer> {
    const token = as === undefined ? "opaque" : tokenFor(as, tenantId, "fabric", Date.now());
    const answer = await fetch(this.emulator.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed = (text === "" ? {} : JSON.parse(text)) as Answer["body"] | null;
    return {
      status: answer.status,
      code: answer.headers.get("x-ms-public-api-error-code"),
      headers: answer.headers,
      body: parsed ?? {},
    };
  }

  /** Status and code of a refused call, and 200 with null for one that was not. */
  async outcome(method: string, path: string, body?: unknown, as?: string): Promise<[number, string | null]> {
    const { status, code } = await this.call(method, path, body, as);
    return [status, code];
  }

  /** A new workspace on the active capacity; its path. */
  async workspace(displayName = "sales"): Promise<string> {
    const { status, body } = await this.call("POST", "/workspaces", { displayName, capacityId: known.activeCapacity });
    assert.equal(status, 201);
    return `/workspaces/${body.id}`;
  }

  /** Waits for the operation that an answer started; its last state and its result. */
  async operation(started: Answer): Promise<{ state: Answer; result: Answer | undefined }> {
    assert.equal(started.status, 202);
    const id = started.headers.get("x-ms-operation-id");
    for (;;) {
      const state = await this.call("GET", `/operations/${id}`);
      if (state.body["status"] === "Running") continue;
      const result = state.headers.get("location") ? await this.call("GET", `/operations/${id}/result`) : undefined;
      return { state, result };
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.emulator.close();
  }
}
