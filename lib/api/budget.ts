/** Share of the quota that is spent without a pause: this early, other processes can hardly have used up the rest. */
const FREE_SHARE = 0.5;
/** Part of an estimated share that is spent. The rest is a margin for errors of the estimate, which would cost refusals. */
const CAUTION = 0.96;
/** Number of windows without a refusal before the budget grows. */
const QUIET_WINDOWS = 8;
/** Growth in the first window after that; it doubles in each further window. */
const FIRST_GROWTH = 0.01;
/** Growth of the assumed quota after a call above the quota has passed. */
const CEILING_GROWTH = 1.1;
/** A process with this share of the quota is alone. */
const ALONE = 0.98;
/** Largest delay of a Retry-After behind the end of its window. */
const RETRY_AFTER_STEP_MS = 1_000;
/** Smallest share of a quota that is spent, whatever the estimate. */
const LEAST_SHARE = 0.02;

/**
 * One process's budget of a quota that other processes may share. A window never gets more calls than the quota allows. Until
 * the first refusal, the first half of the quota goes out at once, and the rest ever more slowly, so that few calls are in
 * flight if other processes use up the quota. A refusal shows when the window ends, and thus how much the others spend. From
 * then on this process spends evenly what the others leave.
 *
 * Pure except for its memory: the caller passes the time.
 */
export class Budget {
  readonly #windowMs: number;
  readonly #quota: number;
  /** Assumed size of the quota: more than documented if a call above that has passed. */
  #ceiling: number;
  /** Times of the last window's calls, in order. */
  readonly #sent: number[] = [];
  #last = -Infinity;
  /** Calls in a window that other processes leave; undefined until others are known to take some. */
  #share: number | undefined;
  /** Begin of the present time without a refusal, moved on window by window, and the next growth. */
  #quiet = { since: 0, growth: FIRST_GROWTH };
  #closedUntil = -Infinity;
  /** End of the previous window, if a refusal closed it. */
  #reopened: number | undefined;
  /** Time of a call above the quota that is not answered yet. */
  #probe: number | undefined;
  /** Whether a refusal has confirmed the documented quota. */
  #isCertain = false;

  constructor(quota: number, windowMs: number) {
    this.#quota = quota;
    this.#ceiling = quota;
    this.#windowMs = windowMs;
  }

  /** Share of the quota that was spent in the last window, from 0 to 1 or more. */
  spentShare(now: number): number {
    return this.#used(now).length / this.#ceiling;
  }

  /** Time at which the next call may go out: now, or later. */
  nextAt(now: number): number {
    const open = Math.max(now, this.#closedUntil);
    if (this.#windowMs === 0 || this.#quota === Infinity) return open;
    this.#growWhileQuiet(now);
    if (this.#share !== undefined) return Math.max(open, this.#last + this.#windowMs / this.#share);
    const used = this.#used(now);
    const over = used.length - this.#ceiling;
    if (over < 0) return Math.max(open, this.#last + this.#pauseAt(used.length / this.#ceiling));
    // one call above the quota: its refusal costs no time, because the window is used up anyway
    if (this.#probe === undefined && !this.#isCertain) return Math.max(open, this.#last + this.#pauseAt(1));
    return Math.max(open, (used[over] ?? now) + this.#windowMs);
  }

  /** Records that a call goes out. */
  spend(now: number): void {
    const used = this.#used(now);
    if (used.length >= this.#ceiling && this.#share === undefined && !this.#isCertain) this.#probe ??= now;
    used.push(now);
    this.#last = now;
  }

  /**
   * Records that a call was answered, and not refused.
   * @returns whether more calls may go out than before
   */
  passed(sentAt: number): boolean {
    if (this.#probe !== sentAt) return false;
    this.#probe = undefined;
    this.#ceiling = Math.ceil(this.#ceiling * CEILING_GROWTH);
    return true;
  }

  /** Holds back all calls until that time, without a conclusion about the quota. */
  close(until: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, until);
  }

  /**
   * Records that a call was refused, and until when.
   * @param sentAt when the call went out
   */
  refused(now: number, until: number, sentAt: number): void {
    const isKnown = now < this.#closedUntil;
    const position = this.#used(now).lastIndexOf(sentAt);
    if (position >= 0) this.#sent.splice(position, 1);
    this.#probe = undefined;
    if (!isKnown && this.#windowMs > 0 && this.#quota !== Infinity) this.#learn(now, until, sentAt);
    this.close(until);
    this.#reopened = this.#closedUntil;
    this.#quiet = { since: this.#closedUntil, growth: FIRST_GROWTH };
  }

  /** Estimates this process's share from its calls before the refusal. */
  #learn(now: number, until: number, sentAt: number): void {
    this.#isCertain = true;
    const begin = until - this.#windowMs;
    // Retry-After counts whole seconds and needs time to arrive, so the window may have begun a little earlier
    const own = this.#sent.filter((at) => at >= begin - RETRY_AFTER_STEP_MS - (now - sentAt)).length;
    const others = (this.#quota - own) / Math.max((now - begin) / this.#windowMs, 0.01);
    const fromWindow = begin < now ? this.#quota - others : 0;
    // calls that went through between two ends of windows: they show the share, whatever the quota and the other processes
    const since = this.#reopened;
    const between = since === undefined ? [] : this.#sent.filter((at) => at >= since);
    const fromBefore = since === undefined || until <= since ? 0 : (between.length * this.#windowMs) / (until - since);
    if (fromWindow >= this.#quota * ALONE) {
      this.#ceiling = this.#quota;
      this.#share = undefined;
      return;
    }
    const estimate = CAUTION * Math.max(fromWindow, fromBefore);
    const least = this.#quota * LEAST_SHARE;
    this.#share = estimate >= least ? estimate : Math.max((this.#share ?? this.#quota) / 2, least);
  }

  #growWhileQuiet(now: number): void {
    if (this.#share === undefined) return;
    const { since, growth } = this.#quiet;
    const isGrown = growth > FIRST_GROWTH;
    if (now - since < this.#windowMs * (isGrown ? 1 : QUIET_WINDOWS)) return;
    this.#quiet = { since: now, growth: growth * 2 };
    this.#share *= 1 + growth;
    // no other process takes anything any more
    if (this.#share >= this.#ceiling) this.#share = undefined;
  }

  #pauseAt(spent: number): number {
    const part = Math.max(0, (spent - FREE_SHARE) / (1 - FREE_SHARE));
    return (this.#windowMs / this.#ceiling) * part ** 2;
  }

  #used(now: number): number[] {
    const from = now - this.#windowMs;
    while (this.#sent[0] !== undefined && this.#sent[0] <= from) this.#sent.shift();
    return this.#sent;
  }
}
