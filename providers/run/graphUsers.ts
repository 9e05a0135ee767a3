import { z } from "zod";
import { idShape } from "../../lib/api/objects.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import type { FabricClientOptions } from "../../lib/api/fabricClient.ts";

/** Address of Microsoft Graph, unless FABRIC_GRAPH_ENDPOINT names another. */
export const GRAPH_ENDPOINT = "https://graph.microsoft.com";

/** Users by their principal names, from Microsoft Graph. */
export class GraphUsers {
  readonly #options: Omit<FabricClientOptions, "scope">;
  #client: FabricClient | undefined;

  constructor(options: Omit<FabricClientOptions, "scope">) {
    this.#options = options;
  }

  /**
   * Object id of a user. See https://learn.microsoft.com/en-us/graph/api/user-get
   * @throws FabricError that names what to declare or grant
   */
  async idOf(userPrincipalName: string): Promise<string> {
    this.#client ??= new FabricClient({ ...this.#options, scope: "https://graph.microsoft.com/.default" });
    const { id } = await this.#client.send({
      method: "GET",
      path: `/v1.0/users/${encodeURIComponent(userPrincipalName)}`,
      query: { $select: "id" },
      operation: `look up ${userPrincipalName}`,
      answer: z.object({ id: idShape }),
      remedies: {
        Request_ResourceNotFound: `Microsoft Graph knows no user ${userPrincipalName}. Check the spelling, or give the object id with type: User.`,
        Authorization_RequestDenied:
          "The deploying identity may not read users in Microsoft Graph. Grant it User.ReadBasic.All, or give object ids with a type.",
      },
    });
    return id;
  }

  close(): void {
    this.#client?.close();
  }
}
