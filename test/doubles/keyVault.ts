import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { Certificate } from "../../emulator/core/tls.ts";

/*
 * Key Vault, as far as secrets are read and written. It is not an independent check: it was written from the same
 * reading of the service's documentation as the code that it tests, and only Azure's own client stands between the two.
 */

/** What goes wrong with every request that carries a token. */
export type VaultFault =
  | "hang"
  | {
      readonly status: number;
      readonly code?: string;
      /** Seconds. */
      readonly retryAfter?: number;
      /** Only the next request. */
      readonly once?: boolean;
      /** Without a body, as something in front of the vault would answer. */
      readonly isEmpty?: boolean;
      /** What something in front of the vault answers, of a type of its own. */
      readonly page?: { readonly type: string; readonly body: string };
    };

/** A request that carried a token. */
export interface VaultRequest {
  readonly method: string;
  /** As it came: the client maps no names. */
  readonly name: string;
}

/** The double, and what a test does to it. */
export interface VaultDouble {
  readonly url: string;
  /** Those with a token; the client's first one has none, and is only told where to sign in. */
  readonly requests: readonly VaultRequest[];
  /** Values of all versions, the oldest first. */
  readonly versions: (name: string) => readonly string[];
  /** Writes a new version, as somebody else would. */
  readonly put: (name: string, value: string) => void;
  readonly disable: (name: string) => void;
  /** Deletes softly: the name stays taken. */
  readonly delete: (name: string) => void;
  readonly breakWith: (fault: VaultFault | undefined) => void;
  readonly close: () => Promise<void>;
}

interface Stored {
  readonly values: string[];
  isDisabled: boolean;
  isDeleted: boolean;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** As it stands, in the place of JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = (status: number, code: string, innerCode?: string): Answer => ({
  status,
  body: { error: { code, message: code, ...(innerCode && { innererror: { code: innerCode } }) } },
});

/** Starts a vault of a tenant. */
export async function startKeyVault(
  certificate: Certificate,
  authority: string,
  tenantId: string,
): Promise<VaultDouble> {
  const secrets = new Map<string, Stored>();
  const requests: VaultRequest[] = [];
  let fault: VaultFault | undefined;

  /** Names are the same in every case. */
  const stored = (name: string) => secrets.get(name.toLowerCase());
  const put = (name: string, value: string) => {
    const known = stored(name) ?? { values: [], isDisabled: false, isDeleted: false };
    known.values.push(value);
    secrets.set(name.toLowerCase(), known);
  };
  const bundle = (name: string, version: number): Answer => ({
    status: 200,
    body: {
      value: stored(name)?.values[version - 1],
      id: `${url}/secrets/${name}/${version}`,
      attributes: { enabled: true, recoveryLevel: "Recoverable+Purgeable" },
    },
  });
  const read = (name: string, version: string): Answer => {
    const known = stored(name);
    if (!known || known.isDeleted) return refusal(404, "SecretNotFound");
    if (known.isDisabled) return refusal(403, "Forbidden", "SecretDisabled");
    const number = version ? Number(version) : known.values.length;
    return known.values[number - 1] === undefined ? refusal(404, "SecretNotFound") : bundle(name, number);
  };
  const write = async (name: string, request: IncomingMessage): Promise<Answer> => {
    const { value } = (await json(request)) as { value?: unknown };
    if (typeof value !== "string" || value.length > 25_600) return refusal(400, "BadParameter");
    if (stored(name)?.isDeleted) return refusal(409, "Conflict", "ObjectIsDeletedButRecoverable");
    put(name, value);
    return bundle(name, stored(name)?.values.length ?? 0);
  };
  const answer = async (request: IncomingMessage): Promise<Answer | "hang"> => {
    const { method = "", headers } = request;
    const [, collection, name = "", version = ""] = new URL(request.url ?? "", url).pathname.split("/");
    if (!headers.authorization) {
      const challenge = `Bearer authorization="${authority}/${tenantId}", resource="https://vault.azure.net"`;
      return { ...refusal(401, "Unauthorized"), headers: { "www-authenticate": challenge } };
    }
    requests.push({ method, name });
    if (fault === "hang") return "hang";
    if (fault) {
      const { status, code = "Fault", retryAfter, once: isOnce, isEmpty, page } = fault;
      if (isOnce) fault = undefined;
      if (page) return { status, text: page.body, headers: { "content-type": page.type } };
      const headers = retryAfter ? { "retry-after": String(retryAfter) } : {};
      return { ...(isEmpty ? { status } : refusal(status, code)), headers };
    }
    if (audienceOf(headers.authorization) !== "https://vault.azure.net") return refusal(401, "Unauthorized");
    if (collection !== "secrets" || !/^[0-9a-zA-Z-]{1,127}$/.test(name)) return refusal(400, "BadParameter");
    if (method === "GET") return read(name, version);
    return method === "PUT" ? write(name, request) : refusal(405, "MethodNotAllowed");
  };

  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response: ServerResponse) => {
    void answer(request).then((made) => {
      if (made === "hang") return;
      response.writeHead(made.status, {
        "content-type": "application/json",
        "x-ms-request-id": "r-1",
        ...made.headers,
      });
      response.end(made.text ?? (made.body === undefined ? "" : JSON.stringify(made.body)));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const change = (name: string, key: "isDisabled" | "isDeleted") => {
    const known = stored(name);
    if (known) known[key] = true;
  };
  return {
    url,
    requests,
    versions: (name) => stored(name)?.values ?? [],
    put,
    disable: (name) => change(name, "isDisabled"),
    delete: (name) => change(name, "isDeleted"),
    breakWith: (next) => void (fault = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Whom a token is for. Its signature is not checked. */
function audienceOf(authorization: string): unknown {
  const payload = authorization.split(".")[1] ?? "";
  return (JSON.parse(Buffer.from(payload, "base64url").toString() || "{}") as { aud?: unknown }).aud;
}
