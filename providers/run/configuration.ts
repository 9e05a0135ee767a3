/** What is done about what was changed at the service: `fabric:onDrift`. */
export type OnDrift = "overwrite" | "warn" | "fail";

/**
 * The inputs of the explicit provider `fabric`: they carry the configuration from the program to the provider process. The
 * state holds them, so they contain no secret. Destroy and refresh run no program and read them from the state.
 */
export interface Configuration {
  /** Name of the stack. */
  readonly stack: string;
  /** `fabric:endpoint`: `emulator` or a URL. FABRIC_ENDPOINT overrides it within the process. */
  readonly endpoint: string;
  /** `fabric:tenantId`: the tenant that the token must belong to. */
  readonly tenantId?: string | undefined;
  /** `fabric:features`, as far as the stack sets them. */
  readonly features: Readonly<Record<string, boolean>>;
  /** `fabric:credential`. */
  readonly credential: string;
  /** `fabric:keyVaultUrl`. */
  readonly keyVaultUrl?: string | undefined;
  /** `fabric:onDrift`; absent if the stack sets neither this nor `fabric:contentDrift`. */
  readonly onDrift?: OnDrift | undefined;
  /** `fabric:contentDrift`. @default on if `onDrift` is there, as states of earlier versions have it */
  readonly contentDrift?: boolean | undefined;
  /** `fabric:preflight`: previews may ask the service. @default false */
  readonly preflight?: boolean | undefined;
  /** `fabric:throttleBudget`, in seconds. @default 600 */
  readonly throttleBudget?: number | undefined;
  /** `fabric:transactionLog`: a folder below the project, or the URL of a blob container. */
  readonly transactionLog: string;
}

const PREFIX = "fabric:";

/** Environment variable in which the commands pass the stack's current name to a provider process. */
export const STACK_NAME = "FABRIC_STACK";

/** The provider's inputs: strings only, because the engine's provider configuration accepts nothing else. */
export function toProviderInputs(configuration: Configuration): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const [key, value] of Object.entries(configuration)) {
    if (value === undefined) continue;
    inputs[PREFIX + key] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return inputs;
}

/**
 * The opposite of {@link toProviderInputs}.
 * @param get a value by its full key, as Pulumi's dynamic provider passes it to configure
 * @param env holds the stack's current name, if a command set it
 * @throws Error if the resource is not under the project's own provider
 */
export function fromProviderInputs(
  get: (key: string) => string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Configuration {
  const required = (key: string): string => {
    const value = get(PREFIX + key);
    if (value === undefined)
      throw new Error(
        `Resources of Fabric need the provider of this project: pass {provider: new FabricProvider(…)}. (${PREFIX + key} is missing.)`,
      );
    return value;
  };
  return {
    // a stack can be renamed, and the state still has the name of the last update
    stack: env[STACK_NAME] || required("stack"),
    endpoint: required("endpoint"),
    tenantId: get(`${PREFIX}tenantId`),
    features: JSON.parse(get(`${PREFIX}features`) ?? "{}") as Record<string, boolean>,
    credential: get(`${PREFIX}credential`) ?? "auto",
    keyVaultUrl: get(`${PREFIX}keyVaultUrl`),
    onDrift: get(`${PREFIX}onDrift`) as OnDrift | undefined,
    contentDrift: get(`${PREFIX}contentDrift`) === "false" ? false : undefined,
    preflight: get(`${PREFIX}preflight`) === "true" ? true : undefined,
    throttleBudget: numberIn(get(`${PREFIX}throttleBudget`)),
    transactionLog: get(`${PREFIX}transactionLog`) ?? ".fabric/transactions",
  };
}

const numberIn = (text: string | undefined) => (text === undefined ? undefined : Number(text));
