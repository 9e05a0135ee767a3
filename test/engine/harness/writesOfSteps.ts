import { isDeepStrictEqual } from "node:util";
import type { Emulator } from "../../../emulator/emulator.ts";
import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import type { Side, Step } from "./engineEvents.ts";

/*
 * What the engine's steps are at the service: for each step the calls that it must cause, with what they must say. Equal
 * lists mean that nothing else was written, and that steps which only change the state have written nothing.
 */

type Values = Readonly<Record<string, unknown>>;

/**
 * One call in a line: what it says in order, without the parts of a definition. The emulator tells paths in lower case, and the
 * service gives the id of a principal in a case of its own.
 */
function line(method: string, path: string, body: object = {}): string {
  const said = Object.entries(body)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, unknown] => [
      name,
      name === "definition" ? "sent" : name === "principal" ? inLowerCase(value) : value,
    ])
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return [method, path.toLowerCase(), ...said.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}

const inLowerCase = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/"id":"[^"]*"/, (id) => id.toLowerCase()));

/**
 * The calls that changed something, sorted. What brings a connection in line right after it was initialised is left out:
 * which call that is, if any, depends on the branch. So is the publish that follows each definition of an environment.
 */
export function seenWrites(requests: readonly RequestRecord[]): string[] {
  const initialised = requests.flatMap(({ path }) => /^(.*)\/initializeconnection$/.exec(path)?.[1] ?? []);
  const isInitialSync = (path: string) =>
    initialised.some((git) => [`${git}/updatefromgit`, `${git}/committogit`].includes(path));
  return requests
    .filter(
      ({ method, path, status }) =>
        method !== "GET" && status < 400 && !/\/(getdefinition|staging\/publish)$/.test(path),
    )
    .filter(({ path }) => !isInitialSync(path))
    .map(({ method, path, body }) => line(method, path, path.includes("/git/") ? {} : (body as object | undefined)))
    .sort();
}

/** The calls that steps must have caused, sorted. */
export function writesOfSteps(steps: readonly Step[], emulator: Emulator): string[] {
  const capacityId = (nameOrId: unknown) => {
    const isMeant = (one: string) => one.toLowerCase() === String(nameOrId).toLowerCase();
    return emulator.service.capacities.all().find(({ id, displayName }) => isMeant(id) || isMeant(displayName))?.id;
  };
  return steps.flatMap((step) => writesOf(step, capacityId)).sort();
}

function writesOf({ op, kind, old, new: now }: Step, capacityId: (nameOrId: unknown) => string | undefined): string[] {
  const rules = { Workspace: workspaceRules(capacityId), WorkspaceUser, Folder, Item, GitConnection }[kind];
  if (!rules) throw new Error(`Nothing is known of the calls for a ${kind}.`);
  switch (op) {
    case "create":
    case "create-replacement": {
      const { id, inputs, outputs } = now as Side;
      const before = rules.before(outputs);
      return before ? rules.change(id, { ...inputs, ...before }, inputs) : rules.make(id, inputs);
    }
    case "update":
      return rules.change((old as Side).id, (old as Side).inputs, (now as Side).inputs);
    case "delete":
    case "delete-replaced": {
      const { id, inputs, outputs } = old as Side;
      const before = rules.before(outputs);
      return before ? rules.change(id, inputs, { ...inputs, ...before }) : rules.remove(id);
    }
    case "replace":
      return [];
    default:
      throw new Error(`Nothing is known of the calls for the step ${op} of a ${kind}.`);
  }
}

interface Rules {
  /** The values of what existed before and was adopted. */
  before(outputs: Values): Values | undefined;
  make(id: string, inputs: Values): string[];
  change(id: string, old: Values, inputs: Values): string[];
  remove(id: string): string[];
}

const differs = (old: Values, inputs: Values, ...names: readonly string[]) =>
  names.some((name) => !isDeepStrictEqual(old[name], inputs[name]));
const pathOf = (id: string, collection: string) => `/workspaces/${id.replace("/", `/${collection}/`)}`;

const workspaceRules = (capacityId: (nameOrId: unknown) => string | undefined): Rules => ({
  before: ({ adopted }) => adopted as Values | undefined,
  make: (_id, { displayName, description, capacity }) => [
    line("POST", "/workspaces", { displayName, description, capacityId: capacity && capacityId(capacity) }),
  ],
  change(id, old, inputs) {
    const { displayName, description } = inputs;
    const wanted = capacityId(inputs["capacity"]);
    const assignment = wanted
      ? line("POST", `/workspaces/${id}/assignToCapacity`, { capacityId: wanted })
      : line("POST", `/workspaces/${id}/unassignFromCapacity`);
    return [
      ...(differs(old, inputs, "displayName", "description")
        ? [line("PATCH", `/workspaces/${id}`, { displayName, description })]
        : []),
      ...(capacityId(old["capacity"]) === wanted ? [] : [assignment]),
    ];
  },
  remove: (id) => [line("DELETE", `/workspaces/${id}`)],
});

const WorkspaceUser: Rules = {
  before: ({ adoptedRole }) => (adoptedRole === undefined ? undefined : { role: adoptedRole }),
  make: (id, { type, role }) => [
    line("POST", pathOf(id, "roleAssignments").replace(/\/[^/]*$/, ""), {
      principal: { id: id.split("/")[1], type },
      role,
    }),
  ],
  change: (id, old, inputs) =>
    differs(old, inputs, "role") ? [line("PATCH", pathOf(id, "roleAssignments"), { role: inputs["role"] })] : [],
  remove: (id) => [line("DELETE", pathOf(id, "roleAssignments"))],
};

const Folder: Rules = {
  before: ({ adopted }) => (adopted ? {} : undefined),
  make: (_id, { workspaceId, displayName, parentFolderId }) => [
    line("POST", `/workspaces/${String(workspaceId)}/folders`, { displayName, parentFolderId }),
  ],
  change: (id, old, inputs) => [
    ...(differs(old, inputs, "displayName")
      ? [line("PATCH", pathOf(id, "folders"), { displayName: inputs["displayName"] })]
      : []),
    ...(differs(old, inputs, "parentFolderId")
      ? [line("POST", `${pathOf(id, "folders")}/move`, { targetFolderId: inputs["parentFolderId"] })]
      : []),
  ],
  remove: (id) => [line("DELETE", pathOf(id, "folders"))],
};

const Item: Rules = {
  before: ({ adopted }) => (adopted ? { folderId: undefined, ...(adopted as Values) } : undefined),
  make: (_id, { workspaceId, type, displayName, description, folderId, creationPayload, definitionHash }) => [
    line("POST", `/workspaces/${String(workspaceId)}/items`, {
      type,
      displayName,
      description,
      folderId,
      creationPayload,
      definition: definitionHash === undefined ? undefined : "sent",
    }),
  ],
  change(id, old, inputs) {
    const path = pathOf(id, "items");
    const { displayName, description, folderId, definitionHash } = inputs;
    return [
      ...(differs(old, inputs, "displayName", "description")
        ? [line("PATCH", path, { displayName, description })]
        : []),
      ...(differs(old, inputs, "folderId") ? [line("POST", `${path}/move`, { targetFolderId: folderId })] : []),
      ...(definitionHash !== undefined && differs(old, inputs, "definitionHash")
        ? [line("POST", `${path}/updateDefinition`, { definition: definitionHash })]
        : []),
    ];
  },
  remove: (id) => [line("DELETE", pathOf(id, "items"))],
};

const place = [
  "gitProviderType",
  "ownerName",
  "organizationName",
  "projectName",
  "repositoryName",
  "branchName",
  "directoryName",
];
const gitCall = (id: string, call: string, method = "POST") => line(method, `/workspaces/${id}/git/${call}`);

const GitConnection: Rules = {
  before: ({ adopted }) => (adopted ? {} : undefined),
  make: (id) => [gitCall(id, "connect"), gitCall(id, "initializeConnection")],
  change(id, old, inputs) {
    if (differs(old, inputs, ...place)) return [...this.remove(id), ...this.make(id, inputs)];
    return differs(old, inputs, "connectionId") ? [gitCall(id, "myGitCredentials", "PATCH")] : [];
  },
  remove: (id) => [gitCall(id, "disconnect")],
};
