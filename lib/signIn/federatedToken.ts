import type { FederatedCredentialConfig } from "../config/schema/azureSchema.ts";

/** The tokens of a pipeline that Entra ID accepts for an identity. */
export interface FederatedToken {
  /** Issuer of the tokens. */
  readonly issuer: string;
  /** Subject of the tokens. Entra compares it exactly, letter by letter. */
  readonly subject: string;
}

/**
 * The issuer and subject of a declared credential.
 * @see https://docs.github.com/actions/reference/security/oidc
 */
export function federatedToken(credential: FederatedCredentialConfig): FederatedToken {
  if (credential.provider === "AzureDevOps") return { issuer: credential.issuer, subject: credential.subject };
  const { repository, environment, branch } = credential;
  // GitHub separates the parts by colons, so it escapes colons in names
  const limit =
    environment !== undefined
      ? `environment:${environment.replaceAll(":", "%3A")}`
      : branch !== undefined
        ? `ref:refs/heads/${branch}`
        : "pull_request";
  return { issuer: "https://token.actions.githubusercontent.com", subject: `repo:${repository}:${limit}` };
}
