import type { Service } from "../core/service.ts";

/** Times of an item's create. */
export interface ItemTimes {
  readonly createdAt: number;
  /** Time at which the item's SQL endpoint is ready. */
  readonly endpointAt: number;
}

/** Times of one emulator. They are not stored: after a restart, whatever takes time is done. */
interface Memory {
  readonly startedAt: number;
  readonly byId: Map<string, ItemTimes>;
}
const memories = new WeakMap<Service, Memory>();

function memoryOf(service: Service): Memory {
  const memory = memories.get(service) ?? { startedAt: service.clock.now(), byId: new Map<string, ItemTimes>() };
  memories.set(service, memory);
  return memory;
}

/** Remembers that an item is being made. */
export function noteCreate(service: Service, id: string): void {
  const createdAt = service.clock.now();
  const waitMs = service.timing.sqlEndpointMs() ?? service.levers.operationDelayMs;
  memoryOf(service).byId.set(id.toLowerCase(), { createdAt, endpointAt: createdAt + waitMs });
}

/** Times of an item. One of a seed or of a store was made when the emulator was started. */
export function timesOf(service: Service, id: string): ItemTimes {
  const { byId, startedAt } = memoryOf(service);
  return byId.get(id.toLowerCase()) ?? { createdAt: startedAt, endpointAt: startedAt };
}
