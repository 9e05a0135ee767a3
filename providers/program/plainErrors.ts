import errors from "@pulumi/pulumi/errors.js";
import { messageOf } from "../../lib/api/messageOf.ts";

/**
 * From now on, the SDK reports errors of this process by their messages alone. The SDK prints an error with a stack as a
 * coloured dump of the whole object, even into a file. Without stack traces, such a dump holds nothing worth reading.
 */
export function reportPlainErrors(): void {
  Error.prepareStackTrace = () => "";
}

/** Stops the program with one message and no stack trace. */
export function refuse(error: unknown): never {
  throw new errors.RunError(messageOf(error));
}
