import { Redaction } from "../../lib/telemetry/redaction.ts";
import { errorsIn, readPreviewLog } from "../preview/previewLog.ts";

/** What the engine says at the end of every failure: it tells nothing beside a message that does. */
const EMPTY = /^(update|preview|refresh|destroy|one or more deletes) failed$/;

/**
 * The errors that a run of the CLI has shown, as one text without secrets; undefined if its event log holds none, because the
 * CLI refused to begin.
 * @param eventLog content of the CLI's event log
 * @param env holds the secrets to leave out
 */
export function shownErrors(eventLog: string, env: NodeJS.ProcessEnv): string | undefined {
  const errors = errorsIn(readPreviewLog(eventLog));
  const telling = errors.filter((text) => !EMPTY.test(text));
  const redaction = new Redaction(env, () => []);
  const lines = new Set((telling.length > 0 ? telling : errors).map((text) => redaction.text(text)));
  return lines.size > 0 ? [...lines].join("\n") : undefined;
}
