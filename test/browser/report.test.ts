import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { reportOf } from "../../cli/report/model.ts";
import { reportPage } from "../../cli/report/page.ts";
import { bigSource } from "../cli/report/samples.ts";
import { assertAccessible, inEachTheme, noBrowser, openBrowser, textOf, watched } from "./browser.ts";

const RESOURCES = 1_000;

describe("the page of a report", { skip: noBrowser }, () => {
  it("The page of 1,000 resources is smaller than 1 MB, opens at once, and asks no host for anything", async (test) => {
    const page = reportPage(reportOf(bigSource(RESOURCES)));
    const file = join(mkdtempSync(join(tmpdir(), "fabric-page-")), "report.html");
    writeFileSync(file, page);
    const url = pathToFileURL(file).href;
    const browser = await openBrowser();
    try {
      const tab = await browser.newPage();
      const seen = watched(tab, url);
      const begin = performance.now();
      await tab.goto(url, { waitUntil: "load" });
      await tab.waitForSelector("html[data-drawn]");
      const ms = performance.now() - begin;
      test.diagnostic(`${RESOURCES} resources: ${Math.round(page.length / 1024)} KB, drawn in ${Math.round(ms)} ms`);
      assert.ok(page.length < 1024 * 1024, `${page.length} bytes`);
      assert.ok(ms < 5_000, `${ms} ms`);
      assert.deepEqual(seen, { strangers: [], errors: [] });
      const groups = await tab.$$eval(".group", (all) => all.length);
      assert.equal(groups, 10);
    } finally {
      await browser.close();
    }
  });

  it("The page of a report is used by keyboard: from object to object, along a bar, and into the calls", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "fabric-page-")), "report.html");
    writeFileSync(file, reportPage(reportOf(bigSource(30))));
    const browser = await openBrowser();
    try {
      const tab = await browser.newPage();
      await tab.goto(pathToFileURL(file).href);
      await tab.focus(".row");
      await tab.keyboard.press("ArrowDown");
      await tab.keyboard.press("ArrowRight");
      assert.equal(await tab.evaluate(`document.querySelector("#tip").hidden`), false);
      assert.match(await textOf(tab, "#live"), /GET|create/);
      await tab.keyboard.press("Enter");
      assert.match(await textOf(tab, ".details"), /POST \/v1\/workspaces/);
      await tab.keyboard.press("Tab");
      await tab.type("#search", "region 29");
      await tab.waitForFunction(`document.querySelectorAll(".row").length === 1`);
      assert.match(await textOf(tab, ".row"), /refused/);
    } finally {
      await browser.close();
    }
  });

  it("The page of a report has no serious finding of an accessibility check, in light and dark, wide and narrow", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "fabric-page-")), "report.html");
    writeFileSync(file, reportPage(reportOf(bigSource(60))));
    const browser = await openBrowser();
    try {
      await inEachTheme(browser, async (tab, theme, width) => {
        await tab.goto(pathToFileURL(file).href);
        await tab.click(".row");
        await assertAccessible(tab, width, `${theme}, ${width}`);
      });
    } finally {
      await browser.close();
    }
  });
});
