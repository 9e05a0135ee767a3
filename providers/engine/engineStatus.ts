import { createRequire } from "node:module";

/** The part of the engine's log service that is used here. */
interface EngineLog {
  log(request: object, done: (error: unknown) => void): void;
}
interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(text: string): void;
  setEphemeral(isEphemeral: boolean): void;
}
interface Proto {
  readonly LogRequest: new () => LogRequest;
  readonly LogSeverity: { readonly INFO: number };
}

/** Environment variable by which a command asks for a status in its terminal. */
export const STATUS_LINE = "FABRIC_STATUS_LINE";

/**
 * Shows a text in the display of the CLI, on the line of the stack, in the place of the text before. Nothing is loaded before
 * the first text, and a text that cannot be shown is lost.
 * @param address of the engine
 */
export function engineStatus(address: string): (text: string) => void {
  let engine: { readonly client: EngineLog; readonly proto: Proto } | undefined;
  let isLost = false;
  return (text) => {
    if (isLost) return;
    try {
      engine ??= connected(address);
      const request = new engine.proto.LogRequest();
      request.setSeverity(engine.proto.LogSeverity.INFO);
      request.setMessage(text === "" ? " " : text);
      request.setEphemeral(true);
      engine.client.log(request, (error) => {
        if (error) isLost = true;
      });
    } catch {
      isLost = true;
    }
  };
}

/** A client of the engine, by the libraries that Pulumi's SDK itself uses for that. */
function connected(address: string) {
  const own = createRequire(import.meta.url);
  const sdk = createRequire(own.resolve("@pulumi/pulumi/package.json"));
  const grpc = sdk("@grpc/grpc-js") as { readonly credentials: { createInsecure(): unknown } };
  const { EngineClient } = sdk("./proto/engine_grpc_pb.js") as {
    readonly EngineClient: new (address: string, credentials: unknown) => EngineLog;
  };
  const proto = sdk("./proto/engine_pb.js") as Proto;
  return { client: new EngineClient(address, grpc.credentials.createInsecure()), proto };
}
