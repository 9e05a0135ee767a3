import { once } from "node:events";
import { createServer, request } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { WireAnswer } from "./foreignAnswers.ts";

/** A request that went over the wire. */
export interface Passed {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The wire to a server: an HTTP proxy that can lose answers, and give others in their place. */
export class Wire implements AsyncDisposable {
  readonly #server: Server;
  readonly #passed: Passed[] = [];
  #losing: (passed: Passed) => boolean = () => false;
  #replacing: (passed: Passed) => WireAnswer | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param to port of the server on this machine */
  static async to(to: number): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server);
    server.on("request", (incoming: IncomingMessage, answer) => {
      const { method = "", url = "", headers } = incoming;
      const passed = { method, url, headers };
      const onward = request({ port: to, host: "127.0.0.1", method, path: url, headers }, (reply) => {
        wire.#passed.push(passed);
        if (wire.#losing(passed)) {
          reply.resume().on("end", () => incoming.socket.destroy());
          return;
        }
        const other = wire.#replacing(passed);
        if (other) {
          reply.resume().on("end", () => answer.writeHead(other.status, other.headers).end(other.body));
          return;
        }
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      });
      onward.on("error", () => incoming.socket.destroy());
      incoming.pipe(onward);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What has passed, in order of its answers. */
  get passed(): readonly Passed[] {
    return this.#passed;
  }

  /** Loses the answers to the next requests of a kind; the server has acted on them. */
  loseAnswers(count: number, isLost: (passed: Passed) => boolean): void {
    let left = count;
    this.#losing = (passed) => isLost(passed) && left-- > 0;
  }

  /** Answers in the server's place where an answer is given; the server has acted on the request. */
  replaceAnswers(other: (passed: Passed) => WireAnswer | undefined): void {
    this.#replacing = other;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
