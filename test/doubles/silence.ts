import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A server that takes connections and says nothing. */
export interface Silence {
  readonly url: string;
  /** Every connection, in the order in which they came. */
  readonly connections: readonly Socket[];
  readonly close: () => void;
}

export async function startSilence(): Promise<Silence> {
  const connections: Socket[] = [];
  const server = createServer((socket) => connections.push(socket.on("error", () => undefined).resume()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close() {
      for (const socket of connections) socket.destroy();
      server.close();
    },
  };
}
