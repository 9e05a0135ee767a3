import { parseArgs } from "node:util";
import { markdownTable } from "./markdownTable.ts";
import { emulated, simulated } from "./quotaSimulation.ts";

/*
 * `npm run bench:quota [-- N…]`: how long the first deployment of N workspaces by one identity takes under the service's documented
 * quotas (docs/scale.md). `--emulator SPEED` sends the same calls to an emulator of that speed as well.
 */

const { values, positionals } = parseArgs({ allowPositionals: true, options: { emulator: { type: "string" } } });
const counts = positionals.length > 0 ? positionals.map(Number) : [50, 200, 1_000, 5_000];
const rows: string[][] = [];
for (const count of counts) {
  const { minutes, calls, refused } = await simulated(count);
  const row = [count, calls, refused, minutes.toFixed(1), (count / minutes).toFixed(0)].map(String);
  if (values.emulator !== undefined) {
    const real = await emulated(count, Number(values.emulator));
    row.push(real.minutes.toFixed(1), String(real.refused));
  }
  rows.push(row);
}
const head = ["workspaces", "calls", "refused", "minutes", "workspaces a minute"];
console.log(markdownTable(values.emulator === undefined ? head : [...head, "at the emulator", "refused there"], rows));
