import { dirname, join } from "node:path";
import { OAuth2Server } from "oauth2-mock-server";
import type { MutableResponse, MutableToken } from "oauth2-mock-server";
import type { Certificate } from "../../emulator/tls.ts";

/** Entra ID for one tenant: signed tokens for whoever asks. It checks neither secrets nor assertions. */
export interface EntraDouble {
  /** For AZURE_AUTHORITY_HOST. */
  readonly authority: string;
  readonly tenantId: string;
  /** How many tokens were asked for. */
  readonly asked: () => number;
  /** Refuses every sign-in, as for a wrong secret, until told otherwise. */
  readonly refuse: (isRefusing: boolean) => void;
  readonly close: () => Promise<void>;
}

/** Starts it on a free port, over https, because the library takes nothing else. */
export async function startEntra(certificate: Certificate, tenantId: string): Promise<EntraDouble> {
  const keyFile = join(dirname(certificate.caFile), "key.pem");
  const server = new OAuth2Server(keyFile, certificate.caFile, {
    endpoints: {
      wellKnownDocument: `/${tenantId}/v2.0/.well-known/openid-configuration`,
      token: `/${tenantId}/oauth2/v2.0/token`,
      jwks: `/${tenantId}/discovery/v2.0/keys`,
      authorize: `/${tenantId}/oauth2/v2.0/authorize`,
    },
  });
  await server.issuer.keys.generate("RS256");
  await server.start(0, "127.0.0.1");
  let asked = 0;
  let isRefusing = false;
  server.service.on("beforeTokenSigning", ({ payload }: MutableToken, { body }: { body: { scope?: string } }) => {
    asked++;
    payload["aud"] = body.scope?.split(" ")[0]?.replace(/\/\.default$/, "");
    payload.iss = `https://sts.windows.net/${tenantId}/`;
  });
  server.service.on("beforeResponse", (response: MutableResponse) => {
    if (!isRefusing) return;
    response.statusCode = 401;
    response.body = { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret provided." };
  });
  return {
    authority: `https://localhost:${server.address().port}`,
    tenantId,
    asked: () => asked,
    refuse: (next) => void (isRefusing = next),
    close: () => server.stop(),
  };
}
