import { randomUUID } from "node:crypto";
import { defineFamily } from "../core/family.ts";
import { route } from "../core/guard.ts";
import { ok, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import { isObject } from "../definitions/definition.ts";
import { propertiesOf } from "./itemProperties.ts";
import { typedItem } from "./items.ts";
import { items } from "./itemStore.ts";
import type { Item } from "./itemStore.ts";
import { startOperation } from "./operations.ts";

/** How many times as long as an operation a publish takes without recorded times. The service needs about 60 to 150 times. */
const PUBLISH_PER_OPERATION = 25;

/** Compute of an environment that nobody has changed. */
const defaultCompute = {
  instancePool: { name: "Starter Pool", type: "Workspace", id: "00000000-0000-0000-0000-000000000000" },
  driverCores: 8,
  driverMemory: "56g",
  executorCores: 8,
  executorMemory: "56g",
  dynamicExecutorAllocation: { enabled: true, minExecutors: 1, maxExecutors: 9 },
  sparkProperties: {},
  runtimeVersion: "1.3",
};

const environment = (role: "Viewer" | "Contributor") => typedItem("Environment", role);
const isRunning = ({ publish }: Item, service: Service) => (publish?.endsAt ?? 0) > service.clock.now();

/** What staged and published content of environments has: libraries, compute, and the publish itself. */
export const environmentFamily = defineFamily({
  name: "environments",
  routes: [
    route("POST", environment("Contributor"), "/staging/publish", (item, call, service) => {
      // documented for this case; the code stands in the message
      if (isRunning(item, service)) throw invalid("Publish", "EnvironmentAnotherOngoingPublishProcess");
      const publish = () => begin(item, service);
      if (call.query.get("beta")?.toLowerCase() === "true" && !call.operationError)
        return ok(propertiesOf(publish(), service));
      // recorded: no body at all, where other operations answer null
      return { ...startOperation(call, service, false, () => void publish()), body: undefined };
    }),
    route("POST", environment("Contributor"), "/staging/cancelPublish", (item, _call, service) => {
      if (!item.publish || !isRunning(item, service)) throw invalid("Cancel", "EnvironmentUpsupportedStateForCancel");
      const publish = { ...item.publish, endsAt: service.clock.now(), isCancelled: true };
      return ok(propertiesOf(items.in(service).change(item.id, { publish }), service));
    }),
    route("GET", environment("Viewer"), "/staging/libraries", (item) => ok(librariesOf(item, "staged"))),
    route("GET", environment("Viewer"), "/libraries", (item, _call, service) =>
      ok(librariesOf(item.publish && !isRunning(item, service) ? item : {}, "published")),
    ),
    route("GET", environment("Viewer"), "/staging/sparkcompute", ({ sparkCompute }) => ok(computeOf(sparkCompute))),
    route("GET", environment("Viewer"), "/sparkcompute", ({ sparkCompute, publish }) =>
      ok(computeOf(publish && sparkCompute)),
    ),
    route("PATCH", environment("Contributor"), "/staging/sparkcompute", ({ id, sparkCompute }, call, service) => {
      const { enableNativeExecutionEngine: _notShown, runtimeVersion, ...more } = call.body;
      // recorded: the version is shown as text, also if it was sent as a number
      const version = runtimeVersion === undefined ? {} : { runtimeVersion: `${runtimeVersion as string | number}` };
      const changed = { ...sparkCompute, ...more, ...version };
      return ok(computeOf(items.in(service).change(id, { sparkCompute: changed }).sparkCompute));
    }),
  ],
});

/** Starts a publish. Afterwards, the properties of the item tell its state. */
function begin(item: Item, service: Service): Item {
  const startedAt = service.clock.now();
  const durationMs = service.timing.publishMs() ?? service.levers.operationDelayMs * PUBLISH_PER_OPERATION;
  const { parts } = items.in(service).get(item.id) ?? item;
  const publish = { targetVersion: randomUUID(), startedAt, endsAt: startedAt + durationMs, parts };
  return items.in(service).change(item.id, { publish });
}

/** Codes and messages as https://github.com/microsoft/fabric-rest-api-specs (environment) has them. */
const invalid = (what: "Publish" | "Cancel", code: string) =>
  new ServiceError(
    400,
    `InvalidEnvironment${what}`,
    `Environment ${what.toLowerCase()} operation failed due to error: Code = ${code}.`,
  );

/** Custom libraries in the definition. @throws ServiceError 404 if there are none, as recorded */
function librariesOf({ parts = [] }: Pick<Item, "parts">, what: "staged" | "published") {
  const folder = "Libraries/CustomLibraries/";
  const libraries = parts
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path }) => ({ name: path.slice(folder.length), libraryType: "Custom" }));
  if (libraries.length > 0) return { libraries };
  throw new ServiceError(
    404,
    "EnvironmentLibrariesNotFound",
    `This environment does not have any ${what} libraries. Please ${what === "staged" ? "upload" : "publish"} libraries.`,
  );
}

/** Compute with the parts that somebody changed. */
const computeOf = (changed: Readonly<Record<string, unknown>> = {}) => ({
  ...defaultCompute,
  ...Object.fromEntries(
    Object.entries(changed).map(([key, value]) => {
      const base = Reflect.get(defaultCompute, key) as unknown;
      return [key, isObject(value) && isObject(base) ? { ...base, ...value } : value];
    }),
  ),
});
