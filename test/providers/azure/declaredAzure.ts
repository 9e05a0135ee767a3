import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";
import type { AzureConfig, StackConfig } from "../../../lib/config/stackConfig.ts";
import { declareAzure } from "../../../providers/azure/azure.ts";
import type { Azure } from "../../../providers/azure/azure.ts";

const repository = resolve(import.meta.dirname, "../../..");

/** A configuration with Azure resources. */
export type AzureStackConfig = StackConfig & { readonly azure: AzureConfig };

/** A resource as the program declared it. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** What a program declared in Azure. */
export interface DeclaredAzure {
  readonly azure: Azure;
  /** In the order of types and names. */
  readonly resources: readonly Declared[];
}

/** The configuration of a committed example. */
export function exampleConfig(stack: string): AzureStackConfig {
  const file = parse(readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8")) as { config: object };
  const entries = Object.entries(file.config).map(([key, value]): [string, unknown] => [key.slice(7), value]);
  const config = parseStackConfig(Object.fromEntries(entries), { projectRoot: repository, stack, env: {} });
  if (!config.azure) throw new Error(`Pulumi.${stack}.yaml declares nothing in Azure.`);
  return config as AzureStackConfig;
}

/**
 * Declares Azure resources with Pulumi's own mocks in the place of engine and plugin. What Azure would compute is made up:
 * `clientId of id-deployer`.
 */
export async function declareWithMocks(config: AzureStackConfig): Promise<DeclaredAzure> {
  const resources: Declared[] = [];
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      const own = inputs as Record<string, unknown>;
      resources.push({ type, name, inputs: own });
      const computed = ["connectionString", "clientId", "principalId"].map((key): [string, string] => [
        key,
        `${key} of ${name}`,
      ]);
      return { id: `/id/of/${name}`, state: { ...Object.fromEntries(computed), name, ...own } };
    },
    call: ({ token }) => {
      throw new Error(`${token} would ask Azure during a preview.`);
    },
  });
  const azure = declareAzure(config.azure, config);
  await pulumi.runtime.disconnect();
  const key = ({ type, name }: Declared) => `${type} ${name}`;
  return { azure, resources: resources.sort((a, b) => key(a).localeCompare(key(b), "en")) };
}

/** The value of an output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
