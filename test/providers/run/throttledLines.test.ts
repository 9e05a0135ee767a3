import assert from "node:assert/strict";
import { it } from "node:test";
import { ThrottledLines } from "../../../providers/run/throttledLines.ts";

it("A run that is throttled says what it waits for and until when, at once and then every 15 s", (context) => {
  context.mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.UTC(2026, 0, 1, 10) });
  const lines: string[] = [];
  const throttled = new ThrottledLines((line) => lines.push(line));
  throttled.begin("GET /v1/workspaces", 4_000);
  assert.deepEqual(lines, []);
  throttled.begin("POST /v1/workspaces/{id}/items", 40_000);
  assert.match(lines[0] ?? "", /POST \/v1\/workspaces\/\{id\}\/items waits until 10:00:40 UTC \(40 s\)/);
  throttled.begin("GET /v1/workspaces", 45_000);
  assert.equal(lines.length, 1);
  context.mock.timers.tick(15_000);
  assert.match(lines[1] ?? "", /and 1 more wait until 10:00:45 UTC \(30 s\)/);
  for (let step = 0; step < 4; step++) context.mock.timers.tick(15_000);
  assert.equal(lines.length, 3);
});
