import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { BlobLeaseClient, BlockBlobClient } from "@azure/storage-blob";
import type { SendToBlobs } from "./blobRequests.ts";
import type { Clock } from "../clock.ts";
import { isDead, ownHolder } from "./lockHolder.ts";
import { LockLostError, LockedError } from "./logStore.ts";
import type { Holder, Lock } from "./logStore.ts";

/** Lifetime of a lock after its holder died: the longest that the service offers. */
const LEASE_S = 60;
/** Pause between renewals; two may fail before the lease ends. */
const RENEW_MS = 20_000;
/** Pause between looks at a lock that is held. */
const LOOK_AGAIN_MS = 1_000;
/** The service's codes for a lease that this process does not hold, or no longer holds. */
const NOT_OURS = [
  "LeaseIdMismatchWithLeaseOperation",
  "LeaseIdMismatchWithBlobOperation",
  "LeaseNotPresentWithLeaseOperation",
  "LeaseNotPresentWithBlobOperation",
  "LeaseIsBrokenAndCannotBeRenewed",
  "LeaseLost",
  "BlobNotFound",
];

/** Dependencies of a lock on a blob. */
export interface BlobLockOptions {
  /** Name of the lock, for messages. */
  readonly name: string;
  /** Place of the lock, for messages. */
  readonly where: string;
  readonly clock: Clock;
  readonly send: SendToBlobs;
}

/**
 * A lock: a blob with a lease, whose content names the holder. The holder renews the lease while it lives. After the holder's
 * death the lease expires.
 */
export class BlobLock implements Lock {
  readonly #blob: BlockBlobClient;
  readonly #options: BlobLockOptions;
  readonly #lease: BlobLeaseClient;
  readonly #stop = new AbortController();
  /**
   * Time until which the lease excludes all other processes, in ms since the epoch. Wall time, because that continues while a
   * machine sleeps.
   */
  #heldUntil: number;

  private constructor(blob: BlockBlobClient, options: BlobLockOptions, lease: BlobLeaseClient, heldUntil: number) {
    this.#blob = blob;
    this.#options = options;
    this.#lease = lease;
    this.#heldUntil = heldUntil;
    void this.#keepRenewing();
  }

  /**
   * @param waitMs how long to wait for a living holder
   * @throws LockedError if another process holds the lock
   */
  static async take(blob: BlockBlobClient, options: BlobLockOptions, waitMs: number): Promise<BlobLock> {
    const { name, where, clock } = options;
    for (const deadline = clock.now() + waitMs; ;) {
      const lock = await BlobLock.#tryToTake(blob, options);
      if (lock) return lock;
      const { holder, etag } = await readHolder(blob, options);
      // if process ids cannot be compared, the lease decides
      if (holder?.processSpace !== undefined && isDead(holder)) await breakLease(blob, options, etag);
      else if (clock.now() >= deadline) {
        const remedy =
          `Wait until it has ended. If it was killed, or its machine is gone, the lock ends by itself within ` +
          `${LEASE_S} s: try again then.`;
        throw new LockedError(`The lock '${name}'`, where, holder, remedy);
      } else await clock.sleep(LOOK_AGAIN_MS);
    }
  }

  static async #tryToTake(blob: BlockBlobClient, options: BlobLockOptions): Promise<BlobLock | undefined> {
    const { send, name, clock } = options;
    const what = `take the lock '${name}'`;
    const ifNew = { conditions: { ifNoneMatch: "*" } };
    await send(what, (request) => blob.upload("", 0, { ...ifNew, ...request }), "BlobAlreadyExists", "LeaseIdMissing");
    const lease = blob.getBlobLeaseClient(randomUUID());
    const begin = clock.now();
    const isTaken = await send(
      what,
      (request) => lease.acquireLease(LEASE_S, request),
      "LeaseAlreadyPresent",
      "BlobNotFound",
    );
    if (!isTaken) return undefined;
    // this write changes the blob's etag, so that another process that is about to free the previous holder's lock fails
    const holder = JSON.stringify(ownHolder(begin));
    const ifOurs = { conditions: { leaseId: lease.leaseId } };
    const isOurs = await send(
      what,
      (request) => blob.upload(holder, Buffer.byteLength(holder), { ...ifOurs, ...request }),
      ...NOT_OURS,
    );
    return isOurs && new BlobLock(blob, options, lease, begin + LEASE_S * 1000);
  }

  /**
   * Verifies that no other process can hold the lock.
   * @param isDoubtful ask the service even if the lease has not ended
   * @throws LockLostError if another process holds the lock, or has held it
   */
  async assertHeld(isDoubtful = false): Promise<void> {
    const { name, where, clock } = this.#options;
    if (!isDoubtful && clock.now() < this.#heldUntil) return;
    // an expired lease can be renewed as long as no other process has taken it
    if (!(await this.#renew())) throw new LockLostError(`The lock '${name}'`, where);
  }

  async release(): Promise<void> {
    this.#stop.abort();
    const { send, name } = this.#options;
    const ifOurs = { conditions: { leaseId: this.#lease.leaseId } };
    await send(`release the lock '${name}'`, (request) => this.#blob.delete({ ...ifOurs, ...request }), ...NOT_OURS);
  }

  /** @returns whether this process still holds the lock */
  async #renew(): Promise<boolean> {
    const { send, name, clock } = this.#options;
    const begin = clock.now();
    const what = `renew the lock '${name}'`;
    const isOurs = await send(what, (request) => this.#lease.renewLease(request), ...NOT_OURS);
    this.#heldUntil = isOurs ? begin + LEASE_S * 1000 : 0;
    if (!isOurs) this.#stop.abort();
    return isOurs !== undefined;
  }

  async #keepRenewing(): Promise<void> {
    const { signal } = this.#stop;
    const pause = () => this.#options.clock.sleep(RENEW_MS, signal).catch(() => undefined);
    for (await pause(); !signal.aborted; await pause()) {
      // if a renewal fails, the next append notices
      await this.#renew().catch(() => undefined);
    }
  }
}

async function readHolder(
  blob: BlockBlobClient,
  { send, name }: BlobLockOptions,
): Promise<{ readonly holder?: Holder; readonly etag?: string | undefined }> {
  const what = `read the lock '${name}'`;
  const found = await send(what, (request) => blob.download(0, undefined, request), "BlobNotFound");
  const content = found?.readableStreamBody && (await buffer(found.readableStreamBody)).toString();
  // the blob is empty while its lock is being taken
  return content ? { holder: JSON.parse(content) as Holder, etag: found.etag } : {};
}

/** Frees the lock of a dead holder, unless another process has taken it since it was read. */
async function breakLease(blob: BlockBlobClient, { send, name }: BlobLockOptions, etag = ""): Promise<void> {
  await send(
    `free the lock '${name}' of a process that is gone`,
    (request) => blob.getBlobLeaseClient().breakLease(0, { conditions: { ifMatch: etag }, ...request }),
    "ConditionNotMet",
    ...NOT_OURS,
  );
}
