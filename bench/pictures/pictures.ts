import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { noBrowser, openBrowser } from "../../test/browser/browser.ts";
import { architecturePage } from "./architecture.ts";
import { curvesPage } from "./curves.ts";
import { markdownPage } from "./markdownPage.ts";
import { failedDeployment } from "./scene.ts";

/*
 * `npm run pictures`: makes the pictures of README and docs with the system's Chromium: the report, the comment and the portal from
 * a real deployment on the emulator, the architecture and the curves from the documents. Run it after a change of a page.
 */

const project = resolve(import.meta.dirname, "../..");
const folder = join(project, "docs/pictures");

/** What a picture shows. */
interface Shot {
  readonly name: string;
  readonly url: string;
  readonly width?: number;
  /** Height of the visible part; absent for the whole page. */
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** Done before the picture is taken. */
  readonly before?: (page: Page) => Promise<void>;
}

async function shoot(
  browser: Browser,
  { name, url, width = 1200, height, theme = "light", before }: Shot,
): Promise<void> {
  const page = await browser.newPage();
  await page.setViewport({ width, height: height ?? 300, deviceScaleFactor: 1.5 });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: theme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  await page.goto(url, { waitUntil: "networkidle0" });
  await before?.(page);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: height === undefined });
  await page.close();
  console.log(`docs/pictures/${name}.png`);
}

/** Writes a page into a folder, and returns its address. */
function pageIn(place: string, name: string, html: string): string {
  const path = join(place, `${name}.html`);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
}

async function main(): Promise<number> {
  if (noBrowser) {
    console.error(noBrowser);
    return 1;
  }
  mkdirSync(folder, { recursive: true });
  await using scene = await failedDeployment();
  const { origin, place, report, comment, notebook, workspaceId } = scene;
  const browser = await openBrowser();
  const text = (name: string) => readFileSync(join(project, name), "utf8");
  const waitFor = (selector: string) => async (page: Page) => void (await page.waitForSelector(selector));
  try {
    await shoot(browser, { name: "report", url: pathToFileURL(report).href, height: 1020 });
    await shoot(browser, {
      name: "report-dark",
      url: pathToFileURL(report).href,
      theme: "dark",
      height: 1020,
      before: async (page) => {
        await page.evaluate(
          `[...document.querySelectorAll(".row")].find((row) => /refused$/.test(row.textContent)).click()`,
        );
        await page.evaluate(`document.getElementById("timeline-title").scrollIntoView()`);
      },
    });
    await shoot(browser, { name: "portal", url: `${origin}/#/faults`, height: 900, before: waitFor("tr.hit") });
    await shoot(browser, {
      name: "portal-workspace",
      url: `${origin}/#/workspace/${workspaceId}`,
      height: 760,
      before: waitFor(".tree"),
    });
    await shoot(browser, {
      name: "portal-item",
      url: `${origin}/#/object/items/${notebook}`,
      theme: "dark",
      height: 900,
      before: waitFor("pre"),
    });
    const linked = comment.replace(
      "<!-- report -->",
      "[Report: timeline, changes, request ids](https://github.com/contoso/sales/actions/runs/17/artifacts/4)",
    );
    await shoot(browser, {
      name: "comment",
      url: pageIn(place, "comment", markdownPage(linked, folder, 860)),
      width: 900,
    });
    await shoot(browser, { name: "architecture", url: pageIn(place, "architecture", architecturePage()), width: 1080 });
    await shoot(browser, {
      name: "curves",
      url: pageIn(place, "curves", curvesPage(text("docs/benchmarks.md"))),
      width: 1300,
    });
    // the last one, because it may show the others
    await shoot(browser, {
      name: "readme",
      url: pageIn(place, "readme", markdownPage(text("README.md"), project, 980)),
      width: 1040,
      height: 1000,
    });
  } finally {
    await browser.close();
  }
  return 0;
}

process.exitCode = await main();
