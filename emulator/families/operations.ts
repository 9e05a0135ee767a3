import { randomUUID } from "node:crypto";
import { collection } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route, tenant } from "../core/guard.ts";
import { ok, ServiceError } from "../core/service.ts";
import type { Call, Reply, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";

/** A long-running operation. */
export interface Operation extends Stored {
  readonly createdAt: number;
  readonly endsAt: number;
  /** Retry-After while the operation runs. @default the lever's value */
  readonly retryAfterSeconds?: number;
  readonly hasResult: boolean;
  readonly result?: unknown;
  readonly error?: { readonly errorCode: string; readonly message: string };
}

const operations = collection<Operation>("operations", {
  shows: (operation, service) => ({
    status: isRunning(operation, service) ? "Running" : operation.error ? "Failed" : "Succeeded",
  }),
});
const operation = member(
  tenant,
  "/operations/{operationId}",
  operations,
  () => new ServiceError(404, "OperationNotFound", "The operation could not be found"),
);

/** Long-running operations: 202, then their state, then their result. */
export const operationFamily = defineFamily({
  name: "operations",
  collections: { operations },
  routes: [
    route("GET", operation, "", (operation, _call, service) => {
      const { id, createdAt, endsAt, hasResult, error } = operation;
      const times = {
        createdTimeUtc: moment(createdAt),
        lastUpdatedTimeUtc: moment(Math.min(endsAt, service.clock.now())),
      };
      if (isRunning(operation, service)) {
        return ok(
          { status: "Running", ...times, percentComplete: null, error: null },
          operationHeaders(service, operation),
        );
      }
      if (error) return ok({ status: "Failed", ...times, percentComplete: null, error }, { "x-ms-operation-id": id });
      const headers = hasResult
        ? { Location: `${service.origin}/v1/operations/${id}/result`, "x-ms-operation-id": id }
        : {};
      return ok({ status: "Succeeded", ...times, percentComplete: 100, error: null }, headers);
    }),
    route("GET", operation, "/result", (operation, _call, service) => {
      if (isRunning(operation, service) || operation.error) {
        throw new ServiceError(400, "OperationNotSucceeded", "The operation has not succeeded");
      }
      if (!operation.hasResult) throw new ServiceError(400, "OperationHasNoResult", "The operation has no result");
      return ok(operation.result, { "Content-Type": "application/json" });
    }),
  ],
});

/**
 * Applies an effect immediately, records an operation that completes later, and returns 202.
 * @param effect the operation's effect; not called if the operation must fail without it
 */
export function startOperation(
  call: Call,
  service: Service,
  hasResult: boolean,
  effect: () => unknown,
  headers: Record<string, string> = {},
): Reply {
  const now = service.clock.now();
  const failure = call.operationError;
  const result = failure && !failure.hasEffect ? undefined : effect();
  const { times } = call;
  const operation = operations.in(service).put({
    id: randomUUID(),
    createdAt: now,
    endsAt: now + (times?.operationMs ?? service.levers.operationDelayMs),
    ...(times && { retryAfterSeconds: times.retryAfterSeconds }),
    hasResult,
    ...(result !== undefined && { result }),
    ...(failure && { error: { errorCode: failure.errorCode, message: failure.message } }),
  });
  return { status: 202, body: null, headers: { ...headers, ...operationHeaders(service, operation) } };
}

function operationHeaders(service: Service, { id, retryAfterSeconds }: Operation): Record<string, string> {
  return {
    Location: `${service.origin}/v1/operations/${id}`,
    "x-ms-operation-id": id,
    "Retry-After": String(Math.ceil(retryAfterSeconds ?? service.levers.retryAfterSeconds)),
  };
}

const isRunning = ({ endsAt }: Operation, service: Service) => service.clock.now() < endsAt;

/** The service's time format, with seven decimals and no zone. */
const moment = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}0000`;
