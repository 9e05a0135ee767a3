import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import zlib from "node:zlib";
import { isSwitchedOn } from "../project/cliSwitch.ts";
import { projectName } from "../project/projectFolder.ts";
import { stateFolder } from "../project/stateFolder.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** The part of Pulumi's state file that counts. `pulumi stack export` prints the same, after half a second. */
interface StateFile {
  readonly version: number;
  readonly checkpoint?: { readonly latest?: Checkpoint["deployment"] };
}

/** Pulumi's own folder in a backend that is a folder; undefined for other kinds of backend. */
export function pulumiFolder(projectRoot: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(env["PULUMI_BACKEND_URL"] ?? "", projectRoot);
  return folder === undefined ? undefined : join(folder, ".pulumi");
}

/** A form in which the CLI writes a state file. */
export interface StateForm {
  /** End of the file's name, after `.json`. */
  readonly end: "" | ".gz" | ".zst";
  readonly pack: (content: Buffer) => Buffer;
  readonly unpack: (content: Buffer) => Buffer;
}

const PLAIN: StateForm = { end: "", pack: (content) => content, unpack: (content) => content };
const GZIP: StateForm = {
  end: ".gz",
  pack: (content) => zlib.gzipSync(content),
  unpack: (content) => zlib.gunzipSync(content),
};
/** Node has it from 22.15 on; with an older one, the functions throw. */
const ZSTD: StateForm = {
  end: ".zst",
  pack: (content) => zlib.zstdCompressSync(content),
  unpack: (content) => zlib.zstdDecompressSync(content),
};

/** The forms that the CLI knows, in the order of their names. */
export const STATE_FORMS: readonly StateForm[] = [PLAIN, GZIP, ZSTD];

/** The form in which the CLI writes a state in this environment. */
export function formIn(env: NodeJS.ProcessEnv): StateForm {
  if (isSwitchedOn(env["PULUMI_DIY_BACKEND_ZSTD"])) return ZSTD;
  return isSwitchedOn(env["PULUMI_DIY_BACKEND_GZIP"]) ? GZIP : PLAIN;
}

/** A state file, and its form. */
export interface FoundState {
  readonly path: string;
  readonly form: StateForm;
}

/**
 * The state file of a stack, as the CLI chooses it: of several forms the one that was written last.
 * @param base path of the file without the form's end
 * @param more a further end, of a backup
 */
export function newestState(base: string, more = ""): FoundState | undefined {
  const found = STATE_FORMS.flatMap((form) => {
    const path = `${base}${form.end}${more}`;
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat ? [{ path, form, at: stat.mtimeMs }] : [];
  });
  return found.reduce<(typeof found)[number] | undefined>(
    (best, one) => (best && best.at > one.at ? best : one),
    undefined,
  );
}

/** The version of the format that this reader knows. */
const VERSION = 3;

/**
 * Reads a stack's state from a backend in a folder, as the CLI does, compressed or not.
 * https://github.com/pulumi/pulumi/blob/v3.276.0/pkg/backend/diy/store.go
 * @param reference the stack's name for the CLI
 * @returns undefined if only the CLI can tell: other backends, new stacks, other versions, a Node without the compression
 */
export function readStateFile(
  reference: string,
  { projectRoot, env }: { readonly projectRoot: string; readonly env: NodeJS.ProcessEnv },
): Checkpoint | undefined {
  const folder = pulumiFolder(projectRoot, env);
  if (folder === undefined) return undefined;
  const own = projectName(projectRoot) ?? "fabric";
  const [stack = "", project = own] = reference.split("/").toReversed();
  if (project !== own) return undefined;
  try {
    const found = newestState(join(folder, "stacks", project, `${stack}.json`));
    if (!found) return undefined;
    const { version, checkpoint } = JSON.parse(found.form.unpack(readFileSync(found.path)).toString()) as StateFile;
    return version === VERSION && checkpoint?.latest ? { version, deployment: checkpoint.latest } : undefined;
  } catch {
    return undefined;
  }
}
