import { subscribe } from "node:diagnostics_channel";
import resource from "@pulumi/pulumi/resource.js";
import type { CustomResource } from "@pulumi/pulumi/resource.js";

/*
 * Everything that this project changes in Pulumi's SDK, or uses of it without being promised. `sdkQuirks.test.ts` fails as
 * soon as the SDK does by itself what stands here, or does not have any more what is used.
 */

/**
 * Lets resources be registered without a stack trace. The SDK takes a full one for each, and stores it: a fifth of the
 * state, with paths of this machine in it, and a tenth of the time of a big preview. Errors of this project name the
 * resource and the key of the configuration instead.
 */
export function leaveOutStackTraces(): void {
  Object.assign(resource.Resource, { stackTrace: () => [] });
}

/**
 * Lets every error of this process go without a stack trace, from now on. The SDK takes one for each promise that it makes,
 * to name promises that never settle, and nobody reads those. Call it after everything that an own trace is wanted for.
 */
export function leaveOutPromiseTraces(): void {
  Error.stackTraceLimit = 0;
}

/**
 * The id of a resource that exists; undefined while a preview cannot know it. `apply` alone does not tell when there will be
 * no value: its callback is never called then. The SDK declares neither `isKnown` nor `promise`.
 */
export async function idIfKnown({ id }: Pick<CustomResource, "id">): Promise<string | undefined> {
  const output = id as unknown as { readonly isKnown: Promise<boolean>; promise(): Promise<string> };
  return (await output.isKnown) ? output.promise() : undefined;
}

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/**
 * Calls back when the engine tells this provider process to cancel. The SDK's provider host answers that call itself and
 * tells nobody, so it is read off Node's own channel for requests that arrive by HTTP/2.
 */
export function whenCancelled(cancelled: () => void): void {
  subscribe("http2.server.stream.start", (message) => {
    const { headers } = message as { headers?: Record<string, unknown> };
    if (headers?.[":path"] === CANCEL) cancelled();
  });
}
