import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";
import type { Browser, Page } from "puppeteer-core";

/* The system's Chromium for tests of pages and for pictures. Nothing is downloaded. */

/** The usual places of Chromium and Chrome. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Path of the browser: CHROME_PATH, or one of the usual places. */
export const chromePath: string | undefined = process.env["CHROME_PATH"] || PLACES.find((path) => existsSync(path));

/** Reason to skip a test that needs the browser; false if there is one. */
export const noBrowser: string | false =
  chromePath === undefined && "There is no Chromium: install it, or name it by CHROME_PATH";

/** Starts the browser without a window. */
export function openBrowser(): Promise<Browser> {
  if (chromePath === undefined) throw new Error(String(noBrowser));
  // containers run as root, where Chromium's sandbox does not start
  const isRoot = process.getuid?.() === 0;
  return puppeteer.launch({
    executablePath: chromePath,
    args: ["--hide-scrollbars", "--disable-gpu", ...(isRoot ? ["--no-sandbox"] : [])],
  });
}

/** Watches a page: every request to anywhere but the page's own file or server, and every error of its script. */
export function watched(page: Page, own: string): { readonly strangers: string[]; readonly errors: string[] } {
  const strangers: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith("data:")) strangers.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(error instanceof Error ? error.message : String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return { strangers, errors };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What an accessibility check finds, as far as it is serious or critical: `color-contrast: .result`. */
async function seriousFindings(page: Page): Promise<string[]> {
  // the page's policy allows no script of others, so the checker comes by the debugger
  await page.evaluate(
    `(function () { const define = undefined, module = undefined, exports = undefined; ${axe} }).call(window)`,
  );
  const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ target, failureSummary }) => target.join(" ") + " " + failureSummary).join("; ")))`);
  return found as string[];
}

/** Opens a tab in each theme and width that pages are made for, one after the other. */
export async function inEachTheme(
  browser: Browser,
  visit: (tab: Page, theme: "light" | "dark", width: number) => Promise<void>,
): Promise<void> {
  for (const [theme, width] of [
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
  ] as const) {
    const tab = await browser.newPage();
    await tab.setViewport({ width, height: 900 });
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    await visit(tab, theme, width);
    await tab.close();
  }
}

/** Asserts that a page has no serious finding of the accessibility check, and needs no scrolling sideways. */
export async function assertAccessible(page: Page, width: number, what: string): Promise<void> {
  assert.deepEqual(await seriousFindings(page), [], what);
  const needed = (await page.evaluate("document.documentElement.scrollWidth")) as number;
  assert.ok(needed <= width, `${what} scrolls sideways`);
}

/** Text of the first element of a selector; empty if there is none. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`)) as string;
}
