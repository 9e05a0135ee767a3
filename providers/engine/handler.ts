import { isDeepStrictEqual } from "node:util";
import type {
  CheckResult,
  CreateResult,
  DiffResult,
  ReadResult,
  ResourceProvider,
  UpdateResult,
} from "@pulumi/pulumi/dynamic/index.js";
import { SECRET_MARK } from "../../lib/checkpoint/checkpoint.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { DeclaredOnce } from "./declaredOnce.ts";
import { halfMade, halfUpdated, presentable } from "./engineErrors.ts";
import { ForcedReplacements } from "./forcedReplacement.ts";
import { assertSameOrigin, hostOfEndpoint } from "../run/origin.ts";
import type { Configuration } from "../run/configuration.ts";
import type { Fields, InputsOf } from "./field.ts";
import { doubtHalfWritten, watched } from "./halfUpdate.ts";
import { namingPause } from "./pauseBehind.ts";
import { workspaceOf } from "./place.ts";
import { inputsOf, stateOf } from "./properties.ts";
import type { Properties } from "./properties.ts";
import type { InputError, Made, ResourceKind } from "./resourceKind.ts";
import { check, diff, inSpellingOf } from "./resourceKind.ts";
import type { Run } from "../run/run.ts";
import { tellOverwriting } from "./tellOverwriting.ts";
import { keptForOthers } from "./threeWays.ts";

/** State that all handlers of one provider process share. */
export interface ProviderProcess {
  /** The configuration of the explicit provider; available once the engine has called configure. */
  configuration(): Configuration;
  /** Clients, log and caches of this run. The first call builds them, so that a preview without changes builds nothing. */
  run(): Promise<Run>;
  /** Notes a failure, so that the transaction of this run is not committed. */
  failed(): void;
  /** Set by the first error that reports a refused sign-in. */
  isSignInRefused: boolean;
  /** Set by the first failed look of a preview at a live object. */
  isLookRefused: boolean;
}

/** Why the service refuses to make or change an object by a fixed rule. A change that needs a new object changes none. */
function refusalOf(kind: ResourceKind, olds: Properties, inputs: Properties): InputError | undefined {
  if (Object.keys(olds).length === 0) return kind.refusesNew?.(inputs);
  return diff(kind, olds, inputs).replaces.length === 0 ? kind.refusesChange?.(olds, inputs) : undefined;
}

/** The engine's view of a kind: Pulumi's own dynamic provider calls these methods. */
export function handlerOf(kind: ResourceKind, host: ProviderProcess): ResourceProvider<Properties, Properties> {
  const titleOf = (properties: Properties) => kind.title(properties);
  const forced = new ForcedReplacements(kind);
  const declared = new DeclaredOnce();

  return {
    async check(olds: Properties, news: Properties): Promise<CheckResult<Properties>> {
      // a rollback declares inputs that were checked when they were deployed; the files behind them have changed since
      if (isRollback()) return { inputs: news, failures: [] };
      const { inputs, failures } = check(kind, olds, news);
      const refused = failures.length === 0 ? refusalOf(kind, olds, inputs) : undefined;
      if (refused) return { inputs, failures: [{ property: refused.property, reason: refused.message }] };
      forced.checked(olds, inputs);
      declared.checked(titleOf(inputs));
      return { inputs, failures: [...failures] };
    },

    async diff(id: string, olds: Properties, news: Properties): Promise<DiffResult> {
      assertSameOrigin(titleOf(olds), olds["origin"], { host: hostOfEndpoint(host.configuration().endpoint) });
      forced.compared(id, olds, news);
      const result = diff(kind, olds, news);
      if (result.replaces.length === 0 && !isRollback()) declared.stays(id, titleOf(olds), titleOf(news));
      const isLookedAt = host.configuration().preflight && kind.heedsOthers && !isRollback();
      if (isLookedAt && result.replaces.length === 0 && isChangedInPlace(kind, olds, news))
        await presentable(host, () => tellOverwriting(host, kind, id, { olds, news }));
      return result;
    },

    async create(news: Properties): Promise<CreateResult<Properties>> {
      return presentable(host, async () => {
        const inputs = inputsOf(kind, news);
        const run = await host.run();
        let half: Made<object> | null = null;
        const state = (made: Made<object>) => stateOf(run, inputs, made.outputs);
        try {
          const workspaceId = typeof news["workspaceId"] === "string" ? news["workspaceId"] : undefined;
          const made = await namingPause(run, workspaceId, () =>
            kind.create(run, inputs, (now) => {
              if (now && !isRollback()) declared.created(now.id, titleOf(news));
              half = now;
              if (now) acquire(run, kind, now);
            }),
          );
          acquire(run, kind, made);
          return { id: made.id, outs: state(made) };
        } catch (error) {
          const made = half as Made<object> | null;
          if (made && !made.isContinued && run.rollsBackFailures && (await isUndone(run, kind, made, state(made))))
            throw error;
          throw made ? halfMade(error, made.id, { ...state(made), __provider: news["__provider"] }) : error;
        }
      });
    },

    async read(id: string, properties: Properties = {}): Promise<ReadResult<Properties>> {
      return presentable(host, async () => {
        const run = await host.run();
        assertSameOrigin(titleOf(properties), properties["origin"], run.origin);
        const live = await namingPause(run, workspaceOf(kind.place, id), () => kind.read(run, id, properties));
        if (live === "gone") return { id: "" };
        const inputs = inSpellingOf(kind, properties, live.inputs);
        // with `overwrite`, the drift that the refresh shows is enough
        const ways = { state: properties, live: inputs, wanted: properties };
        const isHeeded = kind.heedsOthers === true && run.onDrift !== "overwrite";
        const kept = !isHeeded ? [] : await keptForOthers(run, kind, id, ways);
        const before = Object.fromEntries(kept.map(({ property, state }) => [property, state]));
        const state = stateOf(run, { ...properties, ...inputs, ...before }, live.outputs ?? {});
        return { id, props: state, inputs: inputsOf(kind, state) };
      });
    },

    async update(id: string, olds: Properties, news: Properties): Promise<UpdateResult<Properties>> {
      return presentable(host, async () => {
        const watch = watched(await host.run(), kind.name, id);
        const { run } = watch;
        assertSameOrigin(titleOf(olds), olds["origin"], run.origin);
        const inputs = inputsOf(kind, news);
        const kept = Object.fromEntries(kind.outputs.map((name) => [name, olds[name as string]]));
        if (await isNoneOfOurs(run, kind, id, inputs)) return { outs: stateOf(run, inputs, kept) };
        try {
          const outputs = await namingPause(run, workspaceOf(kind.place, id), () => kind.update(run, id, olds, inputs));
          return { outs: stateOf(run, inputs, { ...kept, ...outputs }) };
        } catch (error) {
          if (watch.written.length === 0) throw error;
          await doubtHalfWritten(watch, id, error);
          throw await halfUpdated(run, kind, id, olds, error);
        }
      });
    },

    async delete(id: string, properties: Properties): Promise<void> {
      return presentable(host, async () => {
        const watch = watched(await host.run(), kind.name, id);
        const { run } = watch;
        assertSameOrigin(titleOf(properties), properties["origin"], run.origin);
        // this run made or adopted the same object under another name or spelling: it must stay
        if (run.isAcquired(keyOf(kind, id))) return;
        const owner = await run.owner(kind.name, id);
        if (owner?.isShared && owner.isDeclared) return;
        const warning = forced.warningFor(id, properties);
        if (warning !== undefined) run.warn(warning);
        try {
          await namingPause(run, workspaceOf(kind.place, id), () => kind.delete(run, id, properties));
        } catch (error) {
          // the return of an adopted object takes several writes
          await doubtHalfWritten(watch, id, error);
          throw error;
        }
        declared.deleted(id);
        run.release(keyOf(kind, id), properties);
      });
    },
  };
}

/** Whether this process serves a rollback. A rollback declares the resources of the saved checkpoint. */
const isRollback = () => Boolean(process.env["FABRIC_ROLLBACK_OF"]);

/**
 * Whether a rollback must not write to an object. That is so if the transaction did not touch the object: the state then
 * differs from the saved state only because a refresh has recorded changes of others. Inputs that hold ids of recreated objects
 * differ from the saved inputs, so their objects are updated.
 */
async function isNoneOfOurs(run: Run, kind: ResourceKind, id: string, inputs: InputsOf<Fields>): Promise<boolean> {
  if (!run.isRollback || (await run.mayHaveWritten(kind.name, id))) return false;
  const saved = await run.formerState<Properties>(kind.name, id);
  if (saved === undefined) return false;
  const declared = inputsOf(kind, inputs) as Properties;
  // the saved checkpoint holds secrets encrypted, and the engine declares them in clear
  const before = Object.entries(inputsOf(kind, saved)).map(([name, value]) => [
    name,
    isSecret(value) ? declared[name] : value,
  ]);
  return isDeepStrictEqual(Object.fromEntries(before), declared);
}

const isSecret = (value: unknown) => typeof value === "object" && value !== null && SECRET_MARK in value;

/** Whether an update would write something. */
const isChangedInPlace = (kind: ResourceKind, olds: Properties, news: Properties) =>
  Object.entries(kind.fields).some(
    ([name, { change }]) => change === "update" && !isDeepStrictEqual(olds[name], news[name]),
  );

/** Undoes a create that failed half-way. If the undo fails too, the object stays in the state as half-made. */
async function isUndone(run: Run, kind: ResourceKind, made: Made<object>, state: Properties): Promise<boolean> {
  try {
    await kind.delete(run, made.id, state);
    return true;
  } catch {
    return false;
  }
}

/** Ids of different kinds can be equal: a workspace and its Git connection. */
const keyOf = (kind: ResourceKind, id: string) => objectKey(kind.name, id);

/** Notes a made or adopted object. Kinds whose objects can have existed before mark adoption by an output `adopted`. */
function acquire(run: Run, kind: ResourceKind, { id, outputs }: Made<{ adopted?: unknown }>): void {
  run.acquire(keyOf(kind, id), outputs.adopted === undefined ? "made" : "adopted");
}
