/** Readable claims of a token; empty if there are none. They are not verified, because the recipient of the token does that. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload] = token.split(".");
  if (!payload) return {};
  try {
    return (JSON.parse(Buffer.from(payload, "base64url").toString()) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The token's tenant; undefined if the token does not name it. */
export function tenantOf(token: string): string | undefined {
  return textClaim(token, "tid");
}

/** The object id of the token's identity; undefined if the token does not name it. */
export function principalOf(token: string): string | undefined {
  return textClaim(token, "oid");
}

function textClaim(token: string, claim: string): string | undefined {
  const value = claimsOf(token)[claim];
  return typeof value === "string" ? value : undefined;
}
