import { buffer } from "node:stream/consumers";
import type { AppendBlobClient, ContainerClient } from "@azure/storage-blob";
import { BlobLock } from "./blobLock.ts";
import type { BlobPlace } from "./blobPlace.ts";
import { blobRequests, fromStorage } from "./blobRequests.ts";
import type { SendToBlobs } from "./blobRequests.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { LineQueue } from "./lineQueue.ts";
import type { Appender, Lock, LogStore } from "./logStore.ts";

/** Largest block of lines in one write, in bytes: the limit of every version of the service. */
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * Logs in a container of an Azure storage account, so that another machine can continue them or roll them back. A log is an
 * append blob; everything else is a block blob.
 *
 * Once a lock of this store is lost, nothing is appended. Until then each append names its position, so the service refuses
 * it if another process has written.
 */
export class BlobLogStore implements LogStore {
  readonly where: string;
  readonly #container: ContainerClient;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #send: SendToBlobs;
  readonly #held = new Set<BlobLock>();

  /** @param container client of the same place; it is signed in, and repeats requests that got no answer */
  constructor(place: BlobPlace, container: ContainerClient, clock: Clock = systemClock) {
    this.where = `${place.serviceUrl}/${place.container}/${place.prefix}`;
    this.#container = container;
    this.#prefix = place.prefix;
    this.#clock = clock;
    this.#send = blobRequests(place);
  }

  async appender(name: string): Promise<Appender> {
    const blob = this.#container.getAppendBlobClient(this.#prefix + name);
    const ifNew = { conditions: { ifNoneMatch: "*" } };
    const isNew = await this.#send(
      `open ${name}`,
      (request) => blob.create({ ...ifNew, ...request }),
      "BlobAlreadyExists",
    );
    let end = isNew ? 0 : await this.#sizeOf(blob, name);
    const queue = new LineQueue(async (lines) => {
      end = await this.#append(blob, name, Buffer.from(lines), end);
    }, MAX_BLOCK_BYTES);
    return {
      append: (line) => queue.append(line),
      close: () => queue.idle(),
    };
  }

  async read(name: string): Promise<Buffer | undefined> {
    const blob = this.#container.getBlobClient(this.#prefix + name);
    const read = async (abortSignal: AbortSignal) => {
      const { readableStreamBody } = fromStorage(await blob.download(0, undefined, { abortSignal }));
      return readableStreamBody ? buffer(readableStreamBody) : Buffer.alloc(0);
    };
    return this.#send(`read ${name}`, ({ abortSignal }) => read(abortSignal), "BlobNotFound");
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const blob = this.#container.getBlockBlobClient(this.#prefix + name);
    const bytes = Buffer.from(content);
    await this.#send(`write ${name}`, (request) => blob.upload(bytes, bytes.length, request));
  }

  async names(): Promise<readonly string[]> {
    return this.#namesBelow("");
  }

  async remove(name: string): Promise<void> {
    const names = name.endsWith("/") ? await this.#namesBelow(name) : [name];
    for (const each of names) {
      const blob = this.#container.getBlobClient(this.#prefix + each);
      await this.#send(`remove ${each}`, (request) => blob.delete(request), "BlobNotFound");
    }
  }

  async lock(name: string, { waitMs = 0 }: { readonly waitMs?: number } = {}): Promise<Lock> {
    const blob = this.#container.getBlockBlobClient(`${this.#prefix}${name}.lock`);
    const options = { name, where: this.where, clock: this.#clock, send: this.#send };
    const lock = await BlobLock.take(blob, options, waitMs);
    this.#held.add(lock);
    return {
      release: () => {
        this.#held.delete(lock);
        return lock.release();
      },
    };
  }

  /**
   * Appends a block at the end of the log.
   * @param end position of the end when this process last wrote or looked
   * @returns the new position of the end
   */
  async #append(blob: AppendBlobClient, name: string, block: Buffer, end: number): Promise<number> {
    await this.#assertLocksHeld();
    for (;;) {
      const ifThere = { conditions: { appendPosition: end } };
      const isWritten = await this.#send(
        `append to ${name}`,
        (request) => blob.appendBlock(block, block.length, { ...ifThere, ...request }),
        "AppendPositionConditionNotMet",
      );
      if (isWritten) return end + block.length;
      const size = await this.#sizeOf(blob, name);
      if (size >= end + block.length && (await this.#isAt(blob, name, block, end))) return end + block.length;
      await this.#assertLocksHeld({ isDoubtful: true });
      end = size;
    }
  }

  /** Whether a block is already at its position: then the append was repeated because its answer was lost. */
  async #isAt(blob: AppendBlobClient, name: string, block: Buffer, position: number): Promise<boolean> {
    const there = await this.#send(`read ${name}`, (request) => blob.downloadToBuffer(position, block.length, request));
    return there?.equals(block) ?? false;
  }

  async #sizeOf(blob: AppendBlobClient, name: string): Promise<number> {
    const properties = await this.#send(`look at ${name}`, (request) => blob.getProperties(request));
    return properties?.contentLength ?? 0;
  }

  async #namesBelow(folder: string): Promise<string[]> {
    const prefix = this.#prefix + folder;
    const list = async (abortSignal: AbortSignal) => {
      const names: string[] = [];
      for await (const page of this.#container.listBlobsFlat({ prefix, abortSignal }).byPage())
        names.push(...fromStorage(page).segment.blobItems.map(({ name }) => name.slice(this.#prefix.length)));
      return names;
    };
    return (await this.#send("be listed", ({ abortSignal }) => list(abortSignal))) ?? [];
  }

  async #assertLocksHeld({ isDoubtful = false } = {}): Promise<void> {
    for (const lock of this.#held) await lock.assertHeld(isDoubtful);
  }
}
