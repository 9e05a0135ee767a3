import { wordList } from "../config/wordList.ts";

/** Ways to sign in to Entra ID, by their names in `fabric:credential`. `auto` looks for them in this order. */
const azureCredentialKinds = [
  "clientSecret",
  "clientCertificate",
  "workloadIdentity",
  "azurePipelines",
  "gitHubActions",
  "managedIdentity",
  "azureCli",
  "azureDeveloperCli",
] as const;
/** A way to sign in to Entra ID. */
export type AzureCredentialKind = (typeof azureCredentialKinds)[number];

/** Every value of `fabric:credential` except `auto`. */
export const credentialKinds = ["accessToken", ...azureCredentialKinds] as const;
/** A value of `fabric:credential` except `auto`. */
export type CredentialKind = (typeof credentialKinds)[number];

/** A choice of credential. */
export interface CredentialChoice<Kind extends CredentialKind = CredentialKind> {
  /** Kinds to try, in this order. There is only one, unless the environment holds no credential. */
  readonly kinds: readonly Kind[];
  /** Why this kind was chosen. */
  readonly why: string;
}

/** Name of a kind, its requirements, and the next step if it fails. */
interface KindFacts {
  readonly label: string;
  /** Required variables. Each entry lists alternatives, of which one is enough. */
  readonly needs: readonly (readonly string[])[];
  /** `auto` chooses the kind if all of these are set, and never if the list is empty. */
  readonly signs: readonly string[];
  /** The next step if the sign-in fails. */
  readonly remedy: string;
}

const tenant = ["AZURE_TENANT_ID"];
const client = ["AZURE_CLIENT_ID"];
const federatedCredential = "the federated credential of the app registration (issuer, subject, audience)";

const kinds: Readonly<Record<CredentialKind, KindFacts>> = {
  accessToken: {
    label: "ready token",
    needs: [["FABRIC_ACCESS_TOKEN"]],
    signs: ["FABRIC_ACCESS_TOKEN"],
    remedy: "Put a new token into FABRIC_ACCESS_TOKEN: a ready one cannot be renewed.",
  },
  clientSecret: {
    label: "client secret",
    needs: [tenant, client, ["AZURE_CLIENT_SECRET", "FABRIC_CLIENT_SECRET"]],
    signs: ["AZURE_CLIENT_SECRET"],
    remedy: "Check the ids, and that the app registration has that secret and it has not ended.",
  },
  clientCertificate: {
    label: "client certificate",
    needs: [tenant, client, ["AZURE_CLIENT_CERTIFICATE_PATH"]],
    signs: ["AZURE_CLIENT_CERTIFICATE_PATH"],
    remedy:
      "Check that the PEM file holds the certificate and its private key (encrypted: AZURE_CLIENT_CERTIFICATE_PASSWORD), " +
      "and that the app registration has the certificate.",
  },
  workloadIdentity: {
    label: "workload identity",
    needs: [tenant, client, ["AZURE_FEDERATED_TOKEN_FILE"]],
    signs: ["AZURE_FEDERATED_TOKEN_FILE"],
    remedy: `Check the file in AZURE_FEDERATED_TOKEN_FILE, and ${federatedCredential}.`,
  },
  azurePipelines: {
    label: "service connection of Azure Pipelines",
    needs: [
      // the service connection's own variables come first, because the others may belong to something else
      ["AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID"],
      ["AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID"],
      ["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
      ["SYSTEM_ACCESSTOKEN"],
      ["SYSTEM_OIDCREQUESTURI"],
    ],
    // tasks that sign in to the Azure CLI set all variables except the access token; a step maps the token only on purpose
    signs: ["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "SYSTEM_ACCESSTOKEN"],
    remedy:
      "Check that the step's env maps SYSTEM_ACCESSTOKEN: $(System.AccessToken), and that the service connection uses " +
      "workload identity federation.",
  },
  gitHubActions: {
    label: "GitHub Actions",
    needs: [tenant, client, ["ACTIONS_ID_TOKEN_REQUEST_URL"], ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]],
    // a job may have this permission only for an action that signs in to the Azure CLI
    signs: ["ACTIONS_ID_TOKEN_REQUEST_URL", "AZURE_CLIENT_ID"],
    remedy: `Check that the job has permissions: { id-token: write }, and ${federatedCredential}.`,
  },
  managedIdentity: {
    label: "managed identity",
    needs: [],
    signs: ["IDENTITY_ENDPOINT"],
    remedy:
      "Check that this machine has the identity. A user-assigned one is named by its client id in AZURE_CLIENT_ID, " +
      "which must be unset for the system-assigned one.",
  },
  azureCli: {
    label: "Azure CLI",
    needs: [],
    signs: [],
    remedy: "Install the Azure CLI if it is missing, and run az login.",
  },
  azureDeveloperCli: {
    label: "Azure Developer CLI",
    needs: [],
    signs: [],
    remedy: "Install the Azure Developer CLI if it is missing, and run azd auth login.",
  },
};

/** Variables that hold secrets of a sign-in. No message contains their values. */
export const secretVariables = [
  "FABRIC_ACCESS_TOKEN",
  "FABRIC_CLIENT_SECRET",
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_CERTIFICATE_PASSWORD",
  "SYSTEM_ACCESSTOKEN",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "IDENTITY_HEADER",
] as const;

/** The kind that the environment holds a credential for; otherwise the CLIs, with the user who is signed in on this machine. */
export function chooseAzureKind(env: NodeJS.ProcessEnv): CredentialChoice<AzureCredentialKind> {
  for (const kind of azureCredentialKinds) {
    const { signs } = kinds[kind];
    if (signs.length > 0 && signs.every((name) => env[name])) return { kinds: [kind], why: whySet(signs) };
  }
  return { kinds: ["azureCli", "azureDeveloperCli"], why: "the environment names no other credential" };
}

/** Like {@link chooseAzureKind}, but with the ready token as a candidate. That token is valid for the Fabric API only. */
export function chooseKind(env: NodeJS.ProcessEnv): CredentialChoice {
  const { signs } = kinds.accessToken;
  return signs.every((name) => env[name]) ? { kinds: ["accessToken"], why: whySet(signs) } : chooseAzureKind(env);
}

const whySet = (signs: readonly string[]) => `${signs.join(" and ")} ${signs.length > 1 ? "are" : "is"} set`;

/**
 * Parses the value of `fabric:credential`.
 * @param text the value, as the provider receives it
 * @throws Error for an unknown value
 */
export function credentialSetting(text: string): CredentialKind | "auto" {
  const known = (["auto", ...credentialKinds] as const).find((kind) => kind === text);
  if (!known) throw new Error(`fabric:credential must be ${wordList(["auto", ...credentialKinds], "or")}.`);
  return known;
}

/** A choice in words, for messages: `client secret of 3f… (AZURE_CLIENT_SECRET is set)`. */
export function describeChoice(choice: CredentialChoice, env: NodeJS.ProcessEnv): string {
  const labels = choice.kinds.map((kind) => {
    const { label, needs } = kinds[kind];
    const names = needs.find((alternatives) => alternatives.includes("AZURE_CLIENT_ID"));
    const id = kind === "managedIdentity" ? env["AZURE_CLIENT_ID"] : names && firstOf(env, names);
    return id ? `${label} of ${id}` : label;
  });
  return `${labels.join(", then ")} (${choice.why})`;
}

/** The next step after a failed sign-in. */
export function remedyFor(choice: CredentialChoice): string {
  const remedies = choice.kinds.map((kind) => kinds[kind].remedy);
  if (remedies.length > 1) remedies.push("Or give the environment a credential: docs/configuration.md#sign-in.");
  return remedies.join(" ");
}

/** Required variables that the environment lacks. Each entry lists alternatives, of which one is enough. */
function missingFor(kind: CredentialKind, env: NodeJS.ProcessEnv): (readonly string[])[] {
  return kinds[kind].needs.filter((alternatives) => !firstOf(env, alternatives));
}

/** Whether the environment has all variables that a kind requires. */
export function isComplete(kind: CredentialKind, env: NodeJS.ProcessEnv): boolean {
  return missingFor(kind, env).length === 0;
}

/** @throws Error that names every variable that a kind requires and the environment lacks */
export function assertComplete(kind: CredentialKind, env: NodeJS.ProcessEnv): void {
  const missing = missingFor(kind, env).map((alternatives) => {
    const [name, ...also] = alternatives.includes("AZURE_TENANT_ID")
      ? [...alternatives, "fabric:tenantId"]
      : alternatives;
    return also.length > 0 ? `${name} (or ${also.join(", ")})` : `${name}`;
  });
  if (missing.length === 0) return;
  throw new Error(
    `Signing in by ${kinds[kind].label} needs ${wordList(missing, "and")}. Set what is missing, or choose another way to sign in by ` +
      `fabric:credential.`,
  );
}

/** The value of the first variable that is set. */
export function firstOf(env: NodeJS.ProcessEnv, names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find(Boolean);
}
