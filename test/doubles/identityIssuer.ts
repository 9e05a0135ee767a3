import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "../../emulator/core/tls.ts";
import { signed, verified } from "./jwt.ts";

/** A service that tells other services who a job is: GitHub (GET), or Azure DevOps (POST). */
export interface IdentityIssuer {
  readonly origin: string;
  /** What it was asked: method, path and query. */
  readonly asked: string[];
  /** What it answers instead, where a test wants it to fail. */
  failure: { readonly status: number; readonly body: string; readonly location?: string } | undefined;
  /** Whether it never answers. */
  isSilent: boolean;
  /** An assertion for Entra ID that lasts ten minutes. */
  assertion(audience?: string): string;
  /** The audience of an assertion, after its signature was checked. @throws Error where it is another's */
  audienceOf(assertion: string | undefined): unknown;
  close(): Promise<void>;
}

/**
 * Starts one.
 * @param bearer the only token that it answers to
 */
export async function startIdentityIssuer(bearer: string, tls?: Certificate): Promise<IdentityIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const asked: string[] = [];
  const assertion = (aud: string = "api://AzureADTokenExchange") =>
    signed({ iss: "https://issuer.example", sub: "job", aud, exp: Math.floor(Date.now() / 1000) + 600 }, privateKey);
  const answer: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { failure, isSilent } = issuer;
    if (isSilent) return;
    if (failure) {
      response.writeHead(failure.status, failure.location ? { location: failure.location } : {}).end(failure.body);
    } else if (request.headers.authorization !== `Bearer ${bearer}`) {
      response.writeHead(401).end();
    } else {
      const { searchParams } = new URL(request.url ?? "", "http://localhost");
      const token = assertion(searchParams.get("audience") ?? undefined);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(request.method === "POST" ? { oidcToken: token } : { value: token }));
    }
  };
  const server = tls ? createHttpsServer({ key: tls.key, cert: tls.cert }, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer: IdentityIssuer = {
    origin: `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    failure: undefined,
    isSilent: false,
    assertion,
    audienceOf: (token) => verified(token ?? "", publicKey).claims["aud"],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
