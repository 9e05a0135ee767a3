import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Page } from "puppeteer-core";
import { startEmulator } from "../../emulator/emulator.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { assertAccessible, inEachTheme, noBrowser, openBrowser, textOf, watched } from "./browser.ts";

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };

/** Waits until the text of an element matches. */
async function saw(page: Page, selector: string, text: RegExp): Promise<void> {
  const source = JSON.stringify(text.source);
  await page
    .waitForFunction(
      `new RegExp(${source}).test(document.querySelector(${JSON.stringify(selector)})?.textContent ?? "")`,
      {
        timeout: 30_000,
      },
    )
    .catch(async () => assert.match(await textOf(page, selector), text));
}

describe("the emulator's portal", { skip: noBrowser }, () => {
  it("The emulator's portal makes a fault by its form, and shows it hit, the deployment fail and be rolled back, live", async () => {
    await using stack = await EngineStack.start({ emulator: { portal: true } });
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
    const workspace = {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Member" }],
      items: [{ name: "ingest", path: "items/ingest.Notebook", folder: "/daily" }],
    };
    stack.configure({ features, workspaces: [workspace] });
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const { origin } = stack.emulator;
      const seen = watched(page, origin);
      await page.goto(`${origin}/`);
      await saw(page, "main", /There is no workspace yet/);
      const up = await stack.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      await saw(page, "main", /sales-test/);

      // the workspace with its people, folders and items, and an item's content
      await page.click(".tile");
      await saw(page, "main", /Alice/);
      await saw(page, "main", /daily.*ingest/);
      await page.evaluate(`[...document.querySelectorAll("main a")].find((a) => a.textContent === "ingest").click()`);
      await saw(page, "main", /notebook-content\.py/);

      // a rule by the form
      await page.goto(`${origin}/#/faults`);
      await page.waitForSelector("#fault-form");
      await page.select("#fault-form select", "POST");
      await page.type("#fault-form input[list]", "/workspaces/{workspaceId}/items");
      await page.type(`#fault-form input[placeholder="such as 429"]`, "400");
      await page.type(`#fault-form input[placeholder="UnknownError"]`, "OutOfOrder");
      await page.click("#fault-form button.main");
      await saw(page, "#faults", /400 OutOfOrder0 hits/);

      writeFileSync(
        join(stack.folder, "items/ingest.Notebook/notebook-content.py"),
        "# Fabric notebook source\n\nprint('new')\n",
      );
      const items = [...workspace.items, { name: "bronze", type: "Lakehouse" }];
      stack.configure({ features, workspaces: [{ ...workspace, items }] });
      const failed = await stack.command("cli/up.ts", quick);
      assert.equal(failed.code, 1, failed.text);
      await saw(page, "#faults", /1 hit/);
      await saw(page, "main", /POST \/workspaces\/[^/]+\/items400 OutOfOrder/);
      await page.goto(`${origin}/#/requests`);
      await page.type("main input[type=search]", "fault");
      await page.waitForFunction(`document.querySelectorAll("main table tr").length === 2`);

      // what was sent and taken back is seen in the versions of the notebook
      const notebook = stack.emulator.service.items.all().find(({ type }) => type === "Notebook");
      await page.goto(`${origin}/#/object/items/${notebook?.id}`);
      await saw(page, "main", /-print\('new'\)/);
      assert.deepEqual(seen, { strangers: [], errors: [] });
    } finally {
      await browser.close();
    }
  });

  it("The emulator's portal has no serious finding of an accessibility check, in each of its views, in light and dark, and needs no scrolling sideways", async () => {
    const emulator = await startEmulator({ portal: true });
    const call = (method: string, path: string, body?: object) =>
      fetch(emulator.url + path, {
        method,
        headers: { Authorization: "Bearer x", "Content-Type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
    const made = (await (await call("POST", "/workspaces", { displayName: "sales" })).json()) as { id: string };
    await call("POST", `/workspaces/${made.id}/folders`, { displayName: "raw" });
    await call("POST", `/workspaces/${made.id}/items`, { displayName: "flow", type: "DataPipeline" });
    emulator.faults([{ status: 429, times: "forever" }]);
    await call("GET", "/workspaces");
    const [item] = emulator.service.items.all();
    const browser = await openBrowser();
    try {
      const views = [
        "",
        `workspace/${made.id}`,
        `object/items/${item?.id}`,
        "tenant/connections",
        "tenant/operations",
        "requests",
        "faults",
        "settings",
      ];
      await inEachTheme(browser, async (page, theme, width) => {
        for (const view of views) {
          await page.goto(`${emulator.origin}/?${theme}#/${view}`);
          await page.waitForSelector("main h2");
          await assertAccessible(page, width, `${view}, ${theme}, ${width}`);
        }
      });
    } finally {
      await browser.close();
      await emulator.close();
    }
  });

  it("The emulator's portal sets levers and the clock, and saves, resets and loads the store", async () => {
    const emulator = await startEmulator({ portal: true });
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${emulator.origin}/#/settings`);
      await page.waitForSelector("main form");
      await page.evaluate(`(() => {
        const labels = [...document.querySelectorAll("main label")];
        const input = labels.find((label) => label.textContent.startsWith("Operation delay ms")).querySelector("input");
        input.value = "5000";
        labels.find((label) => label.textContent.includes("Item recovery")).querySelector("input").checked = true;
        document.querySelector("main form button").click();
      })()`);
      await saw(page, "#toasts", /The levers are set/);
      assert.equal(emulator.service.levers.operationDelayMs, 5_000);
      assert.equal(emulator.service.levers.itemRecovery, true);
      const before = emulator.service.clock.now();
      await page.evaluate(
        `[...document.querySelectorAll("button")].find((one) => one.textContent === "+ 1 day").click()`,
      );
      await saw(page, "#toasts", /set forward/);
      assert.ok(emulator.service.clock.now() - before >= 86_400_000);
      const state = emulator.state();
      emulator.reset();
      page.on("dialog", (dialog) => void dialog.accept());
      await page.evaluate(
        `[...document.querySelectorAll("button")].find((one) => one.textContent === "Reset").click()`,
      );
      await saw(page, "#toasts", /begins anew/);
      const loaded = await fetch(`${emulator.origin}/_emulator/state`, { method: "POST", body: JSON.stringify(state) });
      assert.equal(loaded.status, 200);
    } finally {
      await browser.close();
      await emulator.close();
    }
  });
});
