import { isGuid } from "../api/guid.ts";
import { closestName } from "./closestName.ts";
import { duplicateFinder, entriesOf, entryOf, textOf } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";
import { wordList } from "./wordList.ts";

/*
 * Names by which one key of the file means the object of another: connections, gateways and workspace identities. Whatever is
 * named must be declared; otherwise a deployment would wait for an object that nobody makes.
 */

/** Things that a reference can look up, by the key that names one. */
const referenceKeys = ["workspace", "item", "connection", "capacity", "gateway"] as const;
/** What a reference looks up. */
export type ReferenceKey = (typeof referenceKeys)[number];

/** What a reference of the file looks up; undefined if it is not one thing. An item is named with its workspace. */
export function referencedThing(reference: Entry): ReferenceKey | undefined {
  const given = referenceKeys.filter((key) => reference[key] !== undefined);
  if (reference["item"] !== undefined)
    return given.every((key) => ["workspace", "item"].includes(key)) ? "item" : undefined;
  return given.length === 1 ? given[0] : undefined;
}

/** Checks that names mean something that the file declares, and that no two things of a sort have one name. */
export function checkNames(raw: Entry, problems: Problem[]): void {
  const connections = entriesOf(raw["connections"]);
  const references = entriesOf(raw["references"]);
  const workspaces = entriesOf(raw["workspaces"]);
  const referenced = (what: ReferenceKey) => namesOf(references.filter((one) => referencedThing(one) === what));
  const known = {
    connection: [...namesOf(connections), ...referenced("connection")],
    gateway: referenced("gateway"),
    workspaceIdentity: [
      ...namesOf(workspaces.filter(({ identity }) => identity !== undefined && identity !== false)),
      ...referenced("workspace"),
    ],
  };
  const check = (what: keyof typeof known, name: unknown, at: ConfigPath, where: string) => {
    const wanted = textOf(name);
    if (wanted === undefined || includes(known[what], wanted)) return;
    const meant = closestName(wanted, known[what]);
    const names = known[what].length > 0 ? `; known are ${wordList(known[what], "and")}` : "";
    problems.push(problemAt(at, `names nothing in ${where}${meant ? `; did you mean ${meant}?` : names}`));
  };
  const checkPrincipals = (list: unknown, at: ConfigPath) =>
    entriesOf(list).forEach(({ principal }, index) => {
      const path = [...at, index, "principal", "workspaceIdentity"];
      const { workspaceIdentity } = entryOf(principal);
      check("workspaceIdentity", workspaceIdentity, path, "references, and no workspace with identity: true");
    });

  const isDuplicate = duplicateFinder(problems);
  connections.forEach((connection, index) => {
    const at = ["connections", index];
    const { gateway, credentials } = connection;
    const vault = entryOf(entryOf(credentials)["keyVault"])["connectionId"];
    if (!isId(gateway)) check("gateway", gateway, [...at, "gateway"], "references");
    const path = [...at, "credentials", "keyVault", "connectionId"];
    if (!isId(vault)) check("connection", vault, path, "connections or references");
    if (textOf(vault) !== undefined && sameName(textOf(vault), textOf(connection["name"])))
      problems.push(problemAt(path, "is this connection itself"));
    else if (connections.some((one) => sameName(textOf(one["name"]), textOf(vault)) && isInVault(one)))
      problems.push(problemAt(path, "names a connection that needs a Key Vault itself"));
    isDuplicate("displayName", textOf(connection["displayName"]) ?? textOf(connection["name"]), [...at, "displayName"]);
    checkPrincipals(connection["roles"], [...at, "roles"]);
  });
  workspaces.forEach((workspace, index) => {
    const at = ["workspaces", index];
    const connection = entryOf(workspace["git"])["connection"];
    check("connection", connection, [...at, "git", "connection"], "connections or references");
    checkPrincipals(workspace["users"], [...at, "users"]);
  });
  const owners = namesOf(workspaces);
  for (const [index, { name }] of references.entries()) {
    const given = references[index] ?? {};
    if (referencedThing(given) === "workspace" && includes(owners, textOf(name) ?? ""))
      problems.push(problemAt(["references", index, "name"], "is the name of one of workspaces, too"));
    const own = textOf(name);
    if (
      own !== undefined &&
      referencedThing(references[index] ?? {}) === "connection" &&
      includes(namesOf(connections), own)
    )
      problems.push(problemAt(["references", index, "name"], "is the name of one of connections, too"));
  }
}

const isInVault = ({ credentials }: Entry) => entryOf(credentials)["keyVault"] !== undefined;
const namesOf = (entries: readonly Entry[]): string[] => entries.flatMap(({ name }) => textOf(name) ?? []);
const sameName = (left: string | undefined, right: string | undefined) => left?.toLowerCase() === right?.toLowerCase();
const includes = (names: readonly string[], wanted: string) => names.some((name) => sameName(name, wanted));
const isId = (value: unknown) => typeof value === "string" && isGuid(value.trim());
