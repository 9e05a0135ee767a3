import { cpSync } from "node:fs";
import { join } from "node:path";
import type { EmulatorOptions } from "../../../emulator/emulator.ts";
import { EngineStack } from "./engineStack.ts";

/* An environment that is changed in every way by one deployment, which fails. */

export const features = { useRetryLogic: true, useRollback: true };

export const quick = ["--yes", "--skip-preview"];

export const first = {
  name: "sales",
  displayName: "sales-test",
  description: "before",
  capacity: "local",
  users: [
    { principal: "alice@contoso.com", role: "Member" },
    { principal: "bob@contoso.com", role: "Viewer" },
  ],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/daily" },
    { name: "flow", type: "DataPipeline", displayName: "flow", description: "before" },
    { name: "bronze", type: "Lakehouse", displayName: "bronze" },
  ],
};

export async function started(emulator: EmulatorOptions = {}): Promise<EngineStack> {
  const stack = await EngineStack.start({ emulator });
  cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
  return stack;
}
