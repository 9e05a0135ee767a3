import { inProject } from "../../lib/project/projectFolder.ts";

/** The emulator that stack `local` deploys to. */
export interface EmbeddedEmulator {
  /** Base of the Fabric API. */
  readonly url: string;
  /** Base of Microsoft Graph. */
  readonly graph: string;
  /** Stops the emulator, if it runs in this process. */
  close(): Promise<void>;
}

/** Folder in which the embedded emulator of a clone keeps its objects; FABRIC_EMULATOR_STORE names another one. */
export const emulatorStore = process.env["FABRIC_EMULATOR_STORE"] || inProject(".fabric/emulator");

/**
 * Opens the project's emulator: the server that runs on its store, if there is one, else one inside this process. The
 * emulator is loaded only here, so that other stacks never load it.
 */
export async function openEmulator(): Promise<EmbeddedEmulator> {
  const { findRunningEmulator, startEmulator } = await import("../../emulator/emulator.ts");
  const running = await findRunningEmulator(emulatorStore);
  if (running) return { url: running, graph: new URL(running).origin, close: async () => undefined };
  // only this process calls it, and has nothing to wait for
  const emulator = await startEmulator({ store: emulatorStore, sqlEndpointMs: 300, retryAfterSeconds: 0 });
  return { url: emulator.url, graph: emulator.origin, close: () => emulator.close() };
}
