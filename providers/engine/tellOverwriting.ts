import type { Run } from "../run/run.ts";
import type { Fields } from "./field.ts";
import { inputsOf } from "./properties.ts";
import type { Properties } from "./properties.ts";
import { inSpellingOf } from "./resourceKind.ts";
import type { Live, ResourceKind } from "./resourceKind.ts";
import { keptForOthers } from "./threeWays.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** The process that looks, as far as it matters here. */
export interface LookingProcess {
  run(): Promise<Run>;
  /** Set by the first look that fails: there is none after it. */
  isLookRefused: boolean;
}

/**
 * Looks at an object before its update, so that a preview shows which values of others the update would overwrite. Runs only
 * with `fabric:preflight`: other previews call nothing and so need no sign-in. If the look fails, the preview continues without
 * it.
 * @throws Error if `fabric:onDrift` forbids the overwrite
 */
export async function tellOverwriting(
  host: LookingProcess,
  kind: ResourceKind,
  id: string,
  { olds, news }: { readonly olds: Properties; readonly news: Properties },
): Promise<void> {
  if (host.isLookRefused) return;
  let run: Run;
  let live: Live<Fields, object> | "gone";
  try {
    run = await host.run();
    // content is compared below, and only if another one is declared
    live = await kind.read({ ...run, watchesContent: false }, id, olds);
  } catch (error) {
    host.isLookRefused = true;
    const reason = messageOf(error);
    process.stderr.write(`Changes by others to the objects to update were not checked: ${reason}\n`);
    return;
  }
  if (live === "gone") return;
  await keptForOthers(run, kind, id, { state: olds, live: inSpellingOf(kind, olds, live.inputs), wanted: news });
  await kind.heedsContent?.(run, id, olds, inputsOf(kind, news));
}
