/** Ways to sign in to Entra ID, as `fabric:credential` names them. */
export const azureCredentialKinds = [
  "clientSecret",
  "clientCertificate",
  "workloadIdentity",
  "gitHubActions",
  "azurePipelines",
  "managedIdentity",
  "azureCli",
  "azureDeveloperCli",
] as const;
/** One of them. */
export type AzureCredentialKind = (typeof azureCredentialKinds)[number];
