/** One line of the project's code made wrong, and the test files that must fail of it. */
export interface Mutation {
  /** Path from the project's folder. */
  readonly file: string;
  /** What stands there exactly once. */
  readonly before: string;
  readonly after: string;
  /** Test files that run in process; the first is tried first. */
  readonly tests: readonly string[];
}

/** Mutations of one file. */
const mutationsOf =
  (file: string, ...tests: string[]) =>
  (before: string, after: string, ...further: string[]): Mutation => ({
    file,
    before,
    after,
    tests: [...tests, ...further].map((test) => `test/${test}.test.ts`),
  });

const createOnce = mutationsOf("providers/run/createOnce.ts", "providers/run/createOnce");
const outcome = mutationsOf("lib/api/outcome.ts", "lib/api/outcome");
const plan = mutationsOf("cli/rollback/plan.ts", "cli/rollback/plan");
const unsettled = mutationsOf("lib/transactions/unsettled.ts", "lib/transactions/unsettled");
const orphans = mutationsOf("lib/transactions/orphans.ts", "lib/transactions/orphans", "cli/rollback/plan");
const identity = mutationsOf("lib/transactions/stackIdentity.ts", "lib/transactions/stackIdentity");
const otherStack = mutationsOf("lib/transactions/otherStack.ts", "lib/transactions/stackTransactions");
const entry = mutationsOf(
  "lib/transactions/entry.ts",
  "lib/transactions/entry",
  "lib/transactions/unsettled",
  "lib/transactions/stackTransactions",
);
const logEntries = mutationsOf("lib/transactions/logEntries.ts", "lib/transactions/logEntries");
const log = mutationsOf("lib/transactions/transactionLog.ts", "lib/transactions/transactionLog");
const past = mutationsOf("providers/run/loggedPast.ts", "providers/run/loggedPast");
const open = mutationsOf("lib/transactions/openTransaction.ts", "lib/transactions/stackTransactions");
const earlierRun = mutationsOf("lib/transactions/earlierRun.ts", "lib/transactions/earlierRun");
const trustedHost = mutationsOf("lib/api/trustedHost.ts", "lib/api/trustedHost");
const redaction = mutationsOf("lib/telemetry/redaction.ts", "lib/telemetry/redaction");
const retry = mutationsOf("lib/retryHandler.ts", "lib/retryHandler", "lib/api/fabricClient");
const throttle = mutationsOf("lib/api/throttle.ts", "lib/api/throttle");
const budget = mutationsOf("lib/api/budget.ts", "lib/api/throttle");
const written = mutationsOf("lib/transactions/written.ts", "lib/transactions/written");
const threeWays = mutationsOf("providers/engine/threeWays.ts", "providers/engine/threeWays");
const breaker = mutationsOf("lib/circuitBreaker.ts", "lib/circuitBreaker");
const cleanError = mutationsOf("lib/api/cleanError.ts", "lib/api/fabricClient");
const withoutSecrets = mutationsOf("lib/api/withoutSecrets.ts", "lib/api/fabricClient");
const pages = mutationsOf("lib/api/pages.ts", "lib/api/fabricClient");
const gone = mutationsOf("providers/engine/gone.ts", "kinds/gone");
const workspace = mutationsOf("providers/kinds/workspace/workspace.ts", "kinds/halfUpdate");
const halfUpdate = mutationsOf("providers/engine/halfUpdate.ts", "kinds/halfUpdate");

export const mutations: readonly Mutation[] = [
  // what makes nothing twice
  createOnce('known.wasBegun ? stepBeforeTheFirst(known.look) : "send"', '"send"'),
  createOnce("known.wasFree ? stepAfterADoubt(known) : stepOfATakenName(known)", "stepAfterADoubt(known)"),
  createOnce("known.wasFree ? stepAfterADoubt(known) : stepOfATakenName(known)", "stepOfATakenName(known)"),
  createOnce('return look === "ours" ? "take" : "send";', 'return "send";'),
  createOnce('if (look === "failed") return "fail";', 'if (look === "failed") return "send";'),
  createOnce('return mayRepeat ? "send" : "fail";', 'return "send";'),
  createOnce('(isBusy && mayRepeat ? "send" : "fail")', '(mayRepeat ? "send" : "fail")'),
  createOnce("create.log(ours.wasFree || isOfEarlierRun,", "create.log(ours.wasFree,"),
  createOnce('known.outcome === "unknown" && thrown instanceof FabricError', "thrown instanceof FabricError && false"),
  createOnce("error: errorBefore ?? error ?? thrown", "error: thrown"),
  createOnce("return isSameId(found.id, begun.id);", "return true;"),
  createOnce("return ours.isPlausible ? ours.isPlausible(found) : true;", "return true;"),
  createOnce("isBusy: status === 503", "isBusy: status !== 503"),
  createOnce("mayRepeat: pauseMs !== undefined,", "mayRepeat: true,"),

  // whether a call may have been executed
  outcome('NEVER_SENT.has(code) ? "notSent" : "unknown"', '"notSent"'),
  outcome("isServicesOwn && status >= 400", "status >= 400"),
  outcome("&& status < 500 &&", "&&"),
  outcome(" && status !== REQUEST_TIMEOUT", ""),
  outcome('|| replaySafe || outcome !== "unknown"', "|| replaySafe"),
  outcome('method.toUpperCase() !== "POST"', 'method !== "POST"'),
  outcome('  "ECONNREFUSED",', '  "ECONNRESET",'),

  // how a transaction is rolled back
  plan('if (log.some(({ kind }) => kind === "commit"))', "if (log.length === 0)"),
  plan("if (settled.isChanged) steps.push", "steps.push"),
  plan("(failed.length === 0 || observed.restores >= RESTORES)", "failed.length === 0"),
  plan("observed.restores === RESTORES - 1 ? failed.flatMap(({ urn }) => urn || []) : []", "[]"),
  plan("&& (removals > 0 || isOther())", ""),
  plan("(removals > 0 || isOther())", "removals > 0"),
  plan("(removals > 0 || isOther())", "isOther()"),
  plan("if (isTemporary) written.add(key);", ""),
  plan("if (isTemporary) written.add(key);", "written.add(key);"),
  plan("if (isRestored && extras.length > 0", "if (extras.length > 0"),
  plan("extras.length > 0 && observed.removals < REMOVALS", "extras.length > 0"),
  plan("!observed.compensated.has(step)", "true"),
  plan("...orphans.toReversed().map(", "...orphans.map("),
  plan('outcome === "unknown" || (outcome === "done" && isCutOff)', 'outcome === "unknown"'),
  plan('outcome === "unknown" || (outcome === "done" && isCutOff)', 'outcome === "done" && isCutOff'),
  plan('differences.length > 0 ? { kind: "report", differences } : { kind: "finish" }', '{ kind: "finish" }'),

  // what logs leave open
  orphans("!inState.has(objectKey(resourceType, resourceId))", 'resourceId !== ""'),
  orphans("orphansOf([log], before).filter(({ step }) => !own.has(step))", "orphansOf([log], before)"),
  orphans("earlier.filter((one) => !isTaken(one))", "earlier"),
  orphans("(isNamed(one) && areSameNames(one.names, other.names))", "areSameNames(one.names, other.names)"),
  orphans("|| (isNamed(one) && areSameNames(one.names, other.names))", ""),
  orphans("one.resourceType === left.resourceType && ", ""),
  identity("one.host === other.host && existsSync(one.folder)", "existsSync(one.folder)"),
  identity("one.host === other.host && existsSync(one.folder)", "one.host === other.host"),
  identity("way !== undefined && isWithLogs", "way !== undefined"),
  otherStack("isRollbackLog(begin.transactionId) || ", ""),
  otherStack("!hasEffects(log)", "false"),
  unsettled("transactions.filter((entries) => !hasEnded(entries))", "transactions.filter(() => true)"),
  unsettled(
    'if (outcome === "refused" || (id === undefined && !entry.wasFree)) return [];',
    'if (outcome === "refused") return [];',
  ),
  unsettled('if (outcome === "refused" || (id', "if ((id"),
  unsettled("|| compensated.has(entry.step)) return [];", ") return [];"),
  unsettled("if (isGone) return [];", "if (isGone && false) return [];"),
  unsettled("removal.position > position", "removal.position !== position"),
  unsettled("return unsettled.findLast(", "return unsettled.find("),
  unsettled("names ?? compensation?.args ?? {}", "compensation?.args ?? {}"),
  unsettled("if (id === undefined && entries.slice(", "if (false && entries.slice("),
  unsettled("&& madeId(log, entry) !== undefined", ""),
  entry('kind === "commit" || kind === "rolledBack");', 'kind === "commit");'),
  entry('!outcome.isOutcomeUnknown ? "refused"', 'true ? "refused"'),
  entry('(resourceId ?? "").toLowerCase()', 'resourceId ?? ""', "cli/rollback/plan"),

  // entries of logs
  logEntries('content.split("\\n").slice(0, -1);\n  return', 'content.split("\\n");\n  return'),
  logEntries("!READABLE_FORMATS.includes(v)", "v < 1"),
  logEntries("if (!Object.hasOwn(factsByKind, kind)) {", "if (!(kind in factsByKind)) {"),
  logEntries("if (issue) throw damaged", "if (issue && number > 1) throw damaged"),
  logEntries("&& !Array.isArray(value)", ""),
  log('await this.#append({ kind: "intent", step, ...intent });\n      const result', "const result"),
  log("mayHaveHadEffect(error) && { isOutcomeUnknown: true }", "{ isOutcomeUnknown: true }"),
  log("seq: ++this.#seq", "seq: this.#seq++"),
  log("Math.max(highest, seq), 0)", "Math.max(highest, 0 * seq), 0)"),
  log("if (!/^[\\w.-]+$/.test(transactionId))", 'if (transactionId === "")'),
  log("isOutcomeUnknown: true });\n    } catch", "});\n    } catch"),
  open("hasEffects(log) && !hasEnded(log) && builtUpon", "!hasEnded(log) && builtUpon"),
  open("&& builtUpon(log, logs, current, undefined) === undefined", ""),
  open("newest && !hasEnded(newest) ?", "newest ?"),
  open('kind === "rolledBack") && !hasEffects(log))', 'kind === "rolledBack"))'),
  earlierRun("rollback >= 0 && !log", "!log"),
  earlierRun('return hasSaidSo ? "failed" : "cut off";', 'return "failed";'),

  // tokens go to known hosts only, and secrets nowhere
  trustedHost("/^api\\.powerbi\\.com$/", "/api\\.powerbi\\.com$/"),
  trustedHost("([\\w-]+\\.)*api\\.fabric\\.microsoft\\.com$/", "([\\w-]+\\.)*api\\.fabric\\.microsoft\\.com/"),
  trustedHost('if (url.protocol !== "https:") {', 'if (url.protocol === "ftp:") {'),
  trustedHost('if (env["KEY_VAULT_URL"]) return env["KEY_VAULT_URL"];', ""),
  trustedHost("/^127\\.\\d+\\.\\d+\\.\\d+$/", "/^127\\./"),
  trustedHost(
    "return allowed.includes(url.hostname) || allowed.includes(url.host);",
    "return allowed.some((host) => url.host.endsWith(host));",
  ),
  trustedHost("VAULTS = [/^[\\w-]+\\.vault\\.azure\\.net$/", "VAULTS = [/^[\\w-]+\\.vault\\.azure\\.net/"),
  redaction("value !== undefined && SECRET_NAME.test(name) ? [value] : []", "[]"),
  redaction("secrets.sort((one, other) => other.length - one.length);", ""),
  redaction("text.replace(TOKEN, REDACTED)", "text"),
  redaction("if (SECRET_NAME.test(name)) return REDACTED;", ""),
  redaction('clean.stack = this.text(error.stack ?? "");', 'clean.stack = error.stack ?? "";'),
  redaction("secret.length > 3", "secret.length > 0"),
  withoutSecrets('clean.replace(/Bearer\\s+\\S+/gi, "Bearer [redacted]")', "clean"),
  withoutSecrets("JSON.stringify(secret).slice(1, -1),", ""),
  pages("this.#seen.has(next) ||", ""),
  pages("if (token) return token;", "if (token || url) return undefined;"),
  cleanError("mayHaveArrived ? false : undefined", "undefined"),

  // patience with the service
  throttle("ready.toSorted((one, other) => one.turn - other.turn)[0]", "undefined"),
  retry("attempt > MAX_RETRIES ||", "attempt > MAX_RETRIES + 1 ||"),
  retry("|| retryAfterSeconds > MAX_RETRY_AFTER_S) return", ") return"),
  retry("Math.max(baseMs * 2 ** (attempt - 1), retryAfterSeconds * 1000)", "baseMs * 2 ** (attempt - 1)"),
  retry("new Set([408, 429, 500, 502, 503, 504])", "new Set([408, 429, 500, 502, 503, 504, 501])"),
  retry("if (answer.status < 300) return typeof", "if (answer.status < 100) return typeof"),
  retry("if (isFinal || decision.kind", "if (decision.kind"),
  retry("Math.max(0, Math.ceil((date - now) / 1000))", "Math.ceil((date - now) / 1000)"),
  budget("Math.max(this.#closedUntil, until)", "until"),
  throttle("if (at > now) {", "if (at > now + 1e9) {"),
  // whose value it is
  written("if (ours.some(", "if (!ours.some("),
  written("if (isForeign || !(name in found)) found[name] = value;", "found[name] = value;"),
  written("=> [found[name], ...", "=> [before?.[name], ..."),
  written("&& !isTemporaryName(value, resourceId)", ""),
  written('return isIt && outcomeOf(log, entry.step) !== "refused";', "return isIt;"),
  past("return joined ? withWritten(joined) : beforeWrites();", "return beforeWrites();"),
  past("return joined ? withWritten(joined) : beforeWrites();", "return joined ? joined.openLogs : beforeWrites();"),
  past("(isOwn(one) ? [...one, ...log.written] : one)", "(isOwn(one) ? log.written : one)"),
  threeWays("!isSame(was) && !isSame(shall)", "!isSame(shall)"),
  threeWays("!isSame(was) && !isSame(shall)", "!isSame(was)"),
  threeWays("!own.has(property) &&", ""),
  threeWays("!field.isDerived &&", ""),
  breaker("++this.#failures >= this.#threshold", "++this.#failures > this.#threshold"),
  breaker('if (this.state === "CLOSED") this.#failures = 0;', ""),
  breaker('this.state === "HALF_OPEN" && !this.#isProbing', 'this.state === "HALF_OPEN"'),
  breaker("if (this.#counts(error)) this.#failed(error, isProbe);", "this.#failed(error, isProbe);"),
  breaker("if (isProbe) this.#isProbing = false;", ""),

  // what is gone, and the order in which an object is made as declared; few, because these files change often
  gone("if (visible.length === 0) assertConfirmed(", "if (visible.length < 0) assertConfirmed("),
  gone("if (!list) {", "if (false) {", "providers/run/coalescedReads", "kinds/outcomes"),
  gone(
    "if (workspaceId !== undefined && mayMeanGone(error) && (await isWorkspaceGone(run, workspaceId))) return;",
    "if (mayMeanGone(error)) return;",
  ),
  gone('if (capacity.state !== "Inactive") return;', "if (workspace ?? true) return;", "providers/run/coalescedReads"),
  workspace("(isMoved || (isDoubtful && !isAssigned(now)))", "isMoved", "kinds/halfCreate"),
  halfUpdate("if (mayHaveHadEffect(error)) written.push(intent);", ""),
];
