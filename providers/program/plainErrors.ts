/**
 * Lets the SDK report errors of this process by their messages alone, from now on. It prints an error that has a stack as a
 * dump of the whole object, in colours, whatever it prints to; and without stack traces there is nothing in a dump to read.
 */
export function reportPlainErrors(): void {
  Error.prepareStackTrace = () => "";
}
