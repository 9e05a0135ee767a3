import { liveResourcesOf, resourceNameOf } from "../../lib/checkpoint/checkpoint.ts";
import type { CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { referencedThing } from "../../lib/config/names.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import { adoptedOutputs, priorValues } from "../../providers/kinds/connection/connection.ts";
import type { LiveConnection } from "../../providers/kinds/connection/connection.ts";
import { connectionEntry, keys } from "../../providers/kinds/connection/connectionEntry.ts";
import { nameFault } from "./declarable.ts";
import type { NamedEntry, SpokenConnection } from "./description.ts";
import type { ImportedObject } from "./importedObjects.ts";
import type { ExistingConnection } from "./existingConnection.ts";
import { takesConnections } from "./stackFile.ts";
import type { Target } from "./target.ts";

/*
 * The connections that Git of imported workspaces uses. Each becomes an entry of `fabric:connections` with `adopt: true`, so
 * that Git can name it and a destroy leaves it. Nobody can read its credentials, and an adopted connection needs none: it
 * keeps its own. Everything here is pure.
 */

/** A connection to import. */
export interface PlannedConnection {
  /** Its new entry in the configuration; absent if the file has one with `adopt: true` that was never deployed. */
  readonly entry?: NamedEntry | undefined;
  /** Its resource in the state. */
  readonly object: ImportedObject;
}

/** The connections of an import. */
export interface ConnectionPlan {
  /** Those that the stack does not have yet. */
  readonly added: readonly PlannedConnection[];
  /** All that Git uses, by id in lower case. */
  readonly spoken: ReadonlyMap<string, SpokenConnection>;
}

/** A connection or a reference to one, as configuration and state have it. */
interface Known {
  readonly key: "connections" | "references";
  readonly name: string;
  /** The display name or id of what it stands for. */
  readonly meant: string;
  /** Id in the state; undefined before the first deployment. */
  readonly id: string | undefined;
  /** Of a connection that the first deployment would adopt: the type that it must have. */
  readonly adoptedType?: string | undefined;
}

/** What stands in a stack before an import. */
export type Before = Pick<Target, "config" | "state" | "text">;

/** Ids of connections for which the stack has no name that Git could use. */
export function unnamedConnections(ids: readonly string[], before: Before): string[] {
  const known = knownIn(before);
  const wanted = new Set(ids.map((id) => id.toLowerCase()));
  return [...wanted].filter((id) => !nameIn(known, id));
}

/**
 * Chooses a name for each connection, and describes those that the stack does not have.
 * @param ids ids of all connections that Git uses
 * @param existing those of them that the stack cannot name
 */
export function planConnections(
  ids: readonly string[],
  existing: readonly ExistingConnection[],
  before: Before,
): ConnectionPlan {
  const known = knownIn(before);
  const taken = new Set(
    [...known.map(({ name }) => name), ...inState(before, "Connection").map(({ urn }) => resourceNameOf(urn))].map(
      (name) => name.toLowerCase(),
    ),
  );
  const spoken = new Map<string, SpokenConnection>();
  for (const id of ids) {
    const name = nameIn(known, id);
    if (name !== undefined) spoken.set(id.toLowerCase(), { name });
  }
  const added: PlannedConnection[] = [];
  for (const connection of existing) {
    const { id, live } = connection;
    const waiting = live && known.find((one) => isWaitingFor(one, live));
    const name = waiting?.name ?? freeName(live?.displayName ?? "", taken);
    const planned = live && describeConnection(name, live);
    const refusal = planned?.entry && !waiting ? refusalOf(planned.entry, before) : undefined;
    const problem = problemOf(connection, known, before) ?? refusal;
    if (!planned || problem !== undefined) {
      spoken.set(id.toLowerCase(), { displayName: live?.displayName, problem });
      continue;
    }
    spoken.set(id.toLowerCase(), { name, displayName: live.displayName });
    taken.add(name.toLowerCase());
    added.push(waiting ? { object: planned.object } : planned);
  }
  return { added, spoken };
}

/** Whether a connection is declared with `adopt: true` and was never deployed: the import does what the first up would do. */
const isWaitingFor = ({ id, meant, adoptedType }: Known, { displayName, connectionDetails }: LiveConnection): boolean =>
  id === undefined &&
  adoptedType !== undefined &&
  sameIgnoringCase(meant, displayName) &&
  sameIgnoringCase(adoptedType, connectionDetails?.type);

/** The display name, without characters that are invalid in keys, and with a number if the key is taken. */
function freeName(displayName: string, taken: ReadonlySet<string>): string {
  const wanted = displayName.replaceAll("::", "-").replaceAll("/", "-");
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${wanted}-${number}`;
  return name;
}

/** Entry and resource of a connection. The inputs that no read shows have their values from the configuration. */
function describeConnection(name: string, live: LiveConnection): PlannedConnection {
  const { id, connectivityType, gatewayId, connectionDetails, credentialDetails } = live;
  const { displayName, privacyLevel, allowConnectionUsageInGateway } = priorValues(live);
  const shown = {
    displayName,
    connectivityType,
    // the service gives cloud connections the id of a gateway, too
    ...(connectivityType === "VirtualNetworkGateway" && { gatewayId: gatewayId?.toLowerCase() }),
    type: connectionDetails?.type,
    privacyLevel,
    allowConnectionUsageInGateway,
  };
  const args = {
    ...shown,
    allowUsageInUserControlledCode: live.allowUsageInUserControlledCode,
    // these go to the service as soon as somebody declares credentials
    connectionEncryption: credentialDetails?.connectionEncryption,
    singleSignOnType: credentialDetails?.singleSignOnType,
    skipTestConnection: credentialDetails?.skipTestConnection,
    adopt: true,
  };
  const [entry] = connectionEntry.describe([{ name, args }]) as [NamedEntry];
  const outputs = adoptedOutputs(priorValues(live));
  return { entry, object: { kind: "Connection", name, id, inputs: shown, outputs } };
}

/** Why a connection cannot be declared, and the next step; undefined if nothing speaks against it. */
function problemOf(
  { live, problem, namesakes }: ExistingConnection,
  known: readonly Known[],
  before: Before,
): string | undefined {
  if (!live) return problem ?? "it could not be read";
  const { id, displayName, connectivityType, connectionDetails } = live;
  if (!displayName?.trim()) return "it has no name, as connections of a single person have none";
  const kinds = keys.connectivityType.unwrap().options as readonly string[];
  const reference = `To use it by name, declare references: [{name: NAME, connection: ${id}}] and git.connection: NAME`;
  if (!kinds.includes(connectivityType ?? ""))
    return `its connectivityType is ${connectivityType ?? "unknown"}, and only ${kinds.join(" and ")} can be managed. ${reference}`;
  if (connectionDetails?.type === undefined) return `the service does not say its type. ${reference}`;
  const fault = nameFault(displayName);
  if (fault !== undefined) return `its name ${fault}. Rename it in Fabric to declare it`;
  if (namesakes.length > 0)
    return `others have its name (${namesakes.join(", ")}), and a deployment finds it by that. Rename one in Fabric to declare it`;
  const same = known.find(({ meant }) => sameIgnoringCase(meant, displayName) || sameIgnoringCase(meant, id));
  if (same?.id !== undefined) return `${same.key} declares another of its name as ${same.name}. Rename one of them`;
  if (same && !isWaitingFor(same, live))
    return `${same.key} declares it as ${same.name}, and the state does not have that yet. Deploy, then set git.connection: ${same.name}`;
  if (inState(before, "Connection").some((one) => sameIgnoringCase(one.id, id)))
    return "it is in the state, and connections does not declare it any more. Declare it to use it by name";
  return undefined;
}

/** Why an entry cannot be added: the configuration's own rules, or the shape of the stack's file. */
function refusalOf(entry: NamedEntry, { config, text = "" }: Before): string | undefined {
  const { error } = connectionEntry.schema.safeParse([entry]);
  const [issue] = error?.issues ?? [];
  if (issue) return `a configuration cannot declare it: ${issue.path.slice(1).join(".")}: ${issue.message}`;
  const { length } = (config.kindValues?.["connections"] ?? []) as readonly unknown[];
  if (takesConnections(text, length)) return undefined;
  return "fabric:connections is no block list of the stack's file, to which an entry could be added. Declare it there with adopt: true";
}

/** The name that Git can use for a connection: of `connections` before `references`. */
const nameIn = (known: readonly Known[], id: string): string | undefined =>
  known.find((one) => sameIgnoringCase(one.id, id))?.name;

function knownIn(before: Before): Known[] {
  const { kindValues = {} } = before.config;
  type Entry = Readonly<Record<"displayName" | "connection" | "type", string | undefined>> & {
    readonly name: string;
    readonly adopt?: boolean;
  };
  const connections = (kindValues["connections"] ?? []) as readonly Entry[];
  const references = (kindValues["references"] ?? []) as readonly Entry[];
  const idOf = (kind: string, name: string) =>
    inState(before, kind).find(({ urn }) => sameIgnoringCase(resourceNameOf(urn), name));
  return [
    ...connections.map(({ name, displayName = name, type, adopt }) => ({
      key: "connections" as const,
      name,
      meant: displayName,
      id: idOf("Connection", name)?.id,
      adoptedType: adopt ? type : undefined,
    })),
    ...references
      .filter((one) => referencedThing({ ...one }) === "connection")
      .map(({ name, connection = "" }) => ({
        key: "references" as const,
        name,
        meant: connection,
        id: idOf("Reference", name)?.outputs?.["targetId"] as string | undefined,
      })),
  ];
}

const inState = ({ state }: Before, kind: string): CheckpointResource[] =>
  liveResourcesOf(state).filter(({ type }) => type.endsWith(`/fabric:${kind}`));
