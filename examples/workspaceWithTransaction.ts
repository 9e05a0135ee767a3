import { randomUUID } from "node:crypto";
import { DeploymentTransaction } from "../lib/deploymentTransaction.ts";
import { createWorkspace } from "./fabricOperations.ts";
import type { Created, Services } from "./fabricOperations.ts";

/**
 * A workspace, created inside a transaction: whatever `more` throws, the workspace is gone again and the exception
 * reaches the caller.
 */
export async function deployWorkspace(
  services: Services,
  config: { readonly workspaceName: string },
  more: (workspace: Created, transaction: DeploymentTransaction) => Promise<void> = async () => undefined,
): Promise<Created> {
  return DeploymentTransaction.run(
    randomUUID(),
    async (transaction) => {
      const workspace = await createWorkspace(services, config.workspaceName, undefined, transaction);
      await more(workspace, transaction);
      await transaction.commit();
      return workspace;
    },
    { enableRollback: true },
  );
}
