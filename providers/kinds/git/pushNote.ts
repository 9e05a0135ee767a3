import type { Values } from "../../../lib/transactions/written.ts";
import { whereOf } from "./fields.ts";
import type { GitInputs } from "./fields.ts";

/** Name of an intent's value that says that the workspace's items were committed to a branch. */
const PUSH = "commit to ";

/** Notes, in the intent of a commit to Git, that a rollback cannot take it back. */
export const beforePushing = (inputs: GitInputs): Values => ({ [`${PUSH}${whereOf(inputs)}`]: null });

/** The notes of commits among the values that the writes to a connection found. */
export const pushesIn = (before: Values): Values =>
  Object.fromEntries(Object.entries(before).filter(([name]) => name.startsWith(PUSH)));

/** Where items were committed to, in words, by the same values. */
export const pushedTo = (before: Values): readonly string[] =>
  Object.keys(pushesIn(before)).map((name) => name.slice(PUSH.length));
