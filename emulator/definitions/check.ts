import type { Service } from "../core/service.ts";
import type { Definition, Part } from "./definition.ts";

/** What a request says an item consists of. */
export interface Sent {
  readonly definition?: Definition | undefined;
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

/** The item that the content is for. */
export interface Subject {
  readonly type: string;
  readonly displayName: string;
  readonly workspaceId: string;
}

/** Why the service does not take an item's content. */
export interface Refusal {
  readonly errorCode: string;
  readonly message: string;
  /**
   * `answer`: the call answers 400. `operation`: the call answers 202, and its operation fails with this error, because the
   * workload reads the content only then.
   */
  readonly in: "answer" | "operation";
}

/** A check of content; undefined if the service takes it. */
export type Check = (sent: Sent, subject: Subject, service: Service) => Refusal | undefined;

/** Refuses the call with 400. */
export const inAnswer = (errorCode: string, message: string): Refusal => ({ errorCode, message, in: "answer" });

/** Lets the operation that the call starts fail. */
export const inOperation = (errorCode: string, message: string): Refusal => ({ errorCode, message, in: "operation" });

/** A check of definitions. Creates without one pass. */
export const ofDefinition =
  (check: (definition: Definition, subject: Subject, service: Service) => Refusal | undefined): Check =>
  ({ definition }, subject, service) =>
    definition && check(definition, subject, service);

/**
 * Checks that a definition contains parts. A path with backslashes or a leading slash is another path, which is why clients
 * with such paths get this refusal.
 *
 * The code was measured for semantic models and reports; for other types, the documentation says which parts are required, and
 * the code is inferred.
 * @see https://github.com/microsoft/Analysis-Services/issues/259
 * @see https://github.com/microsoft/skills-for-fabric/blob/main/common/ITEM-DEFINITIONS-CORE.md
 * @param required paths, or a test of paths; each must match a part
 * @param message the service's message, if it is known
 */
export const needsParts = (required: readonly (string | RegExp)[], message?: string): Check =>
  ofDefinition(({ parts }) => {
    const missing = required.filter((path) => !parts.some((part) => matches(part, path)));
    if (missing.length === 0) return undefined;
    const names = missing.map((path) => `'${typeof path === "string" ? path : path.source}'`).join(", ");
    return inAnswer("MissingDefinitionParts", message ?? `The definition lacks ${names}.`);
  });

/** A check that applies only to definitions of one format. */
export const ifFormat = (isMeant: (format: string) => boolean, check: Check): Check => {
  return (sent, subject, service) =>
    sent.definition && isMeant(sent.definition.format?.toLowerCase() ?? "") ? check(sent, subject, service) : undefined;
};

const matches = ({ path }: Part, wanted: string | RegExp) =>
  typeof wanted === "string" ? path === wanted : wanted.test(path);
