import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";

/* The workflows of GitHub and the pipeline of Azure DevOps, as far as tests look at them. */

const project = resolve(import.meta.dirname, "../../..");

/** A step of a job at GitHub. */
export interface WorkflowStep {
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: { readonly script?: string; readonly "persist-credentials"?: boolean };
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly WorkflowStep[];
}

export interface Workflow {
  /** The file as it stands. */
  readonly text: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** A workflow of this project by its name. */
export function readWorkflow(name: string): Workflow {
  const text = readFileSync(join(project, ".github/workflows", `${name}.yml`), "utf8");
  return { ...(parse(text) as Omit<Workflow, "text">), text };
}

/** A script of the pipeline of Azure DevOps. */
export interface PipelineScript {
  readonly stage: string;
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

interface PipelineNode {
  readonly stage?: string;
  readonly bash?: string;
  readonly displayName?: string;
  readonly inputs?: { readonly inlineScript?: string };
  readonly env?: Readonly<Record<string, string>>;
}

/** Every script of azure-pipelines.yml, wherever it is nested. */
export function pipelineScripts(): PipelineScript[] {
  const found: PipelineScript[] = [];
  const walk = (value: unknown, stage: string): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as PipelineNode;
    const here = typeof node.stage === "string" ? node.stage : stage;
    const script = node.bash ?? node.inputs?.inlineScript;
    if (script !== undefined) found.push({ stage: here, name: node.displayName ?? "", script, env: node.env ?? {} });
    for (const below of Object.values(value)) walk(below, here);
  };
  walk(parse(readFileSync(join(project, "azure-pipelines.yml"), "utf8")), "");
  return found;
}
