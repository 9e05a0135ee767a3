/**
 * From now on, the SDK reports errors of this process by their messages alone. The SDK prints an error with a stack as a
 * coloured dump of the whole object, even into a file. Without stack traces, such a dump holds nothing worth reading.
 */
export function reportPlainErrors(): void {
  Error.prepareStackTrace = () => "";
}
