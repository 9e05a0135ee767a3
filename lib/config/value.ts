import { z } from "zod";

/** Text that is not empty; space around it does not count. */
export const text = (max: number) => z.string().trim().min(1).max(max);

/** Text of a shape that a service prescribes; `rule` says it as in "must be …". */
export const shaped = (pattern: RegExp, rule: string) => z.string().trim().regex(pattern, rule);

/** A whole number of something, both ends included; `rule` says it as in "must be …". */
export const whole = (min: number, max: number, rule: string) => z.int(rule).min(min, rule).max(max, rule);

/** `pulumi config set` writes text, so `"true"` and `"false"` are taken too, in any case. */
export const boolean = z.preprocess((value) => {
  const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  return word === "true" ? true : word === "false" ? false : value;
}, z.boolean());

/** An id of Entra, Azure or Fabric. The services write them in lower case. */
export const id = z.guid().toLowerCase();
