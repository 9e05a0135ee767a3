import { randomUUID } from "node:crypto";
import { DeploymentTransaction } from "../lib/deploymentTransaction.ts";
import { addUser, connectGit, createItem, createWorkspace } from "./fabricOperations.ts";
import type { Created, Services } from "./fabricOperations.ts";

/** An environment, as the example deploys it. */
export interface DeploymentConfig {
  readonly workspaceName: string;
  readonly capacityId: string;
  readonly users: readonly { readonly id: string; readonly type: string; readonly role: string }[];
  readonly git: { readonly details: Record<string, string>; readonly connectionId: string };
  readonly items: readonly { readonly displayName: string; readonly type: string }[];
}

/**
 * A whole deployment: workspace, users, Git, items, commit, event `DeploymentSuccess`.
 * When a step fails, everything before it is rolled back, the exception is tracked, and it reaches the caller.
 */
export async function runCompleteDeployment(
  services: Services,
  config: DeploymentConfig,
  transactionId: string = randomUUID(),
): Promise<Created> {
  const { telemetry } = services;
  return telemetry.operation("CompleteDeployment", { workspaceName: config.workspaceName }, async () => {
    try {
      return await DeploymentTransaction.run(
        transactionId,
        async (transaction) => {
          const workspace = await createWorkspace(services, config.workspaceName, config.capacityId, transaction);
          for (const user of config.users) await addUser(services, workspace.id, user, transaction);
          await connectGit(services, workspace.id, config.git, transaction);
          for (const item of config.items) await createItem(services, workspace.id, item, transaction);
          await transaction.commit();
          telemetry.trackEvent("DeploymentSuccess", { transactionId, workspaceId: workspace.id });
          return workspace;
        },
        { enableRollback: true },
      );
    } catch (error) {
      telemetry.trackException(error, { transactionId, operation: "deployment" });
      throw error;
    }
  });
}
