import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The endpoint that a machine of Azure's has for its identities: that of App Service, and that of virtual machines. */
export interface ManagedIdentity {
  readonly origin: string;
  /** Client id of each request, `system` where it named none. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Starts one that knows the system-assigned identity and one user-assigned. @param secret value of IDENTITY_HEADER */
export async function startManagedIdentity(secret: string, userAssigned: string): Promise<ManagedIdentity> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    // the library adds a slash where the address comes from a variable
    const isOfMachine =
      /^\/metadata\/identity\/oauth2\/token\/?$/.test(pathname) && request.headers["metadata"] === "true";
    const isOfAppService = pathname === "/msi/token" && request.headers["x-identity-header"] === secret;
    const clientId = searchParams.get("client_id");
    asked.push(clientId ?? "system");
    response.setHeader("content-type", "application/json");
    if (!isOfMachine && !isOfAppService) {
      response.writeHead(401).end(
        JSON.stringify({
          error: "unauthorized",
          error_description: `not ${String(request.headers["x-identity-header"])}`,
        }),
      );
    } else if (clientId && clientId !== userAssigned) {
      response
        .writeHead(400)
        .end(JSON.stringify({ error: "invalid_request", error_description: "Identity not found" }));
    } else {
      response.end(
        JSON.stringify({
          access_token: `managed-${clientId ?? "system"}-${asked.length}`,
          expires_on: String(Math.floor(Date.now() / 1000) + 3600),
          expires_in: "3600",
          resource: searchParams.get("resource"),
          token_type: "Bearer",
        }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
