import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { route, tenant as everybody, within } from "../core/guard.ts";
import { ok, sameName, ServiceError } from "../core/service.ts";
import type { Call, Reply, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";

/** A user, group or service principal. */
export interface Principal extends Stored {
  readonly type: "User" | "Group" | "ServicePrincipal" | "ServicePrincipalProfile";
  readonly displayName: string;
  readonly userPrincipalName?: string;
  readonly aadAppId?: string;
  /** Mail address of a user. @default the user principal name */
  readonly mail?: string;
}

/** The principals of the tenant. */
export const principals = collection<Principal>("principals");

/** Tenant that the emulator's tokens belong to. */
export const tenantId = "11111111-1111-4111-8111-000000000000";
const lifetimeSeconds = 3600;

/** A token that names its principal. Its signature is empty, because the emulator verifies none. */
export function tokenFor(principalId: string, tenant: string, audience: string, now: number): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = Math.floor(now / 1000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenant}/`,
    tid: tenant,
    oid: principalId,
    appid: principalId,
    idtyp: "app",
    iat: seconds,
    nbf: seconds,
    exp: seconds + lifetimeSeconds,
  };
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}

/** The object id in a token, and whether the token has expired. Opaque tokens show neither. */
export function readToken(token: string, now: number): { readonly principalId?: string; readonly isExpired: boolean } {
  try {
    const { oid, exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      oid?: string;
      exp?: number;
    };
    return { ...(oid && { principalId: oid }), isExpired: exp !== undefined && exp * 1000 < now };
  } catch {
    return { isExpired: false };
  }
}

/** Entra ID's token endpoint. Its paths are those of the authority, and not below /v1. */
const authority = within(everybody, "/{tenant}", (_all, tenant) => tenant);
export const entraFamily = defineFamily({
  name: "entra",
  api: "entra",
  routes: [
    route("GET", authority, "/v2.0/.well-known/openid-configuration", (tenant, _call, service) => {
      const url = `${service.origin}/${tenant}`;
      return ok({
        authorization_endpoint: `${url}/oauth2/v2.0/authorize`,
        token_endpoint: `${url}/oauth2/v2.0/token`,
        issuer: `${url}/v2.0`,
        jwks_uri: `${url}/discovery/v2.0/keys`,
      });
    }),
    route("POST", authority, "/oauth2/v2.0/token", (tenant, call, service) => {
      const form = call.body as Record<string, string | undefined>;
      const client = principals
        .in(service)
        .all()
        .find(({ id, aadAppId }) => id === form["client_id"] || aadAppId === form["client_id"]);
      if (!form["client_secret"] && !form["client_assertion"]) return refused(tenant);
      const audience = (form["scope"] ?? "").split(" ")[0]?.replace(/\/\.default$/, "") ?? "";
      const principalId = client?.id ?? defaultCaller(service);
      return ok({
        token_type: "Bearer",
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: tokenFor(principalId, tenant, audience, service.clock.now()),
      });
    }),
  ],
});

function refused(tenant: string) {
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
  const description = `AADSTS7000216: A client secret or assertion is required in tenant ${tenant}.`;
  return {
    status: 401,
    body: { error: "invalid_client", error_description: description, error_codes: [7000216], ...ids },
  };
}

/** Graph's envelope differs from Fabric's. */
class GraphError extends ServiceError {
  override toReply(): Reply {
    return { status: this.status, body: { error: { code: this.errorCode, message: this.message } } };
  }
}

const user = within(everybody, "/v1.0/users/{user}", (_all, id, _call, service) => {
  const wanted = decodeURIComponent(id);
  const found = principals
    .in(service)
    .all()
    .find(
      ({ id, type, userPrincipalName }) =>
        type === "User" && (id === wanted || (userPrincipalName && sameName(userPrincipalName, wanted))),
    );
  if (found) return found;
  throw new GraphError(
    404,
    "Request_ResourceNotFound",
    `Resource '${wanted}' does not exist or one of its queried reference-property objects are not present.`,
  );
});

/** The property and value of the one filter that deployments use: `displayName eq 'Analysts'`. */
function filterOf(call: Call): readonly [property: string, value: string] {
  const [, property = "", value = ""] = /^(\w+) eq '(.*)'$/s.exec(call.query.get("$filter") ?? "") ?? [];
  if (property === "") throw new GraphError(400, "BadRequest", "Invalid filter clause");
  return [property, value.replaceAll("''", "'")];
}

/** A list of principals of one type, found by a property. */
const listOf = (type: Principal["type"], path: string, show: (principal: Principal) => Record<string, unknown>) =>
  route("GET", everybody, path, (_all, call, service) => {
    const [property, value] = filterOf(call);
    const found = principals
      .in(service)
      .all()
      .filter((one) => one.type === type)
      .map(show)
      .filter((shown) => sameName(String(shown[property]), value));
    return ok({ "@odata.context": `${service.origin}/v1.0/$metadata#${path.slice(6)}`, value: found });
  });

/** The part of Microsoft Graph that deployments use, with the principals that Graph and Fabric share. */
export const graphFamily = defineFamily({
  name: "graph",
  api: "graph",
  collections: { principals },
  routes: [
    route("GET", user, "", ({ id, displayName, userPrincipalName }, _call, service) =>
      ok({
        "@odata.context": `${service.origin}/v1.0/$metadata#users/$entity`,
        id,
        displayName,
        userPrincipalName,
      }),
    ),
    listOf("User", "/v1.0/users", ({ id, displayName, userPrincipalName, mail }) => ({
      id,
      displayName,
      userPrincipalName,
      mail: mail ?? userPrincipalName,
    })),
    listOf("Group", "/v1.0/groups", ({ id, displayName }) => ({ id, displayName })),
    listOf("ServicePrincipal", "/v1.0/servicePrincipals", ({ id, displayName, aadAppId }) => ({
      id,
      displayName,
      appId: aadAppId,
    })),
  ],
  seed: {
    principals: z
      .array(
        z.looseObject({
          id: z.string(),
          type: z.string().default("User"),
          displayName: z.string().default(""),
          userPrincipalName: z.string().optional(),
          aadAppId: z.string().optional(),
          mail: z.string().optional(),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const principal of seed.principals) principals.in(service).put(principal as Principal);
  },
});

/** The caller if a token does not contain one. */
export function defaultCaller(service: Service): string {
  const all = principals.in(service).all();
  const known =
    all.find(({ id }) => id === "00000000-0000-0000-0000-000000000001") ??
    all.find(({ type }) => type === "ServicePrincipal");
  return (known ?? all[0])?.id ?? "00000000-0000-0000-0000-000000000001";
}
