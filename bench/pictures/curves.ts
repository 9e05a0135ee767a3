import { palette } from "../../lib/page/palette.ts";

/* Curves of docs/benchmarks.md: the numbers come from its tables. */

/** Cells of the rows of a table. */
export interface Table {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a page of Markdown. */
export function tablesIn(markdown: string): Table[] {
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  return [...markdown.matchAll(/(?:^\|.*\|$\n?)+/gm)].map(([block]) => {
    const [titles = [], , ...rows] = block.trim().split("\n").map(cells);
    return { titles, rows };
  });
}

const numberIn = (cell = "") => Number(/[\d,.]+/.exec(cell)?.[0].replaceAll(",", "") ?? Number.NaN);

/** The mean of the runs that a cell lists: `313.2, 316.4`. */
const meanIn = (cell = "") => {
  const runs = cell.split(", ").map(numberIn);
  return Math.round((runs.reduce((sum, run) => sum + run, 0) / runs.length) * 10) / 10;
};

const STYLE = `
  body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.4 system-ui, "Segoe UI", "Open Sans", sans-serif; }
  main { display: grid; grid-template-columns: repeat(2, 1fr); gap: 44px 72px; padding: 28px; }
  h2 { font-size: 16px; margin: 0 0 2px; }
  p { margin: 0 0 12px; color: var(--soft); font-size: 13px; }
  svg { width: 100%; }
  .before { fill: var(--wait); stroke: var(--wait); }
  .after { fill: var(--call); stroke: var(--call); }
  .line { fill: none; stroke-width: 2.5; }
  text { font-size: 12.5px; fill: var(--ink); }
  text.soft { fill: var(--soft); }
  .axis { stroke: var(--line); }
`;

/** Bars of two series, one below the other. */
function bars(
  rows: readonly { readonly name: string; readonly before: number; readonly after: number }[],
  names: readonly [string, string],
): string {
  const most = Math.max(...rows.flatMap(({ before, after }) => [before, after]));
  const width = (value: number) => (value / most) * 320;
  const all = rows.map(({ name, before, after }, index) => {
    const y = 30 + index * 58;
    const bar = (kind: string, value: number, top: number) =>
      `<rect class="${kind}" x="0" y="${top}" width="${width(value)}" height="14" rx="2"/><text x="${width(value) + 7}" y="${top + 12}">${value.toLocaleString("en")}</text>`;
    return `<text class="soft" x="0" y="${y - 5}">${name}</text>${bar("before", before, y)}${bar("after", after, y + 17)}`;
  });
  const height = 40 + rows.length * 58;
  const legend = `<rect class="before" x="0" y="${height - 14}" width="12" height="10"/><text x="18" y="${height - 5}">${names[0]}</text><rect class="after" x="150" y="${height - 14}" width="12" height="10"/><text x="168" y="${height - 5}">${names[1]}</text>`;
  return `<svg viewBox="0 0 440 ${height}">${all.join("")}${legend}</svg>`;
}

/** Two curves over a number of resources. */
function curves(
  points: readonly { readonly x: number; readonly before: number; readonly after: number }[],
  names: readonly [string, string],
): string {
  const [mostX, mostY] = [Math.max(...points.map(({ x }) => x)), Math.max(...points.map(({ before }) => before))];
  const at = (x: number, y: number) => `${30 + (x / mostX) * 340},${210 - (y / mostY) * 180}`;
  const line = (kind: "before" | "after") => {
    const dots = points.map((point) => {
      const [x = "", y = ""] = at(point.x, point[kind]).split(",");
      return `<circle class="${kind}" cx="${x}" cy="${y}" r="4"/><text x="${Number(x) + 8}" y="${Number(y) + (kind === "before" ? -4 : point.after < mostY / 50 ? -18 : 14)}">${point[kind]}</text>`;
    });
    return `<polyline class="${kind} line" style="fill:none" points="${points.map((point) => at(point.x, point[kind])).join(" ")}"/>${dots.join("")}`;
  };
  const ticks = points.map(({ x }) => `<text class="soft" x="${at(x, 0).split(",")[0]}" y="228">${x}</text>`);
  const legend = `<rect class="before" x="30" y="244" width="12" height="10"/><text x="48" y="253">${names[0]}</text><rect class="after" x="220" y="244" width="12" height="10"/><text x="238" y="253">${names[1]}</text>`;
  return `<svg viewBox="0 0 440 262"><path class="axis" d="M30 210 H400"/>${line("before")}${line("after")}${ticks.join("")}${legend}</svg>`;
}

/**
 * The picture's page.
 * @throws Error if a table that it draws is not on the page any more
 */
export function curvesPage(benchmarks: string): string {
  const tables = tablesIn(benchmarks);
  const tableOf = (title: RegExp) => {
    const found = tables.find(({ titles }) => titles.some((one) => title.test(one)));
    if (!found) throw new Error(`docs/benchmarks.md has no table with a column ${title.source}.`);
    return found;
  };
  const own = tableOf(/^50 workspaces, 400 resources$/).rows;
  const callsOf = (what: string) => numberIn(own.find(([name]) => name === what)?.[1]);
  const [, create = 0, plan = 0, destroy = 0] = (
    /makes ([\d,]+) calls to create, ([\d,]+) to plan[^.]*?and ([\d,]+) to\s+destroy/.exec(benchmarks) ?? []
  ).map((text) => numberIn(text));
  const calls = [
    { name: "create 400 resources", before: create, after: callsOf("create") },
    { name: "plan without changes, everything read again", before: plan, after: callsOf("refresh") },
    { name: "destroy", before: destroy, after: callsOf("destroy") },
  ];
  const lists = tableOf(/^refresh of$/).rows.map(([what = "", each, list]) => ({
    x: numberIn(what.split(",")[1]),
    before: numberIn(each),
    after: numberIn(list),
  }));
  const byResources = tableOf(/^create, CPU s$/);
  const cpuOf = (row: readonly string[], title: string) => numberIn(row[byResources.titles.indexOf(title)]);
  const cpu = byResources.rows.map((row) => ({
    x: numberIn(row[0]),
    before: cpuOf(row, "create, CPU s"),
    after: cpuOf(row, "preview, CPU s"),
  }));
  const slow = tableOf(/^before, s$/).rows.map(([service = "", , objects = "", before, after]) => ({
    name: `${service.split(",")[0]}, ${objects}`,
    before: meanIn(before),
    after: meanIn(after),
  }));
  const figures = [
    ["Calls to the service", "400 resources; fewer is better", bars(calls, ["Terraform provider", "this project"])],
    [
      "Calls of a refresh, by resources",
      "one list for all objects of a workspace",
      curves(lists, ["each object alone", "from lists"]),
    ],
    [
      "Seconds of CPU, by resources",
      "all processes of a command; what is straight costs the same for each resource",
      curves(cpu, ["create", "preview without changes"]),
    ],
    ["Seconds of a first deployment", "on a slow service; compare within a pair", bars(slow, ["before", "after"])],
  ] as const;
  const parts = figures.map(([title, about, svg]) => `<section><h2>${title}</h2><p>${about}</p>${svg}</section>`);
  return `<!doctype html><meta charset="utf-8"><style>${palette()}${STYLE}</style><main>${parts.join("")}</main>`;
}
