import { isObject, objectOf, partOf, textIn, textOf } from "./definition.ts";
import type { Part } from "./definition.ts";

/*
 * Notebooks in Git's source format and in Jupyter's. Code and text survive both ways; metadata of cells does not.
 * https://learn.microsoft.com/fabric/data-engineering/notebook-source-control-deployment
 */

const stars = "*".repeat(20);
const marker = /^# (CELL|MARKDOWN|METADATA|PARAMETERS CELL) \*{10,}\s*$/;

interface Cell {
  readonly kind: "code" | "markdown";
  readonly lines: readonly string[];
}

/** The parts with Jupyter content; parts that are it already stay as they are. */
export function asIpynb(parts: readonly Part[]): Part[] {
  return parts.map((part) =>
    part.path === "notebook-content.py"
      ? partOf("notebook-content.ipynb", {
          nbformat: 4,
          nbformat_minor: 5,
          metadata: { language_info: { name: "python" } },
          cells: cellsOf(textOf(part)).map(({ kind, lines }) => ({
            cell_type: kind,
            metadata: {},
            source: lines.map((line, at) => (at < lines.length - 1 ? `${line}\n` : line)),
            ...(kind === "code" && { execution_count: null, outputs: [] }),
          })),
        })
      : part,
  );
}

/** The parts with source in Git format; parts that are it already, or no readable notebook, stay as they are. */
export function asGitSource(parts: readonly Part[]): Part[] {
  return parts.map((part) => {
    const notebook = part.path.endsWith(".ipynb") ? objectOf(part) : undefined;
    if (!notebook) return part;
    const cells = Array.isArray(notebook["cells"]) ? notebook["cells"].filter(isObject).map(cellOf) : [];
    const blocks = cells.map(({ kind, lines }) =>
      kind === "code"
        ? `# CELL ${stars}\n\n${lines.join("\n")}\n`
        : `# MARKDOWN ${stars}\n\n${lines.map((line) => `# ${line}`.trimEnd()).join("\n")}\n`,
    );
    return partOf("notebook-content.py", ["# Fabric notebook source\n", ...blocks].join("\n"));
  });
}

function cellOf({ cell_type: kind, source }: Readonly<Record<string, unknown>>): Cell {
  const text = Array.isArray(source) ? source.join("") : textIn(source);
  return { kind: kind === "markdown" ? "markdown" : "code", lines: text.split("\n") };
}

/** The cells of a source in Git format, without metadata. */
function cellsOf(source: string): Cell[] {
  const cells: { kind: Cell["kind"]; lines: string[] }[] = [];
  let current: string[] | undefined;
  for (const line of source.split(/\r?\n/)) {
    const [, kind] = marker.exec(line) ?? [];
    if (kind === undefined) current?.push(line);
    else if (kind === "METADATA") current = undefined;
    else {
      current = [];
      cells.push({ kind: kind === "MARKDOWN" ? "markdown" : "code", lines: current });
    }
  }
  return cells.map(({ kind, lines }) => ({ kind, lines: trimmed(kind === "markdown" ? lines.map(bare) : lines) }));
}

const bare = (line: string) => line.replace(/^# ?/, "");

/** Lines without the empty ones at both ends. */
function trimmed(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return first === -1 ? [] : lines.slice(first, last + 1);
}
