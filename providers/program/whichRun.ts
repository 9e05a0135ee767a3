import settings from "@pulumi/pulumi/runtime/settings.js";

/* What a program can know of the run that it is part of. */

/**
 * Address of the engine, if the run may be an update that no command of this project has begun a transaction for. A program
 * cannot know whether it runs for an up, or for a destroy or refresh with --run-program.
 */
export function plainUpdateOf(env: NodeJS.ProcessEnv): string | undefined {
  const { PULUMI_NODEJS_ENGINE, FABRIC_TRANSACTION_ID, FABRIC_ROLLBACK_OF, FABRIC_OPERATION } = env;
  const isOfCommand = FABRIC_TRANSACTION_ID || FABRIC_ROLLBACK_OF || FABRIC_OPERATION === "destroy";
  return settings.isDryRun() || isOfCommand ? undefined : PULUMI_NODEJS_ENGINE;
}

/** Whether the program may ask the service: in an up, and in a preview with preflight. A rollback declares what was there. */
export function mayAsk({ FABRIC_ROLLBACK_OF, FABRIC_OPERATION }: NodeJS.ProcessEnv, preflight: boolean): boolean {
  if (FABRIC_ROLLBACK_OF || FABRIC_OPERATION === "destroy") return false;
  return preflight || !settings.isDryRun();
}
