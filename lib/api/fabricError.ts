import { certificateRemedies } from "./certificates.ts";
import { callOutcome } from "./outcome.ts";

/** Code of ours for an answer that is not the service's: a portal's or a proxy's page, a redirect, JSON of something else. */
export const NOT_THE_SERVICE = "NotTheService";

/** A further cause in the service's error. */
export interface ErrorDetail {
  readonly errorCode?: string | undefined;
  readonly message?: string | undefined;
}

/** The facts about a failed call. */
export interface FabricFailure {
  /** Name of the call: `create workspace 'sales-dev'`. */
  readonly operation: string;
  /**
   * The service's stable code (`WorkspaceNameAlreadyExists`), or ours if the service itself gave no answer: `ECONNRESET`,
   * `CircuitOpen`, {@link NOT_THE_SERVICE}, `HTTP 404` for a status of a gateway or proxy.
   */
  readonly errorCode: string;
  /** HTTP status; absent if no answer came. By itself it proves nothing: see {@link isServiceAnswer}. */
  readonly status?: number | undefined;
  /** The service's id of the request, for Microsoft's support. */
  readonly requestId?: string | undefined;
  /** Whether the service recommends a retry; absent if it says nothing. */
  readonly isRetriable?: boolean | undefined;
  /** The service's own sentence. No decision depends on it. */
  readonly serviceMessage?: string | undefined;
  /** The operation that the service accepted, running or ended. Absent if it accepted none. */
  readonly operationId?: string | undefined;
  /** Further causes, for example of failed operations. */
  readonly moreDetails?: readonly ErrorDetail[] | undefined;
  /** Number of attempts. Absent if it means nothing. */
  readonly attempts?: number | undefined;
  /** Retry-After of the answer, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** Whether the outcome of the request is certain. @default by {@link callOutcome} from status and code */
  readonly isOutcomeKnown?: boolean | undefined;
  /** What to do next. @default the entry of {@link remedies} for the code */
  readonly remedy?: string | undefined;
}

/**
 * A call to Fabric or Microsoft Graph that failed for good. The client has made all sensible retries, so callers must not
 * retry. The error holds plain data only, no request and no response, so that no token can leak through it.
 *
 * The error must not have a property `id`: Pulumi takes an error with an `id` for a half-created resource.
 */
export class FabricError extends Error {
  override readonly name = "FabricError";
  /** Tells `fabricRetry` that all retries are done. */
  readonly final = true;
  readonly operation: string;
  readonly errorCode: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly operationId: string | undefined;
  readonly isRetriable: boolean | undefined;
  readonly moreDetails: readonly ErrorDetail[];
  readonly remedy: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Whether the outcome of the request is certain. */
  readonly isOutcomeKnown: boolean;

  readonly #failure: FabricFailure;

  constructor(failure: FabricFailure) {
    const remedy = failure.remedy ?? remedies[failure.errorCode];
    super(messageOf({ ...failure, remedy }));
    this.#failure = failure;
    this.operation = failure.operation;
    this.errorCode = failure.errorCode;
    this.status = failure.status;
    this.requestId = failure.requestId;
    this.operationId = failure.operationId;
    this.isRetriable = failure.isRetriable;
    this.moreDetails = failure.moreDetails ?? [];
    this.remedy = remedy;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.isOutcomeKnown = failure.isOutcomeKnown ?? outcomeOf(failure) !== "unknown";
  }

  /** The same error with an unknown outcome: another part of the request may have had its effect. */
  asOutcomeUnknown(): FabricError {
    return new FabricError({ ...this.#failure, isOutcomeKnown: false });
  }

  /** The same error as the failure of a poll: the service has accepted the operation. */
  ofOperation(operationId: string): FabricError {
    return new FabricError({ ...this.#failure, operationId, isOutcomeKnown: false });
  }

  /** The same error of an operation that has certainly done nothing: a refusal. */
  asRefusal(): FabricError {
    return new FabricError({ ...this.#failure, operationId: undefined, isOutcomeKnown: true });
  }

  /** The same error with the advice of a caller that knows more; whole sentences. */
  withRemedy(remedy: string): FabricError {
    return new FabricError({ ...this.#failure, remedy });
  }
}

/**
 * Remedies for the codes that a deployment meets; whole sentences. They hold whatever is declared: a caller that knows what is
 * declared, or what there is at the service, gives the advice that only fits that ({@link FabricError.withRemedy}).
 */
const remedies: Readonly<Record<string, string>> = {
  WorkspaceNameAlreadyExists:
    "Choose another displayName. Where a workspace of this stack gives the name up, deploy that first.",
  ItemDisplayNameAlreadyInUse:
    "Choose another displayName. Where an item of this stack gives the name up, deploy that first.",
  ItemDisplayNameNotAvailableYet: "The name is held for an item deleted a moment ago; run again in a few minutes.",
  CapacityNotInActiveState:
    "The capacity is paused. Resume it and run again: az fabric capacity resume --capacity-name … --resource-group …",
  CapacityLimitExceeded:
    "The capacity has more load than it can take, and the service throttles it: run again later, or scale the capacity up.",
  InsufficientPermissionsOverCapacity: "Give the deploying identity the contributor permission on the capacity.",
  InsufficientPrivileges: "The deploying identity lacks a role for this, or the object is gone.",
  PrincipalNotFound:
    "Check the object id and its type; a service principal is named by the object id of its enterprise application, or as " +
    "{applicationId: ID}.",
  WorkspaceItemsCanNotBeUnassignedFromCapacity:
    "Fabric items need a capacity: deploy without them first, and without the capacity then.",
  WorkspaceHasNoCapacityAssigned: "The workspace needs a capacity: capacity: NAME_OR_ID.",
  RequestDeniedByInboundPolicy:
    "The workspace's inbound rules do not allow this network: run this in one that they allow, or let an Admin of the workspace " +
    "allow this one.",
  GitProviderResourceNotFound: "Repository, branch and directory must exist; the service does not make them.",
  PrincipalTypeNotSupported: "The service does not do this for a principal of that type.",
  DuplicateConnectionName: "Choose another displayName.",
  IncorrectCredentials: "The data source refused the credentials. Check the secret's value and what stands beside it.",
  InsufficientPermissionsToManageConnection: "Give the deploying identity the role Owner on the connection.",
  ConnectionNotFound: "Check the id of the connection, and that the deploying identity has a role on it.",
  TokenExpired: "The token has expired. Sign in again.",
  InvalidToken: "The token was refused. Check the sign-in.",
  Unauthorized: "The token was refused. Check the sign-in.",
  UnknownError: "The service gave no reason. The request id helps its support to find it.",
  CircuitOpen: "Run again when the service is back.",
  ...certificateRemedies,
  ECONNREFUSED: "Nothing listens there. Check the address and the network.",
  ProxyFailed:
    "Check HTTPS_PROXY, and that the proxy lets this machine reach the host; NO_PROXY names hosts that need none.",
  ENOTFOUND: "The host name is unknown. Check the address and the network.",
};

function messageOf(failure: FabricFailure): string {
  const { operation, errorCode, status, requestId, attempts = 1, serviceMessage, moreDetails, remedy } = failure;
  const where = [status, requestId && `request ${requestId}`, attempts > 1 && `${attempts} attempts`].filter(Boolean);
  const causes = (moreDetails ?? [])
    .map(({ errorCode: code, message }) => [code, message].filter(Boolean).join(": "))
    .filter(Boolean);
  const sentences = [
    `${operation} failed: ${errorCode}${where.length > 0 ? ` (${where.join(", ")})` : ""}.`,
    ...[serviceMessage, causes.join("; "), remedy].map((text) => sentence(text)),
  ];
  return sentences.filter(Boolean).join(" ");
}

function sentence(text: string | undefined): string {
  if (!text) return "";
  return /[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** Whether an error is a {@link FabricError}, and has one of the codes, if any are given. */
export function isFabricError(error: unknown, ...errorCodes: readonly string[]): error is FabricError {
  return error instanceof FabricError && (errorCodes.length === 0 || errorCodes.includes(error.errorCode));
}

const outcomeOf = (failure: Pick<FabricFailure, "status" | "errorCode">) =>
  callOutcome({ status: failure.status, code: failure.errorCode, isServicesOwn: isServicesOwn(failure) });

/** Whether the service itself gave the status. A status without a code of the service is a gateway's, proxy's or portal's. */
const isServicesOwn = ({ status, errorCode }: Pick<FabricFailure, "status" | "errorCode">) =>
  status !== undefined && errorCode !== NOT_THE_SERVICE && !/^HTTP \d+$/.test(errorCode);

/**
 * Whether the service itself answered with one of these statuses. Only such an answer is proof: a proxy's 404 says nothing
 * about the object, and a gateway's 429 does not mean that the request was not executed.
 */
export function isServiceAnswer(error: unknown, ...statuses: readonly number[]): error is FabricError {
  return error instanceof FabricError && isServicesOwn(error) && statuses.includes(error.status ?? 0);
}

/**
 * Whether a failed call may have had its effect all the same: the connection broke, the time ran out, the service failed, or
 * a gateway answered for it. Such a call may be repeated only after a look for its effect.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof FabricError && !error.isOutcomeKnown;
}

/**
 * Whether a call certainly had no effect: the service refused it, or it was never sent. A failed operation does not count,
 * although its outcome is known: it may have done a part of its work.
 */
export function hadNoEffect(error: unknown): boolean {
  return error instanceof FabricError && error.isOutcomeKnown && error.operationId === undefined;
}

/** Whether a failed call may have had its effect, or a part of it. Logs and states must know of such a call. */
export function mayHaveHadEffect(error: unknown): error is FabricError {
  return error instanceof FabricError && !hadNoEffect(error);
}
