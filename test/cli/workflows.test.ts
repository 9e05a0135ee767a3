import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { pipelineScripts, readWorkflow } from "../engine/harness/pipelineFiles.ts";
import type { Job } from "../engine/harness/pipelineFiles.ts";

/* The workflows: what they may do, read from their files. */

const folder = resolve(import.meta.dirname, "../../.github/workflows");
const every = readdirSync(folder).map((file) => {
  const name = file.replace(/\.yml$/, "");
  return { name, ...readWorkflow(name) };
});
/** Those that deploy, or look at what is deployed. */
const NAMES = ["preview", "deploy", "destroy", "drift"];
const workflows = every.filter(({ name }) => NAMES.includes(name));
const jobs = workflows.flatMap(({ name, jobs }) =>
  Object.entries(jobs).map(([job, what]) => ({ ...what, title: `${name}/${job}` })),
);

describe("the workflows", () => {
  it("The workflows run a pull request's code with the rights of its author only", () => {
    for (const { on } of every) assert.ok(!("pull_request_target" in on) && !("workflow_run" in on));
    const onPullRequest = every.filter(({ on }) => "pull_request" in on);
    assert.deepEqual(
      onPullRequest.map(({ name }) => name),
      ["preview", "test"],
    );
    for (const [name, job] of onPullRequest.flatMap(({ jobs }) => Object.entries(jobs))) {
      if (job.permissions?.["id-token"] === undefined) {
        assert.deepEqual(job.permissions, { contents: "read" }, name);
      } else {
        assert.match(job.if ?? "", /head\.repo\.full_name == github\.repository/, name);
        assert.equal(job.environment, undefined, `${name} must not have the identity of an environment`);
      }
    }
  });

  it("The workflows hold no secret at all", () => {
    for (const { name, text } of every) assert.doesNotMatch(text, /\bsecrets\b/, name);
  });

  it("The workflows have no permission but those that each job names, and leave no token in the checkout", () => {
    const allowed: Record<string, string> = { contents: "read", "id-token": "write" };
    const further: Record<string, Record<string, string>> = {
      "preview/stack": { "pull-requests": "write" },
      "deploy/up": { "pull-requests": "write" },
      "drift/stack": { issues: "write" },
    };
    for (const { name, permissions } of every) assert.deepEqual(permissions, {}, name);
    for (const { title, permissions, steps } of jobs) {
      const most = { ...allowed, ...further[title] };
      for (const [scope, level] of Object.entries(permissions ?? {})) assert.equal(level, most[scope], title);
      for (const { uses, with: settings } of steps)
        if (uses?.startsWith("actions/checkout@")) assert.equal(settings?.["persist-credentials"], false, title);
    }
  });

  it("The workflows pin every action to a commit, with its version beside it", () => {
    for (const { name, text } of every) {
      const used = text.split("\n").filter((line) => /\buses:/.test(line));
      for (const line of used) assert.match(line, /uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/, name);
    }
  });

  it("The workflows run npm test and then a sample of the rest on what is proposed and on main", () => {
    const { on, jobs: own } = readWorkflow("test");
    assert.deepEqual(Object.keys(on), ["pull_request", "push"]);
    const scripts = Object.values(own).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    assert.deepEqual(scripts, ["npm test", "npm run test:sample"]);
  });

  it("The workflows change one stack at a time, and never stop a change half-way", () => {
    const changing = jobs.filter(({ steps }) => steps.some(({ run }) => /npm run (up|destroy)/.test(run ?? "")));
    assert.equal(changing.length, 2);
    for (const { concurrency, environment, title } of changing) {
      assert.equal(concurrency?.["cancel-in-progress"], false, title);
      assert.equal(concurrency.group, `stack-${environment}`, title);
    }
    for (const job of jobs) assert.ok(job["timeout-minutes"], job.title);
  });

  it("The workflows deploy nothing but the plan that was shown to who approves, kept as it was", () => {
    const { plan, up } = readWorkflow("deploy").jobs;
    assert.equal(up?.needs, "plan");
    const scripts = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? []).join("\n");
    assert.match(scripts(plan), /npm run preview .*--save-plan plan\.json\n.*GITHUB_STEP_SUMMARY/);
    assert.match(scripts(up), /npm run up .*--plan plan\.json/);
    const actions = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ uses }) => uses?.split("@")[0] ?? []);
    assert.ok(actions(plan).includes("actions/upload-artifact"));
    assert.ok(actions(up).includes("actions/download-artifact"));
    assert.notEqual(plan?.environment, up?.environment, "a plan waits for nobody");
    for (const stage of ["dev", "prod"]) {
      const own = pipelineScripts().filter((one) => one.stage === stage);
      const [first, , last] = own.map(({ script }) => script);
      assert.match(first ?? "", /npm run preview .*--save-plan plan\/plan\.json/);
      assert.match(
        last ?? "",
        new RegExp(`npm run up .*--plan "\\$\\(Pipeline.Workspace\\)/plan-${stage}/plan\\.json"`),
      );
    }
  });

  it("The workflows keep the report of each deployment, of a failed one too, and link it for who reviewed the change", () => {
    const { up } = readWorkflow("deploy").jobs;
    const at = up?.steps.findIndex(({ run }) => /npm run up/.test(run ?? "")) ?? -1;
    const after = up?.steps.slice(at + 1) ?? [];
    assert.match(after[0]?.run ?? "", /npm run report .*--out report\.html --comment report\.md/);
    assert.match(after[1]?.uses ?? "", /^actions\/upload-artifact@/);
    assert.match(after[2]?.run ?? "", /REPORT_URL.* report\.md\n.*GITHUB_STEP_SUMMARY/);
    assert.match(after[3]?.with?.script ?? "", /createComment/);
    for (const step of after) assert.equal(step.if, "${{ !cancelled() }}");
    for (const stage of ["dev", "prod"]) {
      const scripts = pipelineScripts().filter((one) => one.stage === stage);
      assert.match(scripts.find(({ name }) => name === "Report")?.script ?? "", /npm run report -- --stack/);
      assert.match(scripts.find(({ name }) => name === "Link the report")?.script ?? "", /uploadsummary/);
    }
  });

  it("The workflows paste no expression into a script", () => {
    for (const { steps, title } of jobs)
      for (const { run, with: settings } of steps)
        assert.doesNotMatch(`${run ?? ""} ${settings?.script ?? ""}`, /\$\{\{/, title);
  });
});
