import { z } from "zod";
import { boolean, id, text } from "../value.ts";

/** Required text of one Git provider. If the text is missing, the message names that provider. */
const ofProvider = (provider: string, max: number) =>
  z
    .string({ error: ({ input }) => (input === undefined ? `required for ${provider}` : undefined) })
    .trim()
    .min(1)
    .max(max);

const gitProvider = "Which provider hosts the repository, and so which of the other keys apply.";

const gitOfAnyProvider = {
  repositoryName: text(128).meta({
    description: "Name of the repository, without its owner, and not percent-encoded: `Sales Models`.",
    examples: ["sales"],
  }),
  branchName: text(250).meta({ description: "Branch to sync with. It must exist.", examples: ["main"] }),
  directoryName: z
    .string()
    .trim()
    .max(256)
    .default("/")
    .meta({
      description: "Folder of the branch that holds the items. It must exist: the service does not create it.",
      examples: ["/fabric"],
    }),
  initializationStrategy: z
    .enum(["PreferRemote", "PreferWorkspace"])
    .default("PreferRemote")
    .meta({
      description:
        "Which side wins if workspace and directory both hold items at the first sync: `PreferRemote` pulls, `PreferWorkspace` " +
        "commits. The losing side is only overwritten with `allowOverwrite`. A workspace that the stack makes is empty when it is " +
        "connected, so its first sync commits nothing; items that are made later are committed in Fabric. With `sync: always` " +
        "the key also decides about an item that was changed on both sides.",
      examples: ["PreferWorkspace"],
    }),
  allowOverwrite: boolean.default(false).meta({
    description:
      "Allow items of the losing side to be overwritten. While off, the deployment stops before anything is lost.",
    examples: [true],
  }),
  sync: z
    .enum(["initial", "always"])
    .default("initial")
    .meta({
      description:
        "`initial` syncs once, when the workspace is connected. `always` also pulls new commits on every up, and shows them in " +
        "previews.",
      examples: ["always"],
      more: "#new-commits",
    }),
};

const gitConnection = text(256)
  .optional()
  .meta({
    description: "Name of that connection in `connections` or `references`, in place of `connectionId`.",
    examples: ["sales-github"],
  });

/** `git` of a workspace: a branch of one of the providers, with its connection. */
export const gitSchema = z.discriminatedUnion("gitProviderType", [
  z.strictObject({
    gitProviderType: z.literal("GitHub").meta({ description: gitProvider, examples: ["GitHub"] }),
    ownerName: ofProvider("GitHub", 100).meta({
      description: "User or organisation that owns the repository.",
      examples: ["contoso"],
    }),
    customDomainName: text(100)
      .regex(/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i, "must be a host name, without https:// and path")
      .optional()
      .meta({
        description: "Host of GitHub Enterprise Cloud with data residency.",
        examples: ["contoso.ghe.com"],
        absent: "github.com; a workspace that is connected keeps its host",
      }),
    ...gitOfAnyProvider,
    connectionId: id.optional().meta({
      description:
        "Fabric connection that holds the credentials, shared with the deploying identity. Required: GitHub has no automatic " +
        "credentials.",
      examples: ["9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e"],
      absent: "required, or `connection`",
    }),
    connection: gitConnection,
  }),
  z.strictObject({
    gitProviderType: z.literal("AzureDevOps").meta({ description: gitProvider, examples: ["AzureDevOps"] }),
    organizationName: ofProvider("AzureDevOps", 100).meta({
      description: "Organisation, as in `https://dev.azure.com/ORGANISATION`.",
      examples: ["contoso"],
    }),
    projectName: ofProvider("AzureDevOps", 100).meta({
      description: "Project of the organisation that holds the repository, not percent-encoded: `Data Platform`.",
      examples: ["data"],
    }),
    ...gitOfAnyProvider,
    connectionId: id.optional().meta({
      description:
        "Fabric connection that holds the credentials, shared with the deploying identity. A service principal needs one.",
      examples: ["9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e"],
      absent: "the credentials of the deploying user",
    }),
    connection: gitConnection,
  }),
]);

/** The `git` of a workspace. */
export type GitConfig = z.output<typeof gitSchema>;
