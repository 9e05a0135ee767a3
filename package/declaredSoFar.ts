import { RUN_FOLDER, writeDeclaredNames, writeDeclaredTypes } from "../lib/checkpoint/runFolder.ts";
import { noteDeclaredNames } from "../providers/program/declaredNames.ts";

/** A program counts as complete after a pause of this length without a new resource. */
const PAUSE_MS = 200;

/**
 * Tells the provider process which objects the program declares. A program of somebody's own does not say when it has declared
 * everything, so the list is written after each pause.
 */
export function tellDeclared(env: NodeJS.ProcessEnv): void {
  if (!env[RUN_FOLDER]) return;
  const { names, types } = noteDeclaredNames();
  let written = -1;
  const write = () => {
    const count = Object.keys(names).length;
    if (count === written) return;
    written = count;
    writeDeclaredTypes(env, types);
    writeDeclaredNames(env, { ...names });
  };
  let seen = -1;
  const look = setInterval(() => {
    const count = Object.keys(names).length;
    if (count === seen) write();
    seen = count;
  }, PAUSE_MS / 2);
  // the program may end while this waits
  look.unref();
}
