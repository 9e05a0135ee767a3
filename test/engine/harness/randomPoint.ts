import { known } from "../../../emulator/core/defaultSeed.ts";
import type { FaultRule } from "../../../emulator/core/faults.ts";
import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import type { Victim } from "./crash.ts";
import { environmentsOf } from "./environmentWalk.ts";
import type { Environment } from "./environmentWalk.ts";
import { randomOf } from "./existingEnvironment.ts";
import type { Random } from "./existingEnvironment.ts";

/* What a point of the random sweep is, by its seed: a pair of environments, what fails between them, and how it goes on. */

/** Deployments that share a pair of environments, because deploying the first one takes longest. */
const DEPLOYMENTS_OF_PAIR = 4;

/** Remainders of the pairs' numbers, divided by five, that name things otherwise in their second environment. */
const OTHER_NAMES = [1, 2];

/** An environment that is deployed, and one that is deployed onto it. */
export interface Pair {
  readonly from: Environment;
  readonly to: Environment;
}

/** The pair of a deployment. */
export const pairOf = (seed: number): number => Math.ceil(seed / DEPLOYMENTS_OF_PAIR);

/** The seeds of the deployments that share a pair: 1 to 4 for the first one. */
export const seedsOfPair = (pair: number): readonly number[] =>
  Array.from({ length: DEPLOYMENTS_OF_PAIR }, (_, index) => (pair - 1) * DEPLOYMENTS_OF_PAIR + index + 1);

/** Draws a pair of environments. */
export function drawPair(pair: number): Pair {
  const random = randomOf(pair * 7919);
  const [first, second] = environmentsOf(pair + 100_000, 2);
  if (!first || !second) throw new Error("two environments were asked for");
  const from = withEntries(first, random);
  const to = withEntries(second, random);
  const [kept, keeping] = random() < 0.8 ? withSameGit(from, to, random) : [from, to];
  const hasOtherNames = OTHER_NAMES.includes(pair % 5);
  return { from: kept, to: hasOtherNames ? withOtherNames(kept, keeping, random) : keeping };
}

type Declared = Readonly<Record<string, unknown>> & { readonly name: string };
const declaredIn = ({ workspaces }: Environment) => workspaces as readonly Declared[];

const titleOf = ({ name, displayName }: Declared) => (displayName as string | undefined) ?? name;
const itemsOf = ({ items = [] }: Declared) => items as readonly (Partial<Declared> & { readonly type?: string })[];

/** With names that are swapped, given up and taken, and a workspace under another key. */
function withOtherNames(from: Environment, to: Environment, random: Random): Environment {
  const before = new Map(declaredIn(from).map((workspace) => [workspace.name, workspace]));
  const stays = declaredIn(to).filter(({ name }) => before.has(name));
  const [one, other] = random() < 0.5 ? [stays[0], stays[1]] : [stays[1], stays[0]];
  const titles = new Map<string, string>();
  if (one && other && random() < 0.6) {
    titles.set(one.name, titleOf(before.get(other.name) ?? other));
    titles.set(other.name, titleOf(before.get(one.name) ?? one));
  }
  // the engine would refuse to delete the resource of a protected object
  const mayGo = (workspace: Declared) => ![workspace, ...itemsOf(workspace)].some(({ protect }) => protect === true);
  const isOther = random() < 0.4;
  const rekeyed = stays.find(({ name }) => isOther && !titles.has(name) && mayGo(before.get(name) as Declared));
  return {
    ...to,
    workspaces: declaredIn(to).map((workspace) => {
      const isTaken = random() < 0.5;
      const own = before.get(workspace.name);
      const items = itemsOf(workspace);
      // an item without files, of which both environments have the same one, gives its name up
      const giver = items.find(
        ({ name, path, type }) =>
          path === undefined &&
          name !== undefined &&
          own &&
          itemsOf(own).some((was) => was.name === name && was.type === type),
      );
      const was = giver && own && itemsOf(own).find(({ name }) => name === giver.name);
      const title = was && ((was["displayName"] as string | undefined) ?? was.name);
      const given =
        isTaken && giver && title !== undefined
          ? [
              ...items.map((item) => (item === giver ? { ...item, displayName: givenTo(item.type, title) } : item)),
              { name: "taker", type: giver.type, displayName: title },
            ]
          : items;
      const former = workspace === rekeyed ? own : undefined;
      const displayName = former ? titleOf(former) : titles.get(workspace.name);
      return {
        ...workspace,
        ...(displayName !== undefined && { displayName }),
        ...(former && { name: `${workspace.name} again` }),
        items: given,
      };
    }),
  };
}

const SERVER =
  "/subscriptions/66666666-7777-4888-8999-aaaaaaaaaaaa/resourceGroups/rg-sales/providers/Microsoft.Sql/servers";

/** With what kinds bring along by themselves: identities and endpoints. */
function withEntries(environment: Environment, random: Random): Environment {
  const endpoints = (names: readonly string[]) =>
    names.flatMap((name) => {
      const [isThere, isOther] = [random() < 0.35, random() < 0.3];
      const targetPrivateLinkResourceId = `${SERVER}/${isOther ? "other" : name}`;
      return isThere ? [{ name, targetPrivateLinkResourceId, targetSubresourceType: "sqlServer", protect: false }] : [];
    });
  return {
    ...environment,
    workspaces: declaredIn(environment).map((workspace) => {
      const identity = random() < 0.3;
      const managedPrivateEndpoints = endpoints(["sql", "blob"]);
      return {
        ...workspace,
        // what is in one of two environments cannot be protected with its workspace
        ...(identity && { identity: { protect: false } }),
        ...(managedPrivateEndpoints.length > 0 && { managedPrivateEndpoints }),
      };
    }),
  };
}

/** Keeps Git as it is where a workspace stays, but for the credentials, and leaves it out where the workspace does not. */
function withSameGit(from: Environment, to: Environment, random: Random): [Environment, Environment] {
  const stays = new Map(
    declaredIn(from).flatMap((workspace): [string, object | undefined][] => {
      const other = declaredIn(to).find(({ name }) => name === workspace.name);
      const isKept = other?.["capacity"] !== undefined && workspace["adopt"] === other["adopt"];
      return isKept ? [[workspace.name, workspace["git"] as object | undefined]] : [];
    }),
  );
  const withGit = (environment: Environment, change: (git: object) => object): Environment => ({
    ...environment,
    workspaces: declaredIn(environment).map((workspace) => {
      const git = stays.get(workspace.name);
      const bringsItem = git && !("initializationStrategy" in git);
      const items = (workspace["items"] as { name?: string }[]).filter(
        ({ name }) => bringsItem || name !== "of the branch",
      );
      return { ...workspace, git: git && change(git), items };
    }),
  });
  const other = (git: object) =>
    "connectionId" in git && git.connectionId === known.gitHubConnection && random() < 0.3
      ? { ...git, connectionId: known.secondGitHubConnection }
      : git;
  return [withGit(from, (git) => git), withGit(to, other)];
}

/** What happens to one call. */
export interface Trouble {
  /** For people: `refused with 409 at POST /workspaces, 2nd`. */
  readonly what: string;
  readonly method: RequestRecord["method"];
  readonly route: string;
  readonly nth: number;
  /** What the emulator does; absent for a page, which comes over the wire. */
  readonly rule?: FaultRule;
  /** Who is killed at it. */
  readonly victim?: Victim;
}

/** How a point goes. */
export interface Plot {
  /** Kill of everything in a first run; the trouble is that of the second one, which goes on with it. */
  readonly first: Trouble | undefined;
  readonly trouble: Trouble;
  /** How many things somebody does before the run, and during it. */
  readonly editsBefore: number;
  readonly editsDuring: number;
  /** What is done after a kill of everything, and after a rollback that left something: roll back, or deploy. */
  readonly isRolledBackByHand: boolean;
  readonly refreshes: boolean;
}

const forever = { sticky: true, times: "forever" } as const;
const attempts = { sticky: true, times: 4 } as const;
type Kind = Pick<Trouble, "rule" | "victim">;
const kinds: Readonly<Record<string, Kind>> = {
  "refused with 400": { rule: { status: 400, errorCode: "Broken" } },
  "refused with 403": { rule: { status: 403, errorCode: "InsufficientPrivileges" } },
  "refused with 409": { rule: { status: 409, errorCode: "Conflict" } },
  "answered by 503 for ever": { rule: { status: 503, errorCode: "Unavailable", ...forever } },
  "lost before": { rule: { drop: "before", ...attempts } },
  "lost after once": { rule: { drop: "after" } },
  "lost after": { rule: { drop: "after", ...attempts } },
  "answered by a page": {},
  "killed before": { rule: { drop: "before", delayMs: 600 }, victim: "everything" },
  "killed after": { rule: { drop: "after", holdMs: 600 }, victim: "everything" },
  "engine killed before": { rule: { drop: "before", delayMs: 600 }, victim: "engine" },
  "engine killed after": { rule: { drop: "after", holdMs: 600 }, victim: "engine" },
};

/** Draws how a point goes. @param calls of the deployment without trouble */
export function drawPlot(random: Random, calls: readonly RequestRecord[]): Plot {
  const kill = ["killed before", "killed after"];
  const isResumed = random() < 0.2;
  return {
    first: isResumed ? drawTrouble(random, calls, kill) : undefined,
    trouble: drawTrouble(random, calls, Object.keys(kinds)),
    editsBefore: random() < 0.6 ? 1 + Math.floor(random() * 3) : 0,
    editsDuring: random() < 0.5 ? 1 + Math.floor(random() * 2) : 0,
    isRolledBackByHand: random() < 0.6,
    refreshes: random() < 0.3,
  };
}

function drawTrouble(random: Random, calls: readonly RequestRecord[], names: readonly string[]): Trouble {
  const name = names[Math.floor(random() * names.length)] ?? "";
  const isWrite = ({ method, path }: RequestRecord) => method !== "GET" && !path.endsWith("/getdefinition");
  const writes = calls.filter(isWrite);
  const pool = random() < 0.85 && writes.length > 0 ? writes : calls;
  const hit = pool[Math.floor(random() * pool.length)];
  if (!hit) throw new Error("the deployment calls nothing");
  const { method, route } = hit;
  const alike = calls.filter((one) => one.method === method && one.route === route);
  const nth = alike.indexOf(hit) + 1;
  const { rule, victim } = kinds[name] ?? {};
  return {
    what: `${name} at ${method} ${route}, number ${nth}`,
    method,
    route,
    nth,
    ...(rule && { rule: { ...rule, method: method as "GET", route, nth } }),
    ...(victim && { victim }),
  };
}

/** Another name of an item. The service takes no spaces in names of lakehouses. */
const givenTo = (type: string | undefined, title: string) => `${title}${type === "Lakehouse" ? "_" : " "}given`;
