import { z } from "zod";
import { optional } from "../../lib/api/answer.ts";
import { idShape } from "../../lib/api/objects.ts";
import type { FabricCall } from "../../lib/api/fabricCall.ts";
import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import type { FabricClientOptions } from "../../lib/api/fabricClient.ts";

/** Address of Microsoft Graph, unless FABRIC_GRAPH_ENDPOINT names another. */
export const GRAPH_ENDPOINT = "https://graph.microsoft.com";

/** A group or service principal, by what identifies it. */
export type WantedPrincipal =
  { readonly displayName: string; readonly type: "Group" | "ServicePrincipal" } | { readonly applicationId: string };

/** Most pages of one list. A name that so many principals have is told apart by its id only. */
const MAX_PAGES = 20;

const named = z.object({ id: idShape, displayName: z.string().nullish() });
const guest = z.object({ userPrincipalName: z.string() });
const pageOf = <T>(entry: z.ZodType<T>) => z.object({ value: z.array(entry), "@odata.nextLink": optional(z.string()) });

/** What is asked of Microsoft Graph. */
type Question<T> = Omit<FabricCall, "method" | "query" | "answer"> & {
  readonly answer: z.ZodType<T>;
  readonly select: string;
  readonly filter?: string;
  /** Token of a further page. */
  readonly skipToken?: string | undefined;
};

/** Users, groups and service principals by their names, from Microsoft Graph. */
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
    try {
      const { id } = await this.#asked({
        path: `/v1.0/users/${encodeURIComponent(userPrincipalName)}`,
        select: "id",
        operation: `look up ${userPrincipalName}`,
        answer: z.object({ id: idShape }),
        remedies: {
          Request_ResourceNotFound: `Microsoft Graph knows no user ${userPrincipalName}. Check the spelling, or give the object id with type: User.`,
          Authorization_RequestDenied:
            "The deploying identity may not read users in Microsoft Graph. Grant it User.ReadBasic.All, or give object ids with a type.",
        },
      });
      return id;
    } catch (error) {
      if (!isServiceAnswer(error, 404)) throw error;
      const spelled = await this.#guestWithMail(userPrincipalName).catch(() => undefined);
      if (spelled === undefined) throw error;
      throw error.withRemedy(`${userPrincipalName} is the address of a guest. Declare the guest as ${spelled}.`);
    }
  }

  /**
   * Object id of a group or service principal.
   * @throws FabricError that names what to grant; Error if there is none, or if there are several, with all ids
   */
  async principalId(wanted: WantedPrincipal): Promise<string> {
    const [property, value] =
      "applicationId" in wanted ? ["appId", wanted.applicationId] : ["displayName", wanted.displayName];
    const isGroup = "type" in wanted && wanted.type === "Group";
    const [what, collection, right] = isGroup
      ? ["group", "groups", "Group.Read.All"]
      : ["service principal", "servicePrincipals", "Application.Read.All"];
    const title = `${what} ${property === "appId" ? `of application ${value}` : `'${value}'`}`;
    const found = await this.#listed({
      path: `/v1.0/${collection}`,
      select: "id,displayName",
      filter: `${property} eq '${quoted(value)}'`,
      operation: `look up ${title}`,
      answer: named,
      remedies: {
        Authorization_RequestDenied: `The deploying identity may not read ${what}s in Microsoft Graph. Grant it ${right}, or give the object id with its type.`,
      },
    });
    const [one, ...others] = found;
    if (!one)
      throw new Error(
        `Microsoft Graph knows no ${title}. Check the spelling, or give the object id with type: ${isGroup ? "Group" : "ServicePrincipal"}.`,
      );
    if (others.length > 0)
      throw new Error(
        `There is more than one ${title}: ${found.map(({ id }) => id).join(", ")}. Give the object id of the right one.`,
      );
    return one.id;
  }

  /** How a guest is spelled who has that mail address. */
  async #guestWithMail(mail: string): Promise<string | undefined> {
    const found = await this.#listed({
      path: "/v1.0/users",
      select: "userPrincipalName",
      filter: `mail eq '${quoted(mail)}'`,
      operation: `look up who has the address ${mail}`,
      answer: guest,
    });
    return found.length === 1 ? found[0]?.userPrincipalName : undefined;
  }

  /** All pages of a list. A later page may hold another principal of the same name, or the only one. */
  async #listed<T>(question: Question<T>): Promise<T[]> {
    const all: T[] = [];
    let skipToken: string | undefined;
    for (let page = 1; page <= MAX_PAGES; page++) {
      const answer = await this.#asked({ ...question, answer: pageOf(question.answer), skipToken });
      all.push(...answer.value);
      const link = answer["@odata.nextLink"];
      if (!link) return all;
      skipToken = skipTokenIn(link);
      if (!skipToken) break;
    }
    throw new Error(
      `To ${question.operation}, Microsoft Graph gives more pages than can be read. Give the object id with its type.`,
    );
  }

  #asked<T>({ select, filter, skipToken, ...call }: Question<T>): Promise<T> {
    this.#client ??= new FabricClient({ ...this.#options, scope: "https://graph.microsoft.com/.default" });
    const query = {
      ...(filter !== undefined && { $filter: filter }),
      $select: select,
      ...(skipToken !== undefined && { $skiptoken: skipToken }),
    };
    return this.#client.send({ method: "GET", ...call, query });
  }

  close(): void {
    this.#client?.close();
  }
}

/** A text within quotes of a filter. */
const quoted = (text: string) => text.replaceAll("'", "''");

/** The page in the address of a further one. The address itself is not followed, because its host must not see our token. */
function skipTokenIn(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url?.searchParams.get("$skiptoken") ?? undefined;
}
