import { randomUUID } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { OAuth2Issuer, OAuth2Service } from "oauth2-mock-server";
import { tenantId } from "../../emulator/families/identity.ts";
import type { Certificate } from "../../emulator/core/tls.ts";

/** What a client sent to the token endpoint. */
export type TokenRequest = Readonly<Record<string, string | undefined>>;

/** A server that stands in for Entra ID, over https; its tokens are signed. */
export interface Entra {
  readonly origin: string;
  /** Every request for a token. */
  readonly requests: TokenRequest[];
  /** @throws Error with what Entra ID would say, where a request is not to be answered with a token */
  check: (request: TokenRequest) => void;
  /** Its clock, in ms since the epoch. */
  now: () => number;
  /** How long tokens live. */
  lifetimeS: number;
  close(): Promise<void>;
}

/** Starts one for the emulator's tenant. The server itself checks no client: that is what `check` is for. */
export async function startEntra(certificate: Certificate, check: Entra["check"], oid: string): Promise<Entra> {
  const issuer = new OAuth2Issuer();
  await issuer.keys.generate("RS256");
  const service = new OAuth2Service(issuer, {
    wellKnownDocument: `/${tenantId}/v2.0/.well-known/openid-configuration`,
    token: `/${tenantId}/oauth2/v2.0/token`,
    jwks: `/${tenantId}/discovery/v2.0/keys`,
    authorize: `/${tenantId}/oauth2/v2.0/authorize`,
  });
  // a server of ours, because the library's own waits for connections that clients keep
  const server = createServer({ key: certificate.key, cert: certificate.cert }, service.requestHandler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer.url = origin;
  const entra: Entra = {
    origin,
    requests: [],
    check,
    now: Date.now,
    lifetimeS: 3600,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  service.on(
    "beforeTokenSigning",
    ({ payload }: { payload: Record<string, unknown> }, { body }: { body: TokenRequest }) => {
      const iat = Math.floor(entra.now() / 1000);
      const aud = body["scope"]?.split(" ")[0]?.replace(/\/\.default$/, "");
      const times = { iat, nbf: iat, exp: iat + entra.lifetimeS };
      Object.assign(payload, times, {
        aud,
        iss: `https://sts.windows.net/${tenantId}/`,
        tid: tenantId,
        oid,
        jti: randomUUID(),
      });
    },
  );
  service.on("beforeResponse", (response: { statusCode: number; body: object }, { body }: { body: TokenRequest }) => {
    entra.requests.push(body);
    try {
      entra.check(body);
      Object.assign(response.body, { expires_in: entra.lifetimeS });
    } catch (error) {
      response.statusCode = 401;
      response.body = {
        error: "invalid_client",
        error_description: (error as Error).message,
        error_codes: [7000215],
      };
    }
  });
  return entra;
}
