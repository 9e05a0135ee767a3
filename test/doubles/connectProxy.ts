import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An HTTP proxy, and behind it a server that answers for every host there is: hosts that only the proxy reaches. */
export interface ConnectProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `HOST:PORT` of each tunnel that was asked for. */
  readonly tunnels: readonly string[];
  /** What came with each. */
  readonly credentials: readonly (string | undefined)[];
  /** Status that tunnels are answered with. @default 200 */
  status: number;
  /** PEM of the authority to believe. */
  readonly cert: string;
  /** Path of that. */
  readonly caFile: string;
}

/** @param hosts that the server behind it has a certificate for */
export async function startConnectProxy(hosts: readonly string[], answer: RequestListener): Promise<ConnectProxy> {
  const folder = mkdtempSync(join(tmpdir(), "proxy-tls-"));
  const [keyFile, caFile] = [join(folder, "key.pem"), join(folder, "ca.pem")];
  const names = ["-addext", `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=proxied"];
  execFileSync("openssl", [...request, ...names, "-keyout", keyFile, "-out", caFile], { stdio: "ignore" });
  const cert = readFileSync(caFile, "utf8");
  const behind = createTlsServer({ key: readFileSync(keyFile), cert }, answer).listen(0, "127.0.0.1");
  const proxy = createHttpServer((_request, response) => response.writeHead(500).end("not a tunnel"));
  const sockets = new Set<Socket>();
  const tunnels: string[] = [];
  const credentials: (string | undefined)[] = [];
  const own = { status: 200 };
  proxy.on("connect", ({ url, headers }, socket: Socket) => {
    tunnels.push(url ?? "");
    credentials.push(headers["proxy-authorization"]);
    socket.on("error", () => undefined);
    if (own.status !== 200) return socket.end(`HTTP/1.1 ${own.status} No\r\nContent-Length: 2\r\n\r\n{}`);
    const there = connect((behind.address() as AddressInfo).port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    there.on("error", () => socket.destroy());
    sockets.add(socket).add(there);
    return undefined;
  });
  proxy.listen(0, "127.0.0.1");
  await Promise.all([once(behind, "listening"), once(proxy, "listening")]);
  return Object.assign(own, {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tunnels,
    credentials,
    cert,
    caFile,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      behind.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all([once(behind.close(), "close"), once(proxy.close(), "close")]);
    },
  });
}
