/** A parameter of a creation method. */
interface Parameter {
  readonly name: string;
  readonly dataType: "Text" | "Number" | "Boolean";
  readonly required: boolean;
  readonly allowedValues: readonly string[] | null;
}

const text = (name: string, required = true): Parameter => ({ name, dataType: "Text", required, allowedValues: null });

/** A type as the service lists it. */
const type = (
  name: string,
  method: string,
  parameters: readonly Parameter[],
  supportedCredentialTypes: readonly string[],
  { encrypts = false, skips = false }: { readonly encrypts?: boolean; readonly skips?: boolean } = {},
) => ({
  type: name,
  creationMethods: [{ name: method, parameters }],
  supportedCredentialTypes,
  supportedConnectionEncryptionTypes: encrypts ? ["NotEncrypted", "Encrypted"] : ["NotEncrypted"],
  supportsSkipTestConnection: skips,
  supportedCredentialTypesForUsageInUserControlledCode: supportedCredentialTypes.filter((one) => one !== "OAuth2"),
});

const storage = ["OAuth2", "Key", "SharedAccessSignature", "ServicePrincipal", "WorkspaceIdentity"];

/** Some of the connection types of the service, which knows more than 300. */
export const connectionTypes = [
  type(
    "SQL",
    "Sql",
    [text("server"), text("database", false)],
    ["Basic", "OAuth2", "ServicePrincipal", "WorkspaceIdentity"],
    { encrypts: true },
  ),
  type("Web", "Web", [text("url")], ["Anonymous", "Basic", "OAuth2", "ServicePrincipal"], { skips: true }),
  type(
    "RestService",
    "RestService.Contents",
    [text("baseUrl"), text("audience", false)],
    ["Anonymous", "Basic", "OAuth2", "ServicePrincipal"],
    { encrypts: true, skips: true },
  ),
  type("AzureBlobs", "AzureBlobs", [text("account"), text("domain")], ["Anonymous", ...storage]),
  type("AzureDataLakeStorage", "AzureDataLakeStorage", [text("server"), text("path")], storage),
  type(
    "AzureKeyVault",
    "AzureKeyVault.Actions",
    [text("accountName")],
    ["OAuth2", "ServicePrincipal", "WorkspaceIdentity"],
  ),
  type(
    "ApacheHive",
    "ApacheHiveLLAP.Database",
    [
      text("server"),
      text("database"),
      { name: "thriftTransport", dataType: "Number", required: true, allowedValues: ["1", "2"] },
    ],
    ["Basic"],
    { encrypts: true },
  ),
  type("Snowflake", "Snowflake.Databases", [text("server"), text("warehouse")], ["Basic", "OAuth2", "KeyPair"], {
    encrypts: true,
  }),
  type("GitHubSourceControl", "GitHubSourceControl.Contents", [text("url", false)], ["Key"]),
  type("AzureDevOpsSourceControl", "AzureDevOpsSourceControl.Contents", [text("url")], ["OAuth2", "ServicePrincipal"]),
];
