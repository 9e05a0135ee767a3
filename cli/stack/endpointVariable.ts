import { isLoopback } from "../../lib/api/trustedHost.ts";

/**
 * Refuses a FABRIC_ENDPOINT that is no address, before anything runs: a preview without changes would not notice it.
 * @throws Error that names the variable
 */
export function assertEndpointVariable(env: NodeJS.ProcessEnv): void {
  const endpoint = env["FABRIC_ENDPOINT"];
  if (!endpoint) return;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url))) return;
  // an address may hold a password or a signature
  const shown = url?.host ? `${url.protocol}//${url.host}${url.pathname}` : endpoint.replace(/^.*@/, "…@");
  throw new Error(
    `FABRIC_ENDPOINT is ${shown}: it must be an https address, or http on this machine. Unset it, or correct it. ` +
      `(Only fabric:endpoint can be emulator.) Nothing was done.`,
  );
}
