import type { Operation } from "../core/model.ts";
import { ok, operationHeaders, ServiceError } from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

/** The service's times have seven decimals and no zone. */
const moment = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}0000`;

/** Long-running operations: 202, then their state, then their result. */
export const operationRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/operations/{operationId}",
    handler(call, service) {
      const operation = operationOf(call, service);
      const { id, createdAt, endsAt, hasResult, error } = operation;
      const times = {
        createdTimeUtc: moment(createdAt),
        lastUpdatedTimeUtc: moment(Math.min(endsAt, service.clock.now())),
      };
      if (isRunning(operation, service)) {
        return ok({ status: "Running", ...times, percentComplete: null, error: null }, operationHeaders(service, id));
      }
      if (error) return ok({ status: "Failed", ...times, percentComplete: null, error }, { "x-ms-operation-id": id });
      const headers = hasResult
        ? { Location: `${service.origin}/v1/operations/${id}/result`, "x-ms-operation-id": id }
        : {};
      return ok({ status: "Succeeded", ...times, percentComplete: 100, error: null }, headers);
    },
  },
  {
    method: "GET",
    template: "/operations/{operationId}/result",
    handler(call, service) {
      const operation = operationOf(call, service);
      if (isRunning(operation, service) || operation.error) {
        throw new ServiceError(400, "OperationNotSucceeded", "The operation has not succeeded");
      }
      if (!operation.hasResult) throw new ServiceError(400, "OperationHasNoResult", "The operation has no result");
      return ok(operation.result, { "Content-Type": "application/json" });
    },
  },
];

function operationOf(call: Call, service: Service): Operation {
  const operation = service.operations.get(call.params["operationId"] ?? "");
  if (!operation) throw new ServiceError(404, "OperationNotFound", "The operation could not be found");
  return operation;
}

const isRunning = ({ endsAt }: Operation, service: Service) => service.clock.now() < endsAt;
