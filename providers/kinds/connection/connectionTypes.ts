import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { closestName } from "../../../lib/config/closestName.ts";
import { wordList } from "../../../lib/config/wordList.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";

/* The types of connections that the service supports, and what a declared connection must look like to be one of them. */

const parameterShape = z.object({
  name: z.string(),
  dataType: z.string(),
  required: optional(z.boolean()),
  allowedValues: optional(z.array(z.string())),
});

const typeShape = z.object({
  type: z.string(),
  creationMethods: z.array(z.object({ name: z.string(), parameters: z.array(parameterShape) })),
  supportedCredentialTypes: optional(z.array(z.string())),
  supportedConnectionEncryptionTypes: optional(z.array(z.string())),
  supportsSkipTestConnection: optional(z.boolean()),
});

/** A type of connections. */
export type ConnectionType = Readonly<z.output<typeof typeShape>>;

/** A declared connection, as far as its type decides about it. */
export interface TypedConnection {
  readonly type: string;
  readonly creationMethod?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly credentialType?: string | undefined;
  readonly connectionEncryption?: string | undefined;
  readonly skipTestConnection?: boolean | undefined;
}

/** The service's details of a new connection. */
export interface ConnectionDetails {
  readonly type: string;
  readonly creationMethod: string;
  readonly parameters: readonly { readonly dataType: string; readonly name: string; readonly value: unknown }[];
}

/** The supported types, asked for once in a run. @param gatewayId the gateway that the connection goes through */
export function connectionTypesOf(run: Run, gatewayId?: string): Promise<readonly ConnectionType[]> {
  const query = `showAllCreationMethods=true${gatewayId === undefined ? "" : `&gatewayId=${gatewayId}`}`;
  return run.listOnce(`/connections/supportedConnectionTypes?${query}`, "list the types of connections", typeShape);
}

/** What is wrong with a declared connection, each as a sentence. */
export function typeProblems(types: readonly ConnectionType[], given: TypedConnection): string[] {
  const type = types.find((one) => sameIgnoringCase(one.type, given.type));
  if (!type) {
    const meant = closestName(
      given.type,
      types.map(({ type: name }) => name),
    );
    return [`The service supports no type ${given.type}${meant ? `; did you mean ${meant}?` : "."}`];
  }
  const method = methodOf(type, given);
  const methods = type.creationMethods.map(({ name }) => name);
  const ofMethod = method
    ? parameterProblems(method, given.parameters ?? {})
    : [
        `creationMethod ${given.creationMethod === undefined ? "is required" : "is unknown"}: ${wordList(methods, "or")}.`,
      ];
  return [
    ...ofMethod,
    ...among("credentialType", given.credentialType, type.supportedCredentialTypes),
    ...among("connectionEncryption", given.connectionEncryption, type.supportedConnectionEncryptionTypes),
    ...(given.skipTestConnection === true && type.supportsSkipTestConnection === false
      ? [`${type.type} does not support skipTestConnection.`]
      : []),
  ];
}

/**
 * What to do if the data source refuses the credentials.
 * @param types undefined if they are not known
 */
export function refusedCredentials(
  types: readonly ConnectionType[] | undefined,
  { type, skipTestConnection }: TypedConnection,
): Readonly<Record<string, string>> {
  const check = "The data source refused the credentials. Check the secret's value and what stands beside it";
  const skips = types?.find((one) => sameIgnoringCase(one.type, type))?.supportsSkipTestConnection;
  const isPossible = skipTestConnection !== true && skips !== false;
  return { IncorrectCredentials: isPossible ? `${check}; skipTestConnection: true sends them untested.` : `${check}.` };
}

/** The details of a connection without problems. */
export function detailsOf(types: readonly ConnectionType[], given: TypedConnection): ConnectionDetails {
  const type = types.find((one) => sameIgnoringCase(one.type, given.type));
  const method = type && methodOf(type, given);
  const dataTypes = new Map(method?.parameters.map(({ name, dataType }) => [name.toLowerCase(), { name, dataType }]));
  return {
    type: type?.type ?? given.type,
    creationMethod: method?.name ?? given.creationMethod ?? given.type,
    parameters: Object.entries(given.parameters ?? {}).map(([name, value]) => {
      const known = dataTypes.get(name.toLowerCase()) ?? { name, dataType: "Text" };
      return { ...known, value: typed(value, known.dataType) };
    }),
  };
}

/** The declared method, else the only one, else the one with the name of the type. */
const methodOf = ({ type, creationMethods }: ConnectionType, { creationMethod }: TypedConnection) =>
  creationMethod === undefined && creationMethods.length === 1
    ? creationMethods[0]
    : creationMethods.find(({ name }) => sameIgnoringCase(name, creationMethod ?? type));

function parameterProblems(
  { name: method, parameters }: ConnectionType["creationMethods"][number],
  given: Readonly<Record<string, unknown>>,
): string[] {
  const names = parameters.map(({ name }) => name);
  const isGiven = (wanted: string) => Object.keys(given).some((name) => sameIgnoringCase(name, wanted));
  const missing = parameters.filter(({ name, required }) => required && !isGiven(name)).map(({ name }) => name);
  const problems = missing.length > 0 ? [`${method} needs the parameter ${wordList(missing, "and")}.`] : [];
  for (const [name, value] of Object.entries(given)) {
    const known = parameters.find((one) => sameIgnoringCase(one.name, name));
    if (!known) {
      const meant = closestName(name, names);
      const others = names.length > 0 ? `it knows ${wordList(names, "and")}` : "it knows none";
      problems.push(`${method} knows no parameter ${name}; ${meant ? `did you mean ${meant}?` : `${others}.`}`);
    } else if (known.allowedValues && known.allowedValues.length > 0 && !known.allowedValues.includes(String(value)))
      problems.push(`The parameter ${known.name} must be ${wordList(known.allowedValues, "or")}.`);
    else if (typed(value, known.dataType) === undefined)
      problems.push(`The parameter ${known.name} must be a ${known.dataType}.`);
  }
  return problems;
}

const among = (what: string, given: string | undefined, supported: readonly string[] | undefined): string[] =>
  given === undefined || !supported || supported.includes(given)
    ? []
    : [
        `${what} ${given} is not supported; supported ${supported.length === 1 ? "is" : "are"} ${wordList(supported, "and")}.`,
      ];

/** A value in the service's type; undefined if it has another one. */
function typed(value: unknown, dataType: string): unknown {
  if (dataType === "Number") return Number.isFinite(Number(value)) && value !== "" ? Number(value) : undefined;
  if (dataType === "Boolean") {
    const word = String(value).toLowerCase();
    return word === "true" ? true : word === "false" ? false : undefined;
  }
  return String(value);
}
