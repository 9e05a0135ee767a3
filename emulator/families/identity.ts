import { randomUUID } from "node:crypto";
import { ok, sameName, ServiceError } from "../core/service.ts";
import type { Route, Service } from "../core/service.ts";

/** Tenant that the emulator's tokens belong to. */
export const tenantId = "11111111-1111-4111-8111-000000000000";
const lifetimeSeconds = 3600;

/** A token that says who it is for; its signature is empty, because nothing here verifies it. */
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

/** The object id in a token, and whether the token has ended. Opaque tokens say nothing. */
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

/** Entra ID's token endpoint; paths are those of the authority, not below /v1. */
export const entraRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/{tenant}/v2.0/.well-known/openid-configuration",
    handler(call, service) {
      const authority = `${service.origin}/${call.params["tenant"] ?? ""}`;
      return ok({
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        issuer: `${authority}/v2.0`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      });
    },
  },
  {
    method: "POST",
    template: "/{tenant}/oauth2/v2.0/token",
    handler(call, service) {
      const form = call.body as Record<string, string | undefined>;
      const client = service.principals
        .all()
        .find(({ id, aadAppId }) => id === form["client_id"] || aadAppId === form["client_id"]);
      if (!form["client_secret"] && !form["client_assertion"]) return refused(call.params["tenant"] ?? "");
      const audience = (form["scope"] ?? "").split(" ")[0]?.replace(/\/\.default$/, "") ?? "";
      const principalId = client?.id ?? defaultCaller(service);
      return ok({
        token_type: "Bearer",
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: tokenFor(principalId, call.params["tenant"] ?? tenantId, audience, service.clock.now()),
      });
    },
  },
];

function refused(tenant: string) {
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
  const description = `AADSTS7000216: A client secret or assertion is required in tenant ${tenant}.`;
  return {
    status: 401,
    body: { error: "invalid_client", error_description: description, error_codes: [7000216], ...ids },
  };
}

/** Microsoft Graph, as far as a deployment asks it. */
export const graphRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/v1.0/users/{user}",
    handler(call, service) {
      const wanted = decodeURIComponent(call.params["user"] ?? "");
      const user = service.principals
        .all()
        .find(
          ({ id, type, userPrincipalName }) =>
            type === "User" && (id === wanted || (userPrincipalName && sameName(userPrincipalName, wanted))),
        );
      if (!user)
        throw new GraphError(
          404,
          "Request_ResourceNotFound",
          `Resource '${wanted}' does not exist or one of its queried reference-property objects are not present.`,
        );
      const { id, displayName, userPrincipalName } = user;
      return ok({
        "@odata.context": `${service.origin}/v1.0/$metadata#users/$entity`,
        id,
        displayName,
        userPrincipalName,
      });
    },
  },
];

/** Graph's envelope differs from Fabric's. */
export class GraphError extends ServiceError {}

/** Who calls when the token does not say. */
export function defaultCaller(service: Service): string {
  const principals = service.principals.all();
  const known =
    principals.find(({ id }) => id === "00000000-0000-0000-0000-000000000001") ??
    principals.find(({ type }) => type === "ServicePrincipal");
  return (known ?? principals[0])?.id ?? "00000000-0000-0000-0000-000000000001";
}
