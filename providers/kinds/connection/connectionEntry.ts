import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { principalKey, principalKeys, principalProblem } from "../../../lib/config/principal.ts";
import { boolean, id, text } from "../../../lib/config/value.ts";
import { NamedId } from "../../engine/entry.ts";
import type { ConfigEntry, DeclaredObject } from "../../engine/entry.ts";
import { credentialsSchema, secretNamesOf } from "./credentials.ts";

/** Schemas of the keys of a connection. */
export const keys = {
  displayName: text(200),
  connectivityType: z
    .enum(["ShareableCloud", "VirtualNetworkGateway"])
    .default("ShareableCloud")
    .meta({
      description: "Where the connection runs: in the cloud, or through a virtual network gateway.",
      examples: ["VirtualNetworkGateway"],
    }),
  type: text(100).meta({
    description: "Type of the data source, as `GET /connections/supportedConnectionTypes` lists it.",
    examples: ["SQL"],
  }),
  creationMethod: text(200)
    .optional()
    .meta({
      description: "Creation method of the type. It decides about `parameters`.",
      examples: ["Sql"],
      absent: "the type's only one, or the one of its name",
    }),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({
      description: "Parameters of the creation method. The service never shows them, so edits there are not noticed.",
      examples: [{ server: "sales.database.windows.net", database: "sales" }],
    }),
  privacyLevel: z
    .enum(["None", "Private", "Organizational", "Public"])
    .default("Organizational")
    .meta({ description: "Privacy level of the data.", examples: ["Private"] }),
  allowConnectionUsageInGateway: boolean
    .default(false)
    .meta({ description: "Let data gateways use a cloud connection.", examples: [true] }),
  allowUsageInUserControlledCode: boolean
    .default(false)
    .meta({ description: "Let notebooks and other code of users use a cloud connection.", examples: [true] }),
  connectionEncryption: z
    .enum(["NotEncrypted", "Encrypted", "Any"])
    .default("NotEncrypted")
    .meta({ description: "Encryption of the connection.", examples: ["Encrypted"] }),
  singleSignOnType: z
    .enum(["None", "Kerberos", "MicrosoftEntraID", "SecurityAssertionMarkupLanguage", "KerberosDirectQueryAndRefresh"])
    .default("None")
    .meta({ description: "Single sign-on of the connection.", examples: ["MicrosoftEntraID"] }),
  skipTestConnection: boolean
    .default(false)
    .meta({ description: "Let the service take the credentials untested.", examples: [true] }),
  adopt: boolean.default(false).meta({
    description:
      "Manage an existing connection of that name instead of refusing it. It keeps its credentials until the declared ones " +
      "change, and it stays when the stack is destroyed.",
    examples: [true],
  }),
};

/** Roles in a connection, from most to least rights. */
export const connectionRoles = ["Owner", "UserWithReshare", "User"] as const;

const role = z
  .strictObject({
    ...principalKeys,
    role: z
      .enum(connectionRoles)
      .meta({ description: "What the principal may do with the connection.", examples: ["User"] }),
  })
  .superRefine(({ principal, type }, context) => {
    const problem = principalProblem(principal, type);
    if (problem) context.addIssue({ code: "custom", path: [problem.key], message: problem.message });
  });

const nameOrId = (what: string) =>
  text(256).meta({ description: `Id of ${what}, or its name in \`connections\` or \`references\`.` });

/** Credentials as people declare them: a Key Vault connection by its name. */
const declaredCredentials = credentialsSchema.optional().meta({
  description:
    "Credentials, by reference: `credentialType` `Anonymous`, `WorkspaceIdentity`, `Basic` (`username`), `Key`, " +
    "`SharedAccessSignature`, `ServicePrincipal` (`tenantId`, `servicePrincipalClientId`) or `KeyPair` (`identifier`). " +
    "`secret` names the secret; `keyVault: {connectionId, secretName, version}` lets the service read it from a Key Vault.",
  examples: [{ credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" }],
  absent: "required, unless `adopt`",
  more: "#credentials-of-connections",
});

const schema = z.strictObject({
  name: text(256).meta({ description: "Key of the resource, unique in the list.", examples: ["sales-sql"] }),
  ...keys,
  displayName: keys.displayName.optional().meta({
    description: "Name in Fabric. Changed in place.",
    examples: ["sales-sql-dev"],
    absent: "`name`",
  }),
  gateway: nameOrId("the gateway that a `VirtualNetworkGateway` connection goes through")
    .optional()
    .meta({
      description: "Gateway of a `VirtualNetworkGateway` connection: its id, or its name in `references`.",
      examples: ["9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e"],
    }),
  credentials: declaredCredentials,
  roles: z
    .array(role)
    .default([])
    .meta({
      description: "Who may use the connection. Roles of others stay.",
      examples: [[{ principal: "alice@contoso.com", role: "User" }]],
    }),
  protect: z
    .boolean()
    .optional()
    .meta({
      description: "Pulumi's `protect`: refuse to delete or replace the connection.",
      examples: [false],
      absent: "`protectData`",
    }),
});
const ruled = schema.superRefine(({ connectivityType, gateway, credentials, adopt, roles }, context) => {
  const problem = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  if (connectivityType === "VirtualNetworkGateway" && gateway === undefined)
    problem(["gateway"], "required for a VirtualNetworkGateway connection");
  if (connectivityType === "ShareableCloud" && gateway !== undefined)
    problem(["gateway"], "only a VirtualNetworkGateway connection has one");
  if (credentials === undefined && !adopt) problem(["credentials"], "required, unless adopt is true");
  const seen = new Set<string>();
  roles.forEach(({ principal }, index) => {
    const key = principalKey(principal);
    if (seen.has(key)) problem(["roles", index, "principal"], "has a role in this connection already");
    seen.add(key);
  });
});

type Declared = z.output<typeof schema>;

/** An id as it stands, or the id of what has that name. */
const idOf = (what: "connection" | "gateway", nameOrId: string) =>
  id.safeParse(nameOrId).success ? nameOrId.toLowerCase() : new NamedId(what, nameOrId);

/** `fabric:connections`. */
export const connectionEntry: ConfigEntry = {
  in: "stack",
  key: "connections",
  says: "Connections to data sources and Git providers, which items and workspaces use by their names.",
  schema: z.array(ruled).describe("Connections to data sources and Git providers."),
  entryKeys: Object.keys(schema.shape),
  shows: ["id"],
  example: [
    {
      name: "sales-lake",
      type: "AzureDataLakeStorage",
      parameters: { server: "https://sales.dfs.core.windows.net", path: "/raw" },
      credentials: { credentialType: "WorkspaceIdentity" },
    },
    {
      name: "sales-sql",
      type: "SQL",
      creationMethod: "Sql",
      parameters: { server: "sales.database.windows.net", database: "sales" },
      privacyLevel: "Private",
      connectionEncryption: "Encrypted",
      credentials: {
        credentialType: "Basic",
        username: "loader",
        keyVault: { connectionId: "9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e", secretName: "sales-sql-password" },
      },
      roles: [{ principal: "alice@contoso.com", role: "User" }],
    },
  ],
  declare: (value) => (schema.array().parse(value) as readonly Declared[]).map(declared),
  describe: (objects) => (objects.length === 0 ? undefined : objects.map(described)),
};

/** The entry of a connection that exists, without what is so by default. Nobody can read its credentials and parameters. */
function described({ name = "", args }: DeclaredObject): Readonly<Record<string, unknown>> {
  const { displayName, gatewayId, ...values } = args;
  const isDefault = (key: string, value: unknown) => {
    const absent = key in keys ? keys[key as keyof typeof keys].safeParse(undefined) : undefined;
    return value === undefined || (absent?.success === true && isDeepStrictEqual(absent.data, value));
  };
  return {
    name,
    ...(displayName !== name && { displayName }),
    ...(gatewayId !== undefined && { gateway: gatewayId }),
    ...Object.fromEntries(Object.entries(values).filter(([key, value]) => !isDefault(key, value))),
  };
}

function declared(given: Declared): DeclaredObject {
  const { name, displayName = name, gateway, credentials, roles, protect, ...args } = given;
  const vault = credentials && "keyVault" in credentials ? credentials.keyVault : undefined;
  return {
    name,
    args: {
      ...args,
      displayName,
      ...(gateway !== undefined && { gatewayId: idOf("gateway", gateway) }),
      ...(credentials && {
        credentials: vault
          ? { ...credentials, keyVault: { ...vault, connectionId: idOf("connection", vault.connectionId) } }
          : credentials,
      }),
    },
    protect,
    secrets: secretNamesOf(credentials),
    known: [{ what: "connection", output: "id" }],
    roles: { kind: "ConnectionRole", holder: "connectionId", list: roles },
  };
}
