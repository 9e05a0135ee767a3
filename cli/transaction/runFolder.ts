import { rmSync } from "node:fs";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { RUN_FOLDER, ownResourcesIn, writeOwnResources } from "../../lib/checkpoint/runFolder.ts";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/** The folder of one run (`lib/checkpoint/runFolder.ts`), which goes with the run. */
export class RunFolder implements Disposable {
  readonly #path = temporaryFolder("fabric-run-");

  /** @param state what the run begins with */
  constructor(state: Checkpoint) {
    writeOwnResources(this.#path, ownResourcesIn(state));
  }

  /** Tells the processes of the run where the folder is. */
  get env(): NodeJS.ProcessEnv {
    return { [RUN_FOLDER]: this.#path };
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
