import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { exampleConfig } from "../../providers/azure/declaredAzure.ts";
import { EngineStack } from "./engineStack.ts";

/** What the plugin's double says it did. */
export interface Report {
  readonly event: "created" | "updated" | "deleted";
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const pluginFolder = "azure-native-plugin";
/** What the example stack `dev` declares of Azure. */
export const dev = exampleConfig("dev").azure;

/** A stack on the real engine, with the double in the place of azure-native's plugin. */
export async function startAzureStack(onReport: (stack: EngineStack, report: Report) => void) {
  const reports: Report[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const report = JSON.parse(body) as Report;
      reports.push(report);
      onReport(stack, report);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stack = await EngineStack.start({
    env: {
      AZURE_DOUBLE_REPORTS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      FABRIC_ACCESS_TOKEN: tokenFor(known.deployer, tenantId, "fabric", Date.now()),
    },
  });
  mkdirSync(join(stack.folder, pluginFolder));
  const plugin = join(stack.folder, pluginFolder, "pulumi-resource-azure-native");
  writeFileSync(plugin, `#!/bin/sh\nexec node '${join(import.meta.dirname, "azureNativePlugin.ts")}' "$@"\n`);
  chmodSync(plugin, 0o755);
  const project = join(stack.folder, "Pulumi.yaml");
  const entry = `plugins:\n  providers:\n    - { name: azure-native, path: ${join(stack.folder, pluginFolder)} }\n`;
  writeFileSync(project, `${readFileSync(project, "utf8")}${entry}`);
  const close = async () => {
    server.close();
    await stack[Symbol.asyncDispose]();
  };
  return { stack, reports, close };
}
