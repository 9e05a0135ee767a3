import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineStack } from "../../test/engine/harness/engineStack.ts";

/** A deployment that worked, and one that failed and was rolled back, on an emulator that still runs. */
export interface Scene extends AsyncDisposable {
  /** Of the emulator. */
  readonly origin: string;
  /** A folder for files. */
  readonly place: string;
  /** Path of the report's page. */
  readonly report: string;
  /** The lines for a pull request. */
  readonly comment: string;
  /** Id of an item whose definition was changed and given back. */
  readonly notebook: string;
  readonly workspaceId: string;
}

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];
/** What CI says about a run. */
const asked = {
  GITHUB_ACTOR: "alice",
  GITHUB_SHA: "3fa91c20e7b14dd1c0a55f6b2f4c8d9e01a7b3c5",
  GITHUB_REF_NAME: "main",
};

const before = {
  name: "sales",
  displayName: "sales-dev",
  description: "Sales models",
  capacity: "local",
  users: [
    { principal: "alice@contoso.com", role: "Admin" },
    { principal: "bob@contoso.com", role: "Viewer" },
  ],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/daily" },
    { name: "flow", path: "items/daily.DataPipeline", folder: "/daily" },
    { name: "bronze", type: "Lakehouse", folder: "/raw" },
  ],
};
const after = {
  ...before,
  description: "Sales models, with returns",
  users: [...before.users, { principal: "carol@contoso.com", role: "Contributor" }],
  items: [
    ...before.items,
    { name: "silver", type: "Lakehouse", folder: "/curated" },
    { name: "returns", type: "Notebook", folder: "/daily" },
    { name: "gold", type: "Warehouse", folder: "/curated" },
  ],
};
const finance = {
  name: "finance",
  displayName: "finance-dev",
  capacity: "local",
  items: [{ name: "ledger", type: "Lakehouse" }],
};

/** Plays the scene with the real engine. @throws Error if it does not go as it should */
export async function failedDeployment(): Promise<Scene> {
  const stack = await EngineStack.start({
    emulator: { portal: true, operationDelayMs: 1_400, retryAfterSeconds: 2 },
    env: { ...asked, FABRIC_RETRY_BASE_MS: "1000" },
  });
  cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
  stack.configure({ features, workspaces: [before] });
  const first = await stack.command("cli/up.ts", quick);
  if (first.code !== 0) throw new Error(first.text);

  const file = join(stack.folder, "items/ingest.Notebook/notebook-content.py");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("2026-01-31", "2026-02-28").replace('"overwrite"', '"append"'),
  );
  stack.configure({ features, workspaces: [after, finance] });
  const items = "/workspaces/{workspaceId}/items";
  stack.emulator.faults([
    {
      method: "PATCH",
      route: "/workspaces/{workspaceId}",
      status: 429,
      errorCode: "RequestBlocked",
      message: "Too many requests",
      retryAfter: "1",
    },
    {
      method: "GET",
      route: "/workspaces/{workspaceId}/folders",
      status: 503,
      errorCode: "ServiceUnavailable",
      message: "Busy",
    },
    {
      method: "POST",
      route: items,
      nth: 4,
      delayMs: 4_500,
      status: 400,
      errorCode: "CapacityLimitExceeded",
      message: "The capacity is at its limit",
    },
  ]);
  const second = await stack.command("cli/up.ts", quick);
  if (second.code !== 1) throw new Error(second.text);
  const report = /^Report: (.+)$/m.exec(second.text)?.[1];
  const written = await stack.command("cli/report.ts", ["--comment", "comment.md"]);
  if (report === undefined || written.code !== 0) throw new Error(second.text + written.text);
  const { items: all, workspaces } = stack.emulator.service;
  return {
    origin: stack.emulator.origin,
    place: stack.folder,
    report,
    comment: readFileSync(join(stack.folder, "comment.md"), "utf8"),
    notebook: all.all().find(({ type }) => type === "Notebook")?.id ?? "",
    workspaceId: workspaces.all()[0]?.id ?? "",
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}
