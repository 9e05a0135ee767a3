import { FabricClient } from "../../lib/api/fabricClient.ts";
import { assertTrustedEndpoint } from "../../lib/api/trustedHost.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Configuration } from "./configuration.ts";
import { formatOrigin, hostOfEndpoint } from "./origin.ts";
import { signIn, tenantOfToken } from "./signIn.ts";

/**
 * The place that a run of this configuration would reach, as `ProviderNote.reached`.
 * @throws Error as the start of the run would
 */
export async function placeReached(configuration: Configuration, env: NodeJS.ProcessEnv): Promise<string> {
  const endpoint = env["FABRIC_ENDPOINT"] || configuration.endpoint;
  if (endpoint !== "emulator") assertTrustedEndpoint(endpoint, env);
  const { tokens } = await signIn(configuration, env, systemClock);
  const tenantId = tenantOfToken(await tokens.token(FabricClient.scope), configuration, tokens);
  return formatOrigin({ host: hostOfEndpoint(endpoint), tenantId });
}
