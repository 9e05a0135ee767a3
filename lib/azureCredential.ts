import type { TokenCredential } from "@azure/identity";
import { authorityOf } from "./authority.ts";
import type { AzureCredentialKind } from "./credentialKind.ts";

/** What a credential is made from. */
export interface AzureCredentialOptions {
  /** Environment of the process. Azure's library reads parts of it from `process.env` itself. */
  readonly env: NodeJS.ProcessEnv;
  /** @default "auto": by what the environment holds */
  readonly kind?: AzureCredentialKind | "auto" | undefined;
  /** @default AZURE_CLIENT_SECRET of the environment */
  readonly clientSecret?: string | undefined;
  /** Tenant where AZURE_TENANT_ID is missing. */
  readonly tenantId?: string | undefined;
}

/** A credential for Azure's own clients. */
export interface NamedCredential {
  /** Which one was taken and why, for messages. */
  readonly name: string;
  readonly credential: TokenCredential;
}

/**
 * A credential for Azure's own clients: Key Vault, Blob Storage. No token is asked for before the first use.
 * @throws Error naming all variables that are missing
 */
export async function azureCredential(options: AzureCredentialOptions): Promise<NamedCredential> {
  const { env } = options;
  const tenantId = env["AZURE_TENANT_ID"] || options.tenantId;
  const clientId = env["AZURE_CLIENT_ID"];
  const clientSecret = options.clientSecret ?? env["AZURE_CLIENT_SECRET"];
  const { ClientSecretCredential, DefaultAzureCredential } = await import("@azure/identity");
  const authority = authorityOf(env);
  if (tenantId && clientId && clientSecret) {
    const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, authority);
    return { name: `client secret of ${clientId}`, credential };
  }
  return { name: "Azure's default credential", credential: new DefaultAzureCredential(authority) };
}
