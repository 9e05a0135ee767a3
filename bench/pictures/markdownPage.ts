import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { marked } from "marked";
import { palette } from "../../lib/page/palette.ts";

const STYLE = `
  body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", "Open Sans", sans-serif; }
  main { margin: 0 auto; padding: 24px; }
  h1, h2 { border-bottom: 1px solid var(--line); padding-bottom: 6px; }
  h3 { margin: 0 0 8px; }
  code, pre { font-family: var(--mono); font-size: 0.86em; background: var(--ground); border-radius: 5px; padding: 2px 5px; }
  pre { padding: 14px 16px; overflow: hidden; line-height: 1.45; white-space: pre-wrap; }
  pre code { padding: 0; font-size: 1em; }
  a { color: var(--accent); text-decoration: none; }
  table { border-collapse: collapse; font-size: 15px; }
  th, td { border: 1px solid var(--line); padding: 6px 12px; text-align: left; vertical-align: top; }
  img { max-width: 100%; }
`;

/**
 * Markdown as a page that looks as it does where code is reviewed.
 * @param folder of the Markdown, for its pictures
 * @param width of the text, in pixels
 */
export function markdownPage(markdown: string, folder: string, width: number): string {
  // not every machine has a font with these two
  const plain = markdown
    .replaceAll("❌", `<span style="color: var(--bad)">✖</span>`)
    .replaceAll("✅", `<span style="color: var(--good)">✔</span>`);
  const html = marked.parse(plain, { async: false }).replace(/src="([^":]+)"/g, (whole, path: string) => {
    const file = join(folder, path);
    if (!existsSync(file)) return whole;
    return `src="data:image/${extname(file).slice(1)};base64,${readFileSync(file).toString("base64")}"`;
  });
  return `<!doctype html><meta charset="utf-8"><style>${palette()}${STYLE}</style><main style="max-width: ${width}px">${html}</main>`;
}
