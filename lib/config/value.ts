import { z } from "zod";

/** Text that is not empty after trimming. */
export const text = (max: number) => z.string().trim().min(1).max(max);

/** Text in a format that a service prescribes. `rule` completes "must be …". */
export const shaped = (pattern: RegExp, rule: string) => z.string().trim().regex(pattern, rule);

/** A whole number in a range, both ends included. `rule` completes "must be …". */
export const whole = (min: number, max: number, rule: string) => z.int(rule).min(min, rule).max(max, rule);

/** A boolean. `pulumi config set` writes text, so `"true"` and `"false"` are accepted in any case. */
export const boolean = z.preprocess((value) => {
  const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  return word === "true" ? true : word === "false" ? false : value;
}, z.boolean());

/** An id of Entra, Azure or Fabric. The services write them in lower case. */
export const id = z.guid().toLowerCase();
