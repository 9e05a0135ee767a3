/** Claims of a token, as far as they can be read. They are not verified: the recipient of the token does that. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload] = token.split(".");
  if (!payload) return {};
  try {
    return (JSON.parse(Buffer.from(payload, "base64url").toString()) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The tenant a token belongs to, as far as it says. */
export function tenantOf(token: string): string | undefined {
  return textClaim(token, "tid");
}

/** The object id of the identity that a token belongs to, as far as it says. */
export function principalOf(token: string): string | undefined {
  return textClaim(token, "oid");
}

function textClaim(token: string, claim: string): string | undefined {
  const value = claimsOf(token)[claim];
  return typeof value === "string" ? value : undefined;
}
