import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { known } from "../../emulator/core/defaultSeed.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import type { Field } from "../../providers/engine/field.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { madeUpKinds } from "../doubles/madeUpKinds.ts";
import { versionOfSecret } from "../../lib/secrets/secretVersion.ts";
import { CONNECTION_SECRET } from "./providerBench.ts";
import type { Bench, Properties } from "./providerBench.ts";
import { samplesOf } from "./samples.ts";
import { notebookSource } from "../notebookSource.ts";

/* What the outcomes of every operation are tried on: an object of each kind, and its changes, from what the kind declares. */

/** A kind, an object of it, and what can be changed about that. */
export interface Subject {
  readonly kind: ResourceKind;
  /** The inputs of its object; what holds the object is at the service (`addHolders`). */
  readonly inputs: Properties;
  /** Inputs after one change in place, by what is changed. */
  readonly changes: Readonly<Record<string, Properties>>;
  /** Fields of a change that a read does not show. */
  readonly hidden: readonly string[];
}

const id = (last: string) => `33333333-3333-4333-8333-${last.padStart(12, "0")}`;
/** Ids of what holds the objects. */
export const holders = {
  workspaceId: id("1"),
  itemId: id("2"),
  otherWorkspaceId: id("3"),
  folderId: id("4"),
  connectionId: id("5"),
};

/** Makes what holds the objects, as if it had always been there, and a workspace besides. */
export function addHolders({ emulator: { service } }: Bench): void {
  const { workspaceId, itemId, otherWorkspaceId, folderId, connectionId } = holders;
  const capacityId = known.activeCapacity;
  for (const [id, displayName] of [
    [workspaceId, "sales"],
    [otherWorkspaceId, "other"],
  ] as const) {
    service.workspaces.put({ id, displayName, description: "", type: "Workspace", capacityId });
    const principalId = known.deployer;
    service.roles.put({ id: `${id}/${principalId}`, workspaceId: id, principalId, role: "Admin" });
  }
  service.items.put({ id: itemId, workspaceId, type: "Lakehouse", displayName: "bronze", description: "" });
  const shared = { displayName: "shared", connectivityType: "ShareableCloud", connectionDetails: { type: "Web" } };
  service.connections.put({ id: connectionId, body: { id: connectionId, ...shared } });
  const owner = { ownerId: connectionId, principalId: known.deployer, type: "ServicePrincipal", role: "Owner" };
  service.connectionRoles.put({ id: `${connectionId}/${known.deployer}`, ...owner });
  service.folders.put({ id: folderId, workspaceId, displayName: "landing" });
  Object.assign(service.levers, { operationDelayMs: 0 });
}

const root = mkdtempSync(join(tmpdir(), "fabric-subjects-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

/** A folder with the definition of a notebook, as inputs name it. */
function definition(text: string): string {
  const folder = join(root, text, "ingest.Notebook");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "notebook-content.py"), notebookSource(text));
  const metadata = { type: "Notebook", displayName: "ingest" };
  writeFileSync(join(folder, ".platform"), JSON.stringify({ metadata, config: { logicalId: known.alice } }));
  return relative(process.cwd(), folder);
}

/** What the declarations of some kinds do not tell. Kinds with an entry need nothing here. */
interface Special {
  readonly inputs?: Properties;
  /** The change of a field, if its values name something. */
  readonly changes?: Readonly<Record<string, Properties>>;
  readonly hidden?: readonly string[];
  /** Fields that objects like this one do not have. */
  readonly leftOut?: readonly string[];
  /** Optional fields that are not taken away from an object that has them. */
  readonly stays?: readonly string[];
}
const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" };
const specials: Readonly<Record<string, Special>> = {
  Workspace: {
    inputs: { displayName: "subject", description: "before", capacity: "local" },
    changes: { capacity: { capacity: "local-large" } },
  },
  Folder: { changes: { parentFolderId: { parentFolderId: holders.folderId } } },
  Connection: {
    inputs: {
      displayName: "sales-sql",
      type: "RestService",
      parameters: { baseUrl: "https://sales.contoso.com" },
      privacyLevel: "None",
      allowConnectionUsageInGateway: true,
      connectionEncryption: "Encrypted",
      singleSignOnType: "Kerberos",
      skipTestConnection: true,
      credentials: basic,
      secretVersion: versionOfSecret(basic.secret, { value: CONNECTION_SECRET }),
    },
    changes: { credentials: { credentials: { ...basic, username: "reader" } } },
    hidden: ["credentials", "secretVersion"],
    stays: ["credentials", "secretVersion"],
  },
  Item: {
    inputs: { type: "Notebook", displayName: "ingest", description: "before", path: definition("one") },
    changes: { folderId: { folderId: holders.folderId }, definitionHash: { path: definition("two") } },
    hidden: ["definitionHash"],
    // of variable libraries and semantic models only: see itemAfterContent.test.ts
    leftOut: ["activeValueSet", "connections"],
  },
};

/** Every kind whose objects a life cycle makes, those with an entry, and some that are made up. */
export const subjects: readonly Subject[] = [
  ...(Object.values(kinds) as unknown as ResourceKind[]).filter(
    (kind) => "compensation" in kind || (kind.entry && kind.undo),
  ),
  ...Object.values(madeUpKinds),
].map(subjectOf);

function subjectOf(kind: ResourceKind): Subject {
  const { fields, name } = kind;
  const special = specials[name] ?? {};
  const inputs: Properties = {
    ...(special.inputs ?? samplesOf(kind)[0]),
    ...("workspaceId" in fields && { workspaceId: holders.workspaceId }),
    ...("itemId" in fields && { itemId: holders.itemId }),
    ...("connectionId" in fields && { connectionId: holders.connectionId }),
  };
  const changes = Object.entries(fields).flatMap(([property, field]): [string, Properties][] => {
    if (field.change !== "update" || special.leftOut?.includes(property)) return [];
    const other = otherThan(field, inputs[property]);
    const change = special.changes?.[property] ?? (other === undefined ? undefined : { [property]: other });
    const isStaying = special.stays?.includes(property) === true;
    const isOptional = !isStaying && inputs[property] !== undefined && field.schema.safeParse(undefined).success;
    const changes: [string, Properties][] = [];
    if (change) changes.push([`another ${property}`, { ...inputs, ...change }]);
    if (isOptional) changes.push([`no ${property} any more`, { ...inputs, [property]: undefined }]);
    return changes;
  });
  return { kind, inputs, changes: Object.fromEntries(changes), hidden: special.hidden ?? [] };
}

/** Another valid value of a field, of the same sort; undefined if nothing like that is valid. */
function otherThan({ schema, same = isDeepStrictEqual }: Field, value: unknown): unknown {
  const declared = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const listed = [declared, ...(declared.anyOf ?? [])].flatMap((one) =>
    typeof one === "object" ? (one.enum ?? []) : [],
  );
  const candidates = [...listed, ...alike(value), "other", 1, true, ["other"]];
  const isOther = (candidate: unknown) =>
    schema.safeParse(candidate).success && !same(value as never, candidate as never);
  return candidates.find(isOther);
}

function alike(value: unknown): unknown[] {
  if (typeof value === "string") return [`${value}-2`];
  if (typeof value === "number") return [value + 1, value - 1];
  if (typeof value === "boolean") return [!value];
  return Array.isArray(value) ? [value.slice(1), value.toReversed()] : [];
}

/** Inputs as the engine gives them to a create or an update. */
export function checked(kind: ResourceKind, inputs: Properties, olds: Properties = {}): Properties {
  const { inputs: news, failures } = check(kind, olds, JSON.parse(JSON.stringify(inputs)) as Properties);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return news;
}
