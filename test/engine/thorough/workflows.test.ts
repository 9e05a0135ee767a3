import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterEach, beforeEach, describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { EngineStack } from "../harness/engineStack.ts";
import { pipelineScripts, readWorkflow } from "../harness/pipelineFiles.ts";
import type { Job, WorkflowStep } from "../harness/pipelineFiles.ts";

/*
 * The workflows: what they may do, read from their files; and their script steps, run here with the real CLI on the
 * emulator. What needs GitHub or Azure DevOps itself is listed, so that nothing is left out unnoticed.
 */

const project = resolve(import.meta.dirname, "../../..");

/** Actions that are not run here. The scripts of github-script are, with a client that remembers. */
const NOT_RUN = [
  "actions/checkout",
  "actions/setup-node",
  "azure/login",
  // they leave a file where it is, here
  "actions/upload-artifact",
  "actions/download-artifact",
];
/** Scripts that are not run here: they speak to Azure DevOps by curl and az. */
const NOT_RUN_SCRIPTS = ["Make or renew the stack's comment", "Open or renew the stack's work item"];

describe("the scripts of the workflows", () => {
  let stack: EngineStack;
  const summary = () => join(stack.folder, "summary.md");
  /** What the expressions of the files mean here. */
  const table = (): Record<string, string> => ({
    "matrix.stack": "dev",
    "inputs.stack": "dev",
    "inputs.confirm": "dev",
    "github.event_name == 'release' && 'prod' || 'dev'": "dev",
    "vars.PULUMI_BACKEND_URL": stack.env["PULUMI_BACKEND_URL"] ?? "",
    "vars.APPLICATIONINSIGHTS_CONNECTION_STRING": "",
    "steps.report.outputs.artifact-url": "https://github.com/contoso/sales/actions/runs/1/artifacts/2",
    "parameters.destroy": "prod",
    "parameters.confirm": "prod",
    stack: "dev",
    "Pipeline.Workspace": stack.folder,
    "System.CollectionUri": "https://dev.azure.com/contoso/",
    "System.TeamProject": "sales",
    "Build.BuildId": "1",
  });
  const substituted = (text: string) =>
    text.replace(/\$\{\{ *(.*?) *\}\}|\$\(([\w.]+)\)/g, (_, expression?: string, macro?: string) => {
      const value = table()[expression ?? macro ?? ""];
      assert.notEqual(value, undefined, `the test knows no value for ${expression ?? macro}`);
      return value ?? "";
    });

  async function bash(script: string, env: Readonly<Record<string, string>>): Promise<{ code: number; text: string }> {
    const own = Object.entries(env).map(([name, value]) => [name, substituted(value)]);
    const child = spawn("bash", ["-e", "-o", "pipefail", "-c", script], {
      cwd: stack.folder,
      env: { ...stack.env, GITHUB_STEP_SUMMARY: summary(), ...(Object.fromEntries(own) as Record<string, string>) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [code]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    return { code: code ?? 1, text: out + err };
  }

  /** A client of GitHub that remembers what was written. */
  const written: { id: number; number: number; body: string; state: string; user: { type: string }; title?: string }[] =
    [];
  const write = ({ body, title }: { body: string; title?: string }) => {
    const id = written.length + 1;
    written.push({
      id,
      number: id,
      body,
      state: "open",
      user: { type: "Bot" },
      ...(title === undefined ? {} : { title }),
    });
  };
  const change = ({ comment_id, issue_number, ...changes }: { comment_id?: number; issue_number?: number }) => {
    Object.assign(written[(comment_id ?? issue_number ?? 0) - 1] ?? {}, changes);
  };
  const open = () => written.filter(({ state }) => state === "open");
  const github = {
    paginate: (list: () => unknown) => list(),
    rest: {
      repos: { listPullRequestsAssociatedWithCommit: () => [{ number: 7 }] },
      issues: {
        listComments: open,
        createComment: write,
        updateComment: change,
        listForRepo: open,
        create: write,
        update: change,
      },
    },
  };
  const require = () => ({ readFileSync: (file: string) => readFileSync(join(stack.folder, file), "utf8") });
  const githubScript = (script: string) =>
    runInNewContext(`(async () => { ${script} })()`, {
      github,
      require,
      context: { repo: { owner: "contoso", repo: "sales" }, issue: { number: 7 }, sha: "1234" },
      process: { env: { STACK: "dev" } },
    }) as Promise<void>;

  async function runStep(step: WorkflowStep, job: Job): Promise<void> {
    if (step.run !== undefined) {
      const { code, text } = await bash(step.run, { ...job.env, ...step.env });
      assert.equal(code, 0, `${step.run}\n${text}`);
      return;
    }
    const action = step.uses?.split("@")[0] ?? "";
    if (action === "actions/github-script") await githubScript(step.with?.script ?? "");
    else assert.ok(NOT_RUN.includes(action), `${action} is not known to this test`);
  }

  async function runWorkflow(name: Parameters<typeof readWorkflow>[0]): Promise<void> {
    for (const job of Object.values(readWorkflow(name).jobs)) for (const step of job.steps) await runStep(step, job);
  }

  const declare = (description: string) => {
    for (const name of ["dev", "prod"]) {
      stack.configure({
        workspaces: [{ name: "sales", displayName: `sales-${name}`, description, capacity: "local" }],
      });
      copyFileSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, `Pulumi.${name}.yaml`));
    }
  };
  const names = () => stack.emulator.service.workspaces.all().map(({ displayName }) => displayName);

  beforeEach(async () => {
    stack = await EngineStack.start();
    symlinkSync(join(project, "cli"), join(stack.folder, "cli"));
    // a copy, because Pulumi may write into it
    copyFileSync(join(project, "Pulumi.local.yaml"), join(stack.folder, "Pulumi.local.yaml"));
    written.length = 0;
    declare("first");
  });
  afterEach(async () => stack[Symbol.asyncDispose]());

  it("The scripts of the workflows deploy a stack, renew one comment on a pull request, open and close an issue for drift, and destroy what was typed", async () => {
    await runWorkflow("deploy");
    assert.deepEqual(names(), ["sales-dev"]);
    assert.match(
      written[0]?.body ?? "",
      /✅ Deployment of stack <code>dev<\/code>: committed[^]*\(https:\/\/github\.com\//,
    );
    written.length = 0;

    // one comment on a pull request, which is renewed; forks are told in the summary
    await runWorkflow("preview");
    assert.match(readFileSync(summary(), "utf8"), /^<!-- fabric-preview stack=local -->/m);
    assert.equal(written.length, 1);
    assert.match(written[0]?.body ?? "", /^<!-- fabric-preview stack=dev -->[^]*Nothing to change, 1 unchanged/);

    declare("second");
    const { jobs } = readWorkflow("preview");
    for (const step of jobs["stack"]?.steps ?? []) await runStep(step, jobs["stack"] as Job);
    assert.equal(written.length, 1);
    assert.match(written[0]?.body ?? "", /1 to update/);

    // an issue as long as something was changed behind Pulumi's back
    declare("first");
    written.length = 0;
    await runWorkflow("drift");
    assert.equal(written.length, 0);
    const { workspaces } = stack.emulator.service;
    const id = workspaces.all()[0]?.id ?? "";
    workspaces.change(id, { description: "by hand" });
    await runWorkflow("drift");
    assert.deepEqual(
      written.map(({ title, state }) => ({ title, state })),
      [{ title: "Stack dev is not as it was deployed", state: "open" }],
    );
    assert.match(written[0]?.body ?? "", /by hand/);
    await runWorkflow("drift");
    assert.equal(written.length, 1);
    workspaces.change(id, { description: "first" });
    await runWorkflow("drift");
    assert.deepEqual([written.length, written[0]?.state], [1, "closed"]);

    // only the stack whose name was typed is destroyed
    const [job] = Object.values(readWorkflow("destroy").jobs);
    const [compare] = job?.steps ?? [];
    const wrong = await bash(compare?.run ?? "", { STACK: "prod", CONFIRM: "dev" });
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.text, /Nothing was destroyed/);
    await runWorkflow("destroy");
    assert.deepEqual(names(), []);
  });

  it("The scripts of the workflows of Azure DevOps deploy, preview, look for drift and destroy as well", async () => {
    const scripts = pipelineScripts();
    assert.deepEqual([...new Set(scripts.map(({ stage }) => stage))], ["preview", "dev", "prod", "drift", "destroy"]);
    for (const stage of ["dev", "prod", "preview", "drift", "destroy"]) {
      for (const { name, script, env } of scripts.filter((one) => one.stage === stage)) {
        if (NOT_RUN_SCRIPTS.includes(name)) continue;
        // what publishing and downloading it do
        if (/--plan /.test(script))
          cpSync(join(stack.folder, "plan"), join(stack.folder, `plan-${stage}`), { recursive: true });
        const { code, text } = await bash(substituted(script), env);
        assert.equal(code, 0, `${stage}: ${script}\n${text}`);
      }
      if (stage === "prod") assert.deepEqual(names().sort(), ["sales-dev", "sales-prod"]);
    }
    assert.deepEqual(names(), ["sales-dev"]);
  });
});
