import { palette } from "../../lib/page/palette.ts";

/* The architecture as a picture: what calls what during one `npm run up`. */

const STYLE = `
  body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.4 system-ui, "Segoe UI", "Open Sans", sans-serif; }
  main { padding: 26px; width: 1100px; box-sizing: border-box; }
  svg { display: block; width: 100%; }
  .box { fill: var(--paper); stroke: var(--line); stroke-width: 1.5; }
  .process { fill: var(--ground); stroke: var(--line); stroke-width: 1.5; }
  .service { fill: var(--back-ground); stroke: var(--back); stroke-width: 1.5; }
  .store { fill: var(--warn-ground); stroke: var(--warn); stroke-width: 1.5; }
  .title { font-weight: 650; font-size: 15px; fill: var(--ink); }
  .text { font-size: 13px; fill: var(--soft); }
  .way { stroke: var(--accent); stroke-width: 2; fill: none; marker-end: url(#tip); }
  .back { stroke: var(--back); stroke-width: 2; fill: none; stroke-dasharray: 5 4; marker-end: url(#tip-back); }
  .label { font-size: 12.5px; fill: var(--accent); paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
  .label.of-back { fill: var(--back); }
`;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: "box" | "process" | "service" | "store";
  readonly title: string;
  readonly lines: readonly string[];
}

const boxes: readonly Box[] = [
  {
    x: 10,
    y: 40,
    width: 210,
    height: 96,
    kind: "box",
    title: "Pulumi.<stack>.yaml",
    lines: ["workspaces, people, Git,", "folders, items: the whole", "environment in one file"],
  },
  {
    x: 300,
    y: 20,
    width: 250,
    height: 136,
    kind: "process",
    title: "Program (index.ts)",
    lines: [
      "lib/config: all problems at once",
      "providers/program: declares",
      "resources; asks nothing at the",
      "service unless preflight is on",
    ],
  },
  {
    x: 300,
    y: 238,
    width: 250,
    height: 96,
    kind: "process",
    title: "Pulumi CLI and engine",
    lines: ["diff, order, parallel steps;", "the state, in a file or shared"],
  },
  {
    x: 10,
    y: 238,
    width: 210,
    height: 96,
    kind: "box",
    title: "npm run up",
    lines: ["one run of a stack at a time;", "commit or rollback; report"],
  },
  { x: 714, y: 150, width: 318, height: 254, kind: "process", title: "Provider process", lines: [] },
  {
    x: 732,
    y: 188,
    width: 282,
    height: 60,
    kind: "box",
    title: "A kind for each sort of object",
    lines: ["workspace, item, Git connection, …"],
  },
  {
    x: 732,
    y: 262,
    width: 282,
    height: 60,
    kind: "box",
    title: "Run: get, list | write, create",
    lines: ["the only way to change something"],
  },
  { x: 732, y: 336, width: 282, height: 56, kind: "box", title: "Client", lines: ["retries, breaker, throttle gate"] },
  {
    x: 300,
    y: 436,
    width: 250,
    height: 100,
    kind: "store",
    title: "Transaction log",
    lines: ["intent before each write, outcome", "after it; a folder or a blob;", "history chained by hash"],
  },
  {
    x: 714,
    y: 466,
    width: 318,
    height: 66,
    kind: "service",
    title: "Fabric API",
    lines: ["or the emulator, with its portal"],
  },
];

interface Way {
  readonly path: string;
  readonly label: string;
  readonly at: readonly [x: number, y: number];
  readonly isBack?: true;
}

const ways: readonly Way[] = [
  { path: "M220 88 H294", label: "", at: [0, 0] },
  { path: "M425 156 V232", label: "resources", at: [432, 200] },
  { path: "M220 286 H294", label: "runs", at: [240, 278] },
  { path: "M550 286 H708", label: "check, diff, create …", at: [556, 276] },
  { path: "M732 304 H696 V486 H556", label: "1 intent, 3 outcome", at: [560, 478] },
  { path: "M873 392 V460", label: "2 call", at: [883, 436] },
  { path: "M115 334 V486 H294", label: "commit, rollback", at: [124, 478] },
  { path: "M425 436 V340", label: "what a cut-off run made", at: [432, 392], isBack: true },
];

const box = ({ x, y, width, height, kind, title, lines }: Box) =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="9"/>` +
  `<text class="title" x="${x + 14}" y="${y + 25}">${title.replaceAll("<", "&lt;")}</text>` +
  lines.map((line, index) => `<text class="text" x="${x + 14}" y="${y + 46 + index * 19}">${line}</text>`).join("");

const way = ({ path, label, at: [x, y], isBack }: Way) =>
  `<path class="${isBack ? "back" : "way"}" d="${path}"/><text class="label${isBack ? " of-back" : ""}" x="${x}" y="${y}">${label}</text>`;

const tip = (id: string, colour: string) =>
  `<marker id="${id}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="var(${colour})"/></marker>`;

/** The picture's page. */
export const architecturePage = (): string =>
  `<!doctype html><meta charset="utf-8"><style>${palette()}${STYLE}</style><main><svg viewBox="0 0 1046 548" role="img">` +
  `<defs>${tip("tip", "--accent")}${tip("tip-back", "--back")}</defs>${boxes.map(box).join("")}${ways.map(way).join("")}</svg></main>`;
