import { subscribe } from "node:diagnostics_channel";
import resource from "@pulumi/pulumi/resource.js";
import type { CustomResource } from "@pulumi/pulumi/resource.js";

/*
 * All changes of this project to Pulumi's SDK, and all uses of its undocumented parts. `sdkQuirks.test.ts` fails as soon as
 * the SDK makes a change needless, or removes a part that is used.
 */

/**
 * Registers resources without stack traces. The SDK would capture and store a full trace for each resource: a fifth of the
 * state, with paths of this machine, and a tenth of the time of a big preview. Errors of this project name the resource and
 * the key of the configuration instead.
 */
export function leaveOutStackTraces(): void {
  Object.assign(resource.Resource, { stackTrace: () => [] });
}

/**
 * From now on, errors of this process have no stack trace. The SDK captures a trace per promise, to name promises that never
 * settle, and nothing reads these traces. Call this function after all code whose errors need a trace.
 */
export function leaveOutPromiseTraces(): void {
  Error.stackTraceLimit = 0;
}

/**
 * The id of an existing resource; undefined while a preview cannot know the id. `apply` alone is not enough: its callback is
 * never called if there is no value. The SDK does not declare `isKnown` and `promise`.
 */
export async function idIfKnown({ id }: Pick<CustomResource, "id">): Promise<string | undefined> {
  const output = id as unknown as { readonly isKnown: Promise<boolean>; promise(): Promise<string> };
  return (await output.isKnown) ? output.promise() : undefined;
}

/**
 * Ends when the engine has made the object, or in a preview has planned it.
 * @throws what keeps an input of the object from being known. `apply` would then wait for ever. The SDK does not declare `promise`.
 */
export async function existenceOf({ urn }: Pick<CustomResource, "urn">): Promise<void> {
  await (urn as unknown as { promise(): Promise<string> }).promise();
}

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/**
 * Calls back when the engine calls Cancel of this provider process. The SDK's provider host answers that call itself and
 * reports it nowhere, so this function listens to Node's own diagnostics channel for HTTP/2 requests.
 */
export function whenCancelled(cancelled: () => void): void {
  subscribe("http2.server.stream.start", (message) => {
    const { headers } = message as { headers?: Record<string, unknown> };
    if (headers?.[":path"] === CANCEL) cancelled();
  });
}
