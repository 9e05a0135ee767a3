import { readFileSync } from "node:fs";
import { startEmulator } from "./emulator.ts";
import type { Seed } from "./families/families.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { timingOptions } from "./core/timingOptions.ts";
import { makeCertificate } from "./core/tls.ts";

const usage = `Usage: npm run emulator -- [options]

The Fabric emulator as a server, with a page at / that shows what is in it and every request, and makes it fail.

--port N            port on 127.0.0.1 [8080; 0 takes a free one]
--store DIR         folder that keeps the objects [.fabric/emulator, that of stack local]
--memory            keep nothing
--seed FILE         JSON that an empty store begins with
--timing recorded   take as long as the service was recorded to [answer at once]
--speed N           that, N times faster [1]
--quota documented  refuse calls above the service's documented quotas [no quota]
--tls               serve https with a certificate made now; its CA file is printed

Programs find the same below /_emulator/ (docs/emulator.md).`;

const options = {
  port: { type: "string", default: "8080" },
  store: { type: "string", default: ".fabric/emulator" },
  memory: { type: "boolean", default: false },
  seed: { type: "string" },
  timing: { type: "string" },
  speed: { type: "string" },
  quota: { type: "string" },
  tls: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** @throws Error if the text is no port */
function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`--port takes a number from 0 to 65535, not '${text}'.`);
}

try {
  const { values } = ownOptions("emulator", { options });
  if (values.help) {
    console.log(usage);
  } else {
    const certificate = values.tls ? await makeCertificate(".fabric/tls") : undefined;
    const emulator = await startEmulator({
      port: portOf(values.port),
      portal: true,
      ...(!values.memory && { store: values.store }),
      ...(values.seed && { seed: JSON.parse(readFileSync(values.seed, "utf8")) as Seed }),
      sqlEndpointMs: 300,
      ...timingOptions(values),
      ...(certificate && { tls: certificate }),
    });
    const stop = () => void emulator.close().then(() => process.exit(0));
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    console.log(`The Fabric emulator listens on ${emulator.url}`);
    console.log(`Look at it, and control it: ${emulator.origin}/`);
    console.log(values.memory ? "Objects are kept in memory only." : `Objects are kept in ${values.store}.`);
    if (certificate)
      console.log(`CA: ${certificate.caFile}. Clients trust it with NODE_EXTRA_CA_CERTS=${certificate.caFile}`);
    console.log("Stop it with Ctrl-C.");
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
