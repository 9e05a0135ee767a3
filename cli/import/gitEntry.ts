import { normalDirectory } from "../../providers/kinds/git/fields.ts";
import type { ExistingGit } from "./existingWorkspace.ts";

/** The `git` of a workspace. @param connection name of the connection in the configuration. @default its id stands for it */
export function gitEntry({ details, connectionId }: ExistingGit, connection?: string): Record<string, unknown> {
  const { gitProviderType, ownerName, organizationName, projectName, repositoryName, branchName } = details;
  const { customDomainName } = details;
  const directoryName = normalDirectory(details.directoryName);
  return {
    gitProviderType,
    ...(gitProviderType === "GitHub"
      ? { ownerName, ...(customDomainName && { customDomainName }) }
      : { organizationName, projectName }),
    repositoryName,
    branchName,
    ...(directoryName !== "/" && { directoryName }),
    ...(connection === undefined ? connectionId && { connectionId } : { connection }),
  };
}
