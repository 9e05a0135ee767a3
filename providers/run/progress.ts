import { availableParallelism } from "node:os";
import { readDeclaredNames, readDeclaredTypes, readOwnResources } from "../../lib/checkpoint/runFolder.ts";
import { timeScaleOf } from "../../lib/retryHandler.ts";
import { expectedMs, forecastMs } from "./forecast.ts";
import type { PlannedStep } from "./forecast.ts";

/** Shortest forecast that is worth a word; shorter if the service is faster than the real one, as in a benchmark. */
const WORTH_MS = 20_000;
const LEAST_WORTH_MS = 5_000;
/** A forecast that differs by more than this from the one that was said is said again. */
const TOLERANCE = 0.15;
/** Least part of the forecast between two corrections. */
const PAUSE = 0.1;
/** Steps through a range so that any number of values is spread evenly. */
const GOLDEN = 0.618034;
/** Part of the whole work whose expected time still counts when the factor between time and expected time is found. */
const INERTIA = 0.2;
/** Part of the steps of a kind that must have ended before their times count: short ones end first. */
const MOST = 0.8;
/** What is left of a step that takes longer than expected, as a part of the expected time. */
const LEAST_LEFT = 0.1;
/** Least part of the forecast between two looks at it, which cost CPU. */
const LOOK = 0.01;
/** Calls for one object that count in the quota, measured (docs/benchmarks.md). */
const CALLS_OF_STEP = 1.8;

/** A step of the run, and how far it is. */
interface Tracked {
  readonly step: PlannedStep;
  /** Where in the range of its kind its time is expected, from 0 to 1: spread evenly, so that one of many takes long. */
  readonly share: number;
  begunAt?: number;
  ms?: number;
}

type Properties = Readonly<Record<string, unknown>>;

/** Where the steps of a run come from, and where the forecast goes. */
export interface ProgressOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/**
 * Says at the first write of an update how long the rest takes, and says it again when the steps turn out to take another
 * time. A plain `pulumi up` says nothing: without a command of the project, nobody tells what the state holds.
 */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #scale: number;
  readonly #places: number;
  #plan: Tracked[] | undefined;
  /** Steps that comparisons have shown, by what is changed: a preview may compare in the same process before. */
  readonly #updates = new Map<string, PlannedStep>();
  #beganAt = 0;
  /** The forecast that was said last: total and time. */
  #said: { readonly ms: number; readonly at: number } | undefined;
  #lookedAt = -Infinity;
  /** Names of the workspaces by their ids. */
  readonly #workspaces = new Map<string, string>();

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#scale = timeScaleOf(options.env);
    this.#places = Number(options.env["PULUMI_PARALLEL"]) || 4 * availableParallelism();
  }

  /** A comparison has shown that a resource will be changed in place. What the engine compares later comes on top. */
  expectUpdate(kind: string, id: string, olds: Properties, news: Properties): void {
    const key = `${kind} ${id}`;
    if (this.#updates.has(key)) return;
    const step = { workspace: this.#workspaceOf(news), what: whatOf(kind, news["type"]), change: updateOf(olds, news) };
    this.#updates.set(key, step);
    this.#plan?.push(tracked(step, this.#plan.length));
  }

  /**
   * The work on a resource begins.
   * @param properties the resource's inputs
   * @returns what has to be called at its end, with the id of what was made
   */
  begin(kind: string, properties: Properties, change: PlannedStep["change"]): (id?: string) => void {
    const now = this.#options.now();
    if (this.#plan === undefined) this.#start(now);
    const what = whatOf(kind, properties["type"]);
    const workspace = this.#workspaceOf(properties);
    const waiting = (this.#plan ?? []).filter(
      ({ step, begunAt }) => begunAt === undefined && step.what === what && step.change === change,
    );
    const own = waiting.find(({ step }) => step.workspace === workspace) ?? waiting[0];
    if (!own) return () => undefined;
    own.begunAt = now;
    return (id) => {
      const end = this.#options.now();
      own.ms = end - now;
      if (kind === "Workspace" && id !== undefined) this.#workspaces.set(id, own.step.workspace);
      this.#correct(end);
    };
  }

  /** The same for a change in place. */
  beginUpdate(kind: string, olds: Properties, news: Properties): () => void {
    return this.begin(kind, news, updateOf(olds, news));
  }

  /** Time that is left, in ms; undefined if nothing is planned. */
  get remainingMs(): number | undefined {
    if (!this.#plan?.length) return undefined;
    const leftOf = this.#times();
    const left = this.#plan.filter(({ ms }) => ms === undefined).map((one) => ({ ...one.step, leftMs: leftOf(one) }));
    return forecastMs(left, { places: this.#places, callsOfStep: CALLS_OF_STEP, timeScale: this.#scale });
  }

  #workspaceOf(properties: Properties): string {
    const named = this.#names.get(String(properties["displayName"]));
    return this.#workspaces.get(String(properties["workspaceId"])) ?? named ?? "";
  }

  get #names(): ReadonlyMap<string, string> {
    return (this.#namesRead ??= new Map(
      Object.entries(readDeclaredNames(this.#options.env) ?? {}).flatMap(([resource, name]) => {
        const [kind, key = ""] = resource.split("::");
        return kind === "Workspace" && name !== null ? [[name, key] as const] : [];
      }),
    ));
  }
  #namesRead: ReadonlyMap<string, string> | undefined;

  #start(at: number): void {
    const { env, say } = this.#options;
    const plan = planIn(env);
    if (!plan) return;
    plan.push(...this.#updates.values());
    for (const { resource, key } of readOwnResources(env)) {
      const [kind, name = ""] = resource.split("::");
      if (kind === "Workspace") this.#workspaces.set(key.slice("Workspace ".length), name);
    }
    this.#plan = plan.map(tracked);
    this.#beganAt = at;
    const ms = this.remainingMs;
    if (ms === undefined || ms < this.#worthMs) return;
    this.#said = { ms, at };
    say(`About ${durationText(ms)} for ${plan.length} objects.`);
  }

  get #worthMs(): number {
    return Math.max(LEAST_WORTH_MS, WORTH_MS * this.#scale);
  }

  /** Says a forecast that differs from what was said, or that has become worth a word, because updates show one by one. */
  #correct(now: number): void {
    const [said, plan] = [this.#said, this.#plan ?? []];
    const toldMs = said?.ms ?? this.#worthMs;
    if ((said && now - said.at < toldMs * PAUSE) || now - this.#lookedAt < toldMs * LOOK) return;
    this.#lookedAt = now;
    const left = this.remainingMs ?? 0;
    const ms = now - this.#beganAt + left;
    const count = plan.filter((one) => one.ms !== undefined).length;
    if (count === plan.length) return;
    if (said ? Math.abs(ms - toldMs) <= TOLERANCE * toldMs : left < this.#worthMs) return;
    this.#said = { ms, at: now };
    this.#options.say(`About ${durationText(left)} more: ${count} of ${plan.length} objects are done.`);
  }

  /**
   * The time that is left of each step: by what steps of its kind have taken in this run, once most of them have ended; else
   * what is expected, corrected by how those kinds have gone.
   */
  #times(): (one: Tracked) => number {
    const now = this.#options.now();
    const kinds = new Map(
      [...Map.groupBy(this.#plan ?? [], ({ step }) => keyOf(step))].flatMap(([key, all]) => {
        const times = all.flatMap(({ ms }) => ms ?? []).toSorted((one, other) => one - other);
        return times.length >= all.length * MOST ? [[key, { times, all }] as const] : [];
      }),
    );
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const known = [...kinds.values()];
    const expectedOf = (some: readonly Tracked[]) => sum(some.map((one) => this.#expected(one)));
    const ended = known.flatMap(({ all }) => all.filter(({ ms }) => ms !== undefined));
    // a few short steps say little about the rest
    const inertia = INERTIA * expectedOf(this.#plan ?? []);
    const factor = (sum(ended.map(({ ms = 0 }) => ms)) + inertia) / (expectedOf(ended) + inertia);
    return (one) => {
      const times = kinds.get(keyOf(one.step))?.times;
      const whole = times?.[Math.floor(one.share * times.length)] ?? this.#expected(one) * factor;
      const spent = one.begunAt === undefined ? 0 : now - one.begunAt;
      if (spent <= whole) return whole - spent;
      // it is one of the long ones
      const longest = this.#expected({ ...one, share: 1 }) * factor;
      return Math.max((longest - spent) / 2, whole * LEAST_LEFT);
    };
  }

  #expected({ step, share }: Tracked): number {
    return expectedMs(step, share) * this.#scale;
  }
}

const keyOf = ({ what, change }: Pick<PlannedStep, "what" | "change">) => `${change} ${what}`;

const tracked = (step: PlannedStep, index: number): Tracked => ({ step, share: (index * GOLDEN) % 1 });

/** Whether an update sends the definition again. */
const updateOf = (olds: Properties, news: Properties): PlannedStep["change"] =>
  olds["definitionHash"] === news["definitionHash"] ? "update" : "updateDefinition";

/**
 * The objects that a run makes and removes, by what the state holds and what is declared. Updates show when the engine compares.
 * @returns undefined until the program has declared all
 */
function planIn(env: NodeJS.ProcessEnv): PlannedStep[] | undefined {
  const names = readDeclaredNames(env);
  if (!names) return undefined;
  const types = readDeclaredTypes(env);
  const own = readOwnResources(env);
  const had = new Set(own.map(({ resource }) => resource));
  const made = Object.keys(names).flatMap((resource) =>
    had.has(resource) ? [] : planned(resource, types[resource], "create"),
  );
  const gone = own.flatMap(({ resource, state }) => {
    const type = state["type"];
    return resource in names ? [] : planned(resource, typeof type === "string" ? type : undefined, "delete");
  });
  return [...made, ...gone];
}

function planned(resource: string, type: string | undefined, change: PlannedStep["change"]): PlannedStep {
  const [kind = "", name = ""] = resource.split("::");
  return { workspace: name.split("/")[0] ?? "", what: whatOf(kind, type), change };
}

/** Kind and type of an object: only an item's type decides how long it takes. */
const whatOf = (kind: string, type: unknown): string =>
  kind === "Item" && typeof type === "string" ? `${kind} ${type}` : kind;

/** `40 s`, `3 min`. */
function durationText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
