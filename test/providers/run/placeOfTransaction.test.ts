import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Orphans } from "../../../cli/rollback/orphans.ts";
import { RollbackRun } from "../../../cli/rollback/rollbackRun.ts";
import { assertOpenPlaces } from "../../../cli/transaction/openPlaces.ts";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { workspaceShape } from "../../../lib/api/objects.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { TransactionLog, readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { unsettledCreates } from "../../../lib/transactions/unsettled.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import { providerNote } from "../../../providers/run/providerNote.ts";
import { TestService } from "../../emulator/client.ts";

/* The place of a transaction: the endpoint and the tenant that its first run reached. */

const ID = "dev-20260101T000000Z-00aa";
const otherTenant = "22222222-2222-4222-8222-000000000000";
const body = { displayName: "sales" };
const intent: Intent = {
  operation: "create",
  resourceType: "Workspace",
  resourceName: "sales",
  names: body,
  compensation: { function: "deleteWorkspace", args: body },
};

/** Two services, and a stack whose runs end without ending their transaction. */
class World implements AsyncDisposable {
  readonly here: TestService;
  readonly there: TestService;
  readonly #folder = mkdtempSync(join(tmpdir(), "fabric-place-"));
  readonly store = new FolderLogStore(this.#folder);

  private constructor(here: TestService, there: TestService) {
    this.here = here;
    this.there = there;
  }

  static async begin(): Promise<World> {
    return new World(await TestService.start(), await TestService.start());
  }

  env(service: TestService, tenant = tenantId): NodeJS.ProcessEnv {
    return {
      FABRIC_ENDPOINT: service.emulator.url,
      FABRIC_ACCESS_TOKEN: tokenFor(known.deployer, tenant, "fabric", Date.now()),
      FABRIC_TRANSACTION_ID: ID,
      FABRIC_RETRY_BASE_MS: "1",
    };
  }

  /** Makes a workspace in the transaction, which stays open. */
  async create(env: NodeJS.ProcessEnv): Promise<void> {
    const settings = { stack: "dev", features: {}, credential: "auto", transactionLog: this.#folder };
    const run = await startRun({ ...settings, endpoint: "https://api.fabric.microsoft.com/v1" }, env);
    try {
      const call = { method: "POST", path: "/workspaces", body, answer: workspaceShape } as const;
      await run.create(intent, call, { find: () => Promise.resolve(undefined), wasFree: true });
    } finally {
      await run.close();
    }
  }

  log() {
    return readTransactionLog(this.store, ID);
  }

  /** Removes what the transaction made, as a rollback does. @returns why that was not possible */
  async removeOrphans(env: NodeJS.ProcessEnv): Promise<(string | undefined)[]> {
    const log = await TransactionLog.open({ store: this.store, transactionId: ID });
    await using run = new RollbackRun({ env, store: this.store });
    const orphans = unsettledCreates([await this.log()]);
    const cleaner = new Orphans(run, () => undefined);
    const left = await Promise.all(
      orphans.map((orphan) => cleaner.remove(orphan, log, { version: 3, deployment: {} })),
    );
    await log.close();
    return left.flat().map(({ reason }) => reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.here, this.there].map((service) => service[Symbol.asyncDispose]()));
    rmSync(this.#folder, { recursive: true });
  }
}

const workspaces = (service: TestService) => service.emulator.service.workspaces.all().length;
const hostOf = (service: TestService) => new URL(service.emulator.url).host;

describe("an open transaction", () => {
  it("An open transaction is not gone on with at another endpoint: nothing is sent there, and the refusal names both", async () => {
    await using world = await World.begin();
    const { here, there } = world;
    await world.create(world.env(here));
    const before = [await world.log(), await providerNote(world.store, ID)];
    await assert.rejects(world.create(world.env(there)), ({ name, message }: Error) => {
      assert.equal(name, "RefusedError");
      for (const part of [ID, hostOf(here), hostOf(there), "Let FABRIC_ENDPOINT", "npm run rollback -- --stack dev"])
        assert.ok(message.includes(part), message);
      return true;
    });
    assert.deepEqual(there.emulator.requests(), []);
    assert.deepEqual([await world.log(), await providerNote(world.store, ID)], before);
  });

  it("An open transaction is not gone on with by somebody who is signed in to another tenant", async () => {
    await using world = await World.begin();
    const { here } = world;
    await world.create(world.env(here));
    await assert.rejects(world.create(world.env(here, otherTenant)), /Sign in to tenant 11111111-/);
    assert.equal(workspaces(here), 1);
    // the same tenant, spelled otherwise
    await assertOpenPlaces({ env: world.env(here, tenantId.toUpperCase()), store: world.store }, [await world.log()]);
  });

  it("An open transaction is refused by the commands before they look at anything, where they reach another endpoint or tenant", async () => {
    await using world = await World.begin();
    const { here, there, store } = world;
    await world.create(world.env(here));
    const logs = [await world.log()];
    await assertOpenPlaces({ env: world.env(here), store }, logs);
    await assert.rejects(assertOpenPlaces({ env: world.env(there), store }, logs), /its objects are at 127/);
    await assert.rejects(
      assertOpenPlaces({ env: world.env(here, otherTenant), store }, logs),
      /This run reaches .* in tenant 22222222-/,
    );
  });

  it("An open transaction keeps its orphans where they are not found only because they are looked for at another endpoint", async () => {
    await using world = await World.begin();
    const { here, there } = world;
    await world.create(world.env(here));
    const [reason] = await world.removeOrphans(world.env(there));
    assert.match(reason ?? "nothing is left over", /This run reaches/);
    assert.equal(
      (await world.log()).some(({ kind }) => kind === "compensated"),
      false,
    );
    assert.deepEqual(await world.removeOrphans(world.env(here)), []);
    assert.equal(workspaces(here), 0);
  });

  it("An open transaction that has changed nothing may be gone on with at another endpoint, to which it belongs from then on", async () => {
    await using world = await World.begin();
    const { here, there } = world;
    here.emulator.faults([{ method: "POST", route: "/workspaces", status: 403, times: 1 }]);
    await assert.rejects(world.create(world.env(here)), /403/);
    await world.create(world.env(there));
    assert.deepEqual([workspaces(here), workspaces(there)], [0, 1]);
    await assert.rejects(world.create(world.env(here)), /its objects are at/);
  });

  it("An open transaction of an earlier version, whose note names no place, goes on as it did, and gets none from a later run", async () => {
    await using world = await World.begin();
    const { here, there, store } = world;
    await world.create(world.env(here));
    const { reached, ...older } = await providerNote(store, ID);
    assert.equal(reached, `${hostOf(here)}/${tenantId}`);
    await store.write(`${ID}.provider.json`, JSON.stringify(older));
    await world.create(world.env(there));
    assert.equal((await providerNote(store, ID)).reached, undefined);
  });
});
