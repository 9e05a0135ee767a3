import type { AccessToken, TokenCredential, TokenCredentialOptions } from "@azure/identity";
import { assertionAudience, authorityOf } from "./authority.ts";
import { assertComplete, chooseAzureKind, describeChoice, firstOf } from "./credentialKind.ts";
import type { AzureCredentialKind, CredentialChoice, CredentialKind } from "./credentialKind.ts";
import { gitHubAssertion } from "./gitHubAssertion.ts";
import { settleProxies } from "../network/proxy.ts";
import { NOT_THE_SIGN_IN, signInError } from "./signInError.ts";
import { claimsOf } from "./tokenClaims.ts";

/** Settings of every credential. */
export interface CredentialSettings {
  /** Environment of the process. Azure's library reads parts of it from `process.env` itself. */
  readonly env: NodeJS.ProcessEnv;
  /** Tenant to use if AZURE_TENANT_ID is missing. */
  readonly tenantId?: string | undefined;
  /** Retries and time limit of Azure's library. @default the library's own */
  readonly requests?: Pick<TokenCredentialOptions, "retryOptions" | "additionalPolicies"> | undefined;
  /** PEM of the trusted certificate authorities. @default the runtime's */
  readonly ca?: string | undefined;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** How long one sign-in may take, in ms. @default 2 minutes */
  readonly deadlineMs?: number | undefined;
}

/** Settings of a credential for Azure's own clients. */
export interface AzureCredentialOptions extends CredentialSettings {
  /** @default "auto": chosen from the environment */
  readonly kind?: AzureCredentialKind | "auto" | undefined;
  /** @default AZURE_CLIENT_SECRET of the environment */
  readonly clientSecret?: string | undefined;
}

/** A credential for Azure's own clients. */
export interface NamedCredential {
  /** The credential and the reason for its choice, for messages. */
  readonly name: string;
  readonly credential: TokenCredential;
}

/** Time limit of one sign-in: enough for a virtual machine whose identity is just being set up. */
const DEADLINE_MS = 120_000;
/** Time limit of the Azure CLIs, which may call other services first. The library itself sets none. */
const PROCESS_DEADLINE_MS = 60_000;

/**
 * A credential for Azure's own clients: Key Vault, Blob Storage. The first use loads the library and requests a token. Errors
 * of that use name the credential and the next step, and hold no secret.
 * @throws Error that names all missing variables
 */
export async function azureCredential(options: AzureCredentialOptions): Promise<NamedCredential> {
  const { kind = "auto", clientSecret } = options;
  const env = clientSecret ? { ...options.env, AZURE_CLIENT_SECRET: clientSecret } : options.env;
  const choice = kind === "auto" ? chooseAzureKind(env) : asConfigured(kind);
  const { name, make } = prepareCredential(choice, { ...options, env });
  return Promise.resolve({ name, credential: make() });
}

/** The choice of `fabric:credential`. */
export const asConfigured = <Kind extends CredentialKind>(kind: Kind): CredentialChoice<Kind> => ({
  kinds: [kind],
  why: "as fabric:credential says",
});

/**
 * Checks that a choice has its variables, and returns how to make the credential.
 * @returns make returns a credential without a cached token; `isRenewal` means that an earlier credential has requested tokens
 * @throws Error that names all missing variables
 */
export function prepareCredential(
  choice: CredentialChoice,
  settings: CredentialSettings,
): { readonly name: string; readonly make: (isRenewal?: boolean) => TokenCredential } {
  const tenantId = settings.env["AZURE_TENANT_ID"] || settings.tenantId;
  const env = { ...settings.env, ...(tenantId && { AZURE_TENANT_ID: tenantId }) };
  for (const kind of choice.kinds) assertComplete(kind, env);
  authorityOf(env);
  const name = describeChoice(choice, env);
  const make = (isRenewal = false): TokenCredential => {
    let made: Promise<TokenCredential> | undefined;
    return {
      async getToken(scopes, options) {
        try {
          made ??= makeOneOf(choice.kinds, { ...settings, env }, isRenewal);
          const got = made.then((credential) => credential.getToken(scopes, options));
          return plausible(await within(settings.deadlineMs ?? DEADLINE_MS, got));
        } catch (error) {
          throw signInError(name, choice, error, env);
        }
      },
    };
  };
  return { name, make };
}

/** Characters of a bearer token, for every service: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * Checks a token. The libraries pass on any answer, even the page of a captive portal.
 * @throws Error if the answer is not a token
 */
function plausible(got: AccessToken | null): AccessToken | null {
  if (got === null || (typeof got.token === "string" && TOKEN.test(got.token) && got.expiresOnTimestamp > 0))
    return got;
  throw new Error(NOT_THE_SIGN_IN);
}

/** Ends a wait that takes too long: outside Azure, the address of managed identities may never answer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function makeOneOf(
  kinds: readonly CredentialKind[],
  settings: CredentialSettings,
  isRenewal: boolean,
): Promise<TokenCredential> {
  const credentials = await Promise.all(kinds.map((kind) => makeCredential(kind, settings, isRenewal)));
  const [only, ...others] = credentials;
  if (only && others.length === 0) return only;
  const { ChainedTokenCredential } = await import("@azure/identity");
  return new ChainedTokenCredential(...credentials);
}

/** Loads the library only now, because that takes a quarter of a second. */
async function makeCredential(
  kind: CredentialKind,
  { env, ca, now, requests }: CredentialSettings,
  isRenewal: boolean,
): Promise<TokenCredential> {
  const text = (...names: string[]) => firstOf(env, names) ?? "";
  if (kind === "accessToken") return readyToken(text("FABRIC_ACCESS_TOKEN"));

  settleProxies();
  const azure = await import("@azure/identity");
  const [tenantId, clientId] = [text("AZURE_TENANT_ID"), text("AZURE_CLIENT_ID")];
  const authority = authorityOf(env);
  const options = { ...authority, ...requests, ...(ca && { tlsOptions: { ca } }) };
  const cli = { ...(tenantId && { tenantId }), processTimeoutInMs: PROCESS_DEADLINE_MS };
  switch (kind) {
    case "clientSecret": {
      const clientSecret = text("AZURE_CLIENT_SECRET", "FABRIC_CLIENT_SECRET");
      return new azure.ClientSecretCredential(tenantId, clientId, clientSecret, options);
    }
    case "clientCertificate": {
      const certificatePath = text("AZURE_CLIENT_CERTIFICATE_PATH");
      const certificatePassword = env["AZURE_CLIENT_CERTIFICATE_PASSWORD"];
      const certificate = { certificatePath, ...(certificatePassword && { certificatePassword }) };
      return new azure.ClientCertificateCredential(tenantId, clientId, certificate, options);
    }
    case "workloadIdentity": {
      const tokenFilePath = text("AZURE_FEDERATED_TOKEN_FILE");
      return new azure.WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath, ...options });
    }
    case "azurePipelines":
      return new azure.AzurePipelinesCredential(
        text("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID"),
        text("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID"),
        text("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
        text("SYSTEM_ACCESSTOKEN"),
        options,
      );
    case "gitHubActions": {
      const assertion = gitHubAssertion({
        requestUrl: text("ACTIONS_ID_TOKEN_REQUEST_URL"),
        requestToken: text("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        audience: assertionAudience(authority),
        now,
        env,
      });
      return new azure.ClientAssertionCredential(tenantId, clientId, assertion, options);
    }
    case "managedIdentity":
      // with that file the library does not use the machine's endpoint, and caches no tokens
      return managedIdentity(clientId, isRenewal && !env["AZURE_FEDERATED_TOKEN_FILE"]);
    case "azureCli":
      return new azure.AzureCliCredential(cli);
    case "azureDeveloperCli":
      return new azure.AzureDeveloperCliCredential(cli);
  }
}

/** A given token as a credential. A token without an expiry counts as valid forever. */
function readyToken(token: string): TokenCredential {
  const end = claimsOf(token)["exp"];
  const expiresOnTimestamp = typeof end === "number" ? end * 1000 : Number.MAX_SAFE_INTEGER;
  return { getToken: () => Promise.resolve({ token, expiresOnTimestamp }) };
}

/**
 * A managed identity's credential. The library caches tokens of managed identities for the whole process, and would return a
 * refused token again. A renewal therefore first requests a token past that cache.
 */
async function managedIdentity(clientId: string, isPastCache: boolean): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import("@azure/identity");
  const credential = new ManagedIdentityCredential(clientId ? { clientId } : {});
  if (!isPastCache) return credential;
  const { ManagedIdentityApplication } = await import("@azure/msal-node");
  const application = new ManagedIdentityApplication(
    clientId ? { managedIdentityIdParams: { userAssignedClientId: clientId } } : {},
  );
  return {
    async getToken(scopes, options) {
      const resource = String(scopes).replace(/\/\.default$/, "");
      await application.acquireToken({ resource, forceRefresh: true });
      return credential.getToken(scopes, options);
    },
  };
}
