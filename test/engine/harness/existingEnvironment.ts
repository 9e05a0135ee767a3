import { known } from "../../../emulator/core/defaultSeed.ts";
import { itemParts } from "../../itemFiles.ts";
import type { EngineStack } from "./engineStack.ts";

/** Numbers from 0 to 1 that a seed decides. */
export type Random = () => number;

/** The generator known as mulberry32: small, and good enough to choose with. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls the emulator's API, and waits for the operations it starts. */
export async function callApi<T = { id: string }>(stack: EngineStack, method: string, path: string, body?: object) {
  const headers = { authorization: "Bearer somebody", "content-type": "application/json" };
  const get = (url: string) => fetch(url, { headers });
  let answer = await fetch(stack.emulator.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (answer.status === 202) {
    const location = answer.headers.get("location") ?? "";
    do answer = await get(location);
    while (((await answer.clone().json()) as { status?: string }).status !== "Succeeded");
    answer = await get(`${location}/result`);
  }
  const text = await answer.text();
  if (!answer.ok && !text.includes("OperationHasNoResult")) throw new Error(`${method} ${path}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

const words = [
  "bronze",
  "Süd & Nord",
  "it's 100%",
  "# raw",
  "null",
  "007",
  "a: b",
  "daily/loads",
  "x".repeat(60),
  "true",
];
const folderNames = ["ingest", "Rohdaten ü", "2024", "on", "c d"];
const roles = ["Member", "Contributor", "Viewer", "Admin"];
const people = [
  { id: known.alice, type: "User" },
  { id: known.bob, type: "User" },
  { id: known.carol, type: "User" },
  { id: known.analysts, type: "Group" },
];
const withDefinition = ["Notebook", "DataPipeline", "Lakehouse", "Environment", "KQLQueryset", "SemanticModel"];
const withoutDefinition = ["Warehouse", "MLExperiment"];

/** A definition as the service would give it back. */
function definitionOf(type: string, random: Random) {
  const notes = `resources/notes-${Math.floor(random() * 9)}.txt`;
  const content = itemParts(type, String(random()));
  const payload = Buffer.from(String(random())).toString("base64");
  return { parts: [...content, { path: notes, payload, payloadType: "InlineBase64" }] };
}

/** What somebody has made in the portal: workspaces with people, Git, folders and items. */
export class ExistingEnvironment {
  readonly #stack: EngineStack;
  readonly #random: Random;
  /** Whether items have definitions; otherwise they are as they were made. */
  readonly hasDefinitions: boolean;

  constructor(stack: EngineStack, seed: number) {
    this.#stack = stack;
    this.#random = randomOf(seed);
    this.hasDefinitions = this.#chance(0.6);
  }

  async make(): Promise<void> {
    for (const id of [known.gitHubConnection, known.azureDevOpsConnection]) this.#connection(id);
    const count = this.#chance(0.4) ? 2 : 1;
    for (let number = 1; number <= count; number++) await this.#workspace(`${this.#one(words)} ${number}`);
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }

  #some<T>(all: readonly T[], share = 0.5): T[] {
    return all.filter(() => this.#chance(share));
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #call<T = { id: string }>(path: string, body: object): Promise<T> {
    return callApi<T>(this.#stack, "POST", path, body);
  }

  async #workspace(displayName: string): Promise<void> {
    const hasCapacity = this.#chance(0.85);
    const capacityId = hasCapacity ? this.#one([known.activeCapacity, known.secondCapacity]) : undefined;
    const description = this.#chance(0.5) ? `About ${this.#one(words)}` : "";
    const { id } = await this.#call("/workspaces", { displayName, description, capacityId });
    const path = `/workspaces/${id}`;
    for (const principal of this.#some(people))
      await this.#call(`${path}/roleAssignments`, { principal, role: this.#one(roles) });
    if (!hasCapacity) return;
    if (this.#chance(0.5)) await this.#git(path);
    const folders = await this.#folders(path);
    // a folder without items is not in any configuration: each gets one
    for (const [index, folderId] of folders.entries()) await this.#item(path, `in folder ${index}`, folderId);
    for (const name of this.#some(words, 0.4)) await this.#item(path, name, this.#one([undefined, ...folders]));
  }

  /** Gives a connection of the seed other properties: some that can be declared, some that cannot. */
  #connection(id: string): void {
    const { connections } = this.#stack.emulator.service;
    const isOdd = this.#chance(0.5);
    connections.change(id, {
      body: {
        ...connections.get(id)?.body,
        ...(isOdd && { displayName: this.#one(words) }),
        privacyLevel: this.#one(["None", "Private", "Organizational", "Public"]),
        connectivityType: this.#one(["ShareableCloud", "ShareableCloud", "ShareableCloud", "OnPremisesGateway"]),
        allowConnectionUsageInGateway: this.#chance(0.3),
        credentialDetails: {
          credentialType: "Key",
          singleSignOnType: "None",
          connectionEncryption: this.#one(["NotEncrypted", "Encrypted"]),
          skipTestConnection: this.#chance(0.3),
        },
      },
    });
  }

  async #folders(path: string): Promise<string[]> {
    const made: string[] = [];
    for (const displayName of this.#some(folderNames)) {
      const parentFolderId = this.#one([undefined, ...made]);
      made.push((await this.#call(`${path}/folders`, { displayName, parentFolderId })).id);
    }
    return made;
  }

  async #item(path: string, displayName: string, folderId?: string): Promise<void> {
    // the service makes no semantic model without content
    const definable = withDefinition.filter((one) => this.hasDefinitions || one !== "SemanticModel");
    const type = this.#one([...definable, ...definable, ...withoutDefinition]);
    const isDefinable = withDefinition.includes(type);
    // the service takes only such names for lakehouses
    const named = type === "Lakehouse" ? `l_${displayName.replaceAll(/\W/g, "_")}` : displayName;
    const hasSchemas = type === "Lakehouse" && this.#chance(0.5);
    await this.#call(`${path}/items`, {
      type,
      displayName: named,
      description: this.#chance(0.5) ? `About ${this.#one(words)}` : undefined,
      folderId,
      ...(hasSchemas && { creationPayload: { enableSchemas: true } }),
      ...(isDefinable && !hasSchemas && this.hasDefinitions && { definition: definitionOf(type, this.#random) }),
    });
  }

  /** Connected to a branch that holds something, or to an empty one that the workspace's items are committed to. */
  async #git(path: string): Promise<void> {
    const isFull = this.#chance(0.5);
    const repositoryName = isFull ? "sales" : `empty-${this.#random()}`;
    const own =
      this.#chance(0.5) || isFull
        ? { gitProviderType: "GitHub", ownerName: "contoso", connectionId: known.gitHubConnection }
        : {
            gitProviderType: "AzureDevOps",
            organizationName: "contoso",
            projectName: "d p",
            connectionId: known.azureDevOpsConnection,
          };
    const { connectionId, ...details } = own;
    const isCommitted = !isFull && this.#chance(0.7);
    if (isCommitted)
      await this.#call(`${path}/items`, {
        type: "Notebook",
        displayName: "committed",
        definition: definitionOf("Notebook", this.#random),
      });
    await this.#call(`${path}/git/connect`, {
      gitProviderDetails: { ...details, repositoryName, branchName: "main", directoryName: "/fabric" },
      myGitCredentials: { source: "ConfiguredConnection", connectionId },
    });
    const { remoteCommitHash } = await this.#call<{ remoteCommitHash: string }>(`${path}/git/initializeConnection`, {});
    if (isFull) await this.#call(`${path}/git/updateFromGit`, { remoteCommitHash, workspaceHead: null });
    if (isCommitted) await this.#call(`${path}/git/commitToGit`, { mode: "All", workspaceHead: null });
  }
}
