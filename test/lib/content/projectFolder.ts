import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindKeys } from "../../../providers/kinds/kinds.ts";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import type { StackConfig } from "../../../lib/config/stackConfig.ts";

/** Files by path; a value that is neither text nor bytes is written as JSON. `{ linkTo }` is a symbolic link. */
export type Files = Readonly<Record<string, unknown>>;

/** A project with files of its own, which goes at the end. */
export class ProjectFolder implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "content-"));

  constructor(files: Files) {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.root, path);
      mkdirSync(join(file, ".."), { recursive: true });
      const link = (content as { readonly linkTo?: string } | null)?.linkTo;
      if (link !== undefined) symlinkSync(link, file);
      else if (content instanceof Uint8Array) writeFileSync(file, content);
      else writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    }
  }

  read(workspaces: readonly object[]): StackConfig {
    return this.readStack({ workspaces });
  }

  readStack(raw: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}): StackConfig {
    return parseStackConfig(raw, { projectRoot: this.root, stack: "dev", env, kindKeys });
  }

  /** The problems of a configuration as lines; none if it is accepted. */
  problemsOf(workspaces: readonly object[], more: object = {}, env: NodeJS.ProcessEnv = {}): string[] {
    try {
      this.readStack({ workspaces, ...more }, env);
      return [];
    } catch (error) {
      assert.ok(error instanceof StackConfigError, String(error));
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

/** A `.platform` file. */
export const platform = (type: string, displayName: unknown, logicalId?: string, more: object = {}) => ({
  metadata: { type, displayName, ...more },
  config: { version: "2.0", ...(logicalId !== undefined && { logicalId }) },
});

/** A logical id that ends in these digits. */
export const id = (digits: number) => `10000000-0000-4000-8000-${String(digits).padStart(12, "0")}`;

/** A pipeline's content that runs a notebook. */
export const running = (notebookId: string, workspaceId = "00000000-0000-0000-0000-000000000000") => ({
  properties: { activities: [{ type: "TridentNotebook", typeProperties: { notebookId, workspaceId } }] },
});

/** First line of every notebook. */
export const FIRST_LINE = "# Fabric notebook source\n";

/** Files of a notebook. @param source all lines but the first */
export const notebook = (path: string, name: string, logicalId?: string, source = "print(1)\n"): Files => ({
  [`${path}/.platform`]: platform("Notebook", name, logicalId),
  [`${path}/notebook-content.py`]: FIRST_LINE + source,
});

/** Files of a pipeline that runs a notebook. */
export const pipeline = (path: string, name: string, notebookId: string, logicalId?: string): Files => ({
  [`${path}/.platform`]: platform("DataPipeline", name, logicalId),
  [`${path}/pipeline-content.json`]: running(notebookId),
});
