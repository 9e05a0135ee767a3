import { createRequire } from "node:module";

const fromProject = createRequire(import.meta.url);
const sdk = createRequire(fromProject.resolve("@pulumi/pulumi/package.json"));

/** What of the SDK's own stubs speaks to a provider host. */
interface Stub {
  check(request: object, done: (error: Error | null) => void): void;
  cancel(request: object, done: (error: Error | null) => void): void;
  close(): void;
}

/** The engine's side of a provider host that listens on a port of this machine. */
export function providerClient(port: string) {
  const grpc = sdk("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
  const { ResourceProviderClient } = sdk("./proto/provider_grpc_pb") as {
    ResourceProviderClient: new (address: string, credentials: unknown) => Stub;
  };
  const { CheckRequest } = sdk("./proto/provider_pb") as {
    CheckRequest: new () => { setOlds(struct: unknown): void; setNews(struct: unknown): void };
  };
  const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb") as {
    Struct: { fromJavaScript(value: object): unknown };
  };
  const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => object };
  const stub = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const asked = (call: (done: (error: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
  return {
    /** @param provider the line of code that gives the provider */
    check: (provider: string) => {
      const request = new CheckRequest();
      request.setOlds(Struct.fromJavaScript({}));
      request.setNews(Struct.fromJavaScript({ __provider: provider }));
      return asked((done) => stub.check(request, done));
    },
    cancel: () => asked((done) => stub.cancel(new Empty(), done)),
    close: () => stub.close(),
  };
}
