import { countsIn, scriptOptions } from "../cli/commandLine/scriptOptions.ts";
import { markdownTable } from "./markdownTable.ts";
import { emulated, simulated } from "./quotaSimulation.ts";

/* `npm run bench:quota [-- N…]`: how long a first deployment takes under the service's quotas. */

const usage = `Usage: npm run bench:quota -- [N…] [--emulator SPEED]

Computes how long the first deployment of N workspaces by one identity takes under the service's documented quotas (docs/scale.md)
[50 200 1000 5000].

--emulator SPEED  sends the same calls to an emulator of that speed as well`;

const call = {
  script: "bench:quota",
  usage,
  allowPositionals: true,
  options: { emulator: { type: "string" } },
} as const;
const { values, counts } = scriptOptions(call, ({ values, positionals }) => {
  if (values.emulator !== undefined) countsIn([values.emulator], []);
  return { values, counts: countsIn(positionals, [50, 200, 1_000, 5_000]) };
});
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
