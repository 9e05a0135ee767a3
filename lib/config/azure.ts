import { entriesOf, entryOf, isEntry, textOf, duplicateFinder } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { wordList } from "./wordList.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/** Keys that limit a GitHub credential. Exactly one of them is required. */
const LIMITS = ["environment", "branch", "pullRequest"] as const;

/**
 * Checks the rules of `fabric:azure` that involve more than one value, on the raw file.
 * @param raw the whole configuration
 */
export function checkAzure(raw: Entry, problems: Problem[]): void {
  const azure = raw["azure"];
  if (!isEntry(azure)) return;
  const report = (path: ConfigPath, message: string) => problems.push(problemAt(path, message));
  if (textOf(raw["endpoint"]) === "emulator") {
    report(["azure"], "not together with endpoint: emulator, which stands on no Azure resources");
  }
  const { foundation } = azure;
  if (!isEntry(foundation)) return;
  const at = ["azure", "foundation"];
  // the destruction of an environment must not delete the account that holds its state
  const others = [
    ...(entriesOf(raw["workspaces"]).length > 0 ? ["fabric:workspaces"] : []),
    ...["capacity", "applicationInsights"].filter((key) => azure[key] !== undefined).map((key) => `azure.${key}`),
  ];
  if (others.length > 0) {
    const own = "belongs into a stack of its own, because it outlives environments and holds their state";
    report(at, `${own}: not together with ${wordList(others, "and")}`);
  }
  if (/^true$/i.test(String(entryOf(raw["features"])["useRollback"]))) {
    const why = "not with azure.foundation: the name of a vault that was taken back stays taken for 90 days";
    report(["features", "useRollback"], why);
  }
  if (raw["tenantId"] === undefined) report(["tenantId"], "required with azure.foundation: a key vault belongs to one");

  const account = entryOf(foundation["storageAccount"]);
  if (accountOf(textOf(raw["transactionLog"])) === (textOf(account["name"]) ?? "?")) {
    report(["transactionLog"], "is in the storage account that this stack makes: a stack must not hold its own log");
  }
  if (hostOf(textOf(raw["keyVaultUrl"]))?.startsWith(`${textOf(entryOf(foundation["keyVault"])["name"])}.vault.`)) {
    report(["keyVaultUrl"], "is the vault that this stack makes: a stack must not hold its own secrets");
  }
  const log = textOf(account["logContainer"]);
  if (log !== undefined && log === (textOf(account["stateContainer"]) ?? "pulumi-state")) {
    report([...at, "storageAccount", "logContainer"], "same container as stateContainer");
  }
  for (const role of ["deployer", "previewer"] as const) {
    const credentials = entriesOf(entryOf(foundation[role])["federatedCredentials"]);
    checkCredentials(credentials, [...at, role, "federatedCredentials"], role, problems);
  }
  const isDuplicate = duplicateFinder(problems);
  for (const role of ["deployer", "previewer"] as const) {
    isDuplicate("name", textOf(entryOf(foundation[role])["name"]), [...at, role, "name"]);
  }
}

function checkCredentials(
  credentials: readonly Entry[],
  at: ConfigPath,
  role: "deployer" | "previewer",
  problems: Problem[],
): void {
  const isDuplicate = duplicateFinder(problems);
  credentials.forEach((credential, index) => {
    const path = [...at, index];
    const isNameKnown = isDuplicate("name", textOf(credential["name"]), [...path, "name"]);
    if (credential["provider"] === "GitHub") {
      const limits = LIMITS.filter((key) => credential[key] !== undefined);
      if (limits.length !== 1) problems.push(problemAt(path, `must have one of ${wordList(LIMITS, "and")}`));
      if (role === "deployer" && credential["pullRequest"] !== undefined) {
        const why = "whoever opens a pull request could deploy: let the previewer have it";
        problems.push(problemAt([...path, "pullRequest"], why));
      }
    }
    // the service refuses a second credential for the same token
    const token = ["repository", ...LIMITS, "issuer", "subject"].map((key) => textOf(credential[key]) ?? "");
    if (!isNameKnown && token.some(Boolean)) isDuplicate("subject", token.join(" "), path);
  });
}

function hostOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).hostname : undefined;
}

/** The storage account of a blob's or container's URL. */
function accountOf(address: string | undefined): string | undefined {
  return /^([^.]+)\.blob\./.exec(hostOf(address) ?? "")?.[1];
}
