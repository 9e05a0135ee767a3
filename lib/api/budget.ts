/** Share of the quota that is spent without a pause: below it, nobody else can have used up the rest. */
const FREE_SHARE = 0.5;
/** Part of an estimated share that is spent. The rest is for errors of the estimate, which would cost refusals. */
const CAUTION = 0.96;
/** So many windows without a refusal before more is tried. */
const QUIET_WINDOWS = 8;
/** How much more is tried in the first window after that; in each further one twice as much. */
const FIRST_GROWTH = 0.01;
/** How much more is believed to be there when a call above the quota has passed. */
const CEILING_GROWTH = 1.1;
/** With so much of the quota left to it, a process is alone. */
const ALONE = 0.98;
/** How much later than its window's end a Retry-After can be. */
const RETRY_AFTER_STEP_MS = 1_000;
/** The least that is spent of a quota, whatever is estimated. */
const LEAST_SHARE = 0.02;

/**
 * What one process spends of one quota, of which others may spend a part. It never sends more in any window than the quota
 * has. As long as nothing was refused, the first half goes out at once, and the rest the slower the less is left, so that
 * few calls are on their way when somebody else has used up the quota. A refusal tells when the window ends, and so what
 * others spend in it: from then on this process spends what they leave, evenly.
 *
 * Pure but for its memory: times are given.
 */
export class Budget {
  readonly #windowMs: number;
  readonly #quota: number;
  /** What the quota is believed to be: more than documented if a call above that has passed. */
  #ceiling: number;
  /** When calls of the last window went out, in order. */
  readonly #sent: number[] = [];
  #last = -Infinity;
  /** Calls in a window that others leave; undefined as long as nobody is known to take any. */
  #share: number | undefined;
  /** Window by window, since when there was no refusal, and how much more is tried next. */
  #quiet = { since: 0, growth: FIRST_GROWTH };
  #closedUntil = -Infinity;
  /** End of the window before, if it was closed by a refusal. */
  #reopened: number | undefined;
  /** When a call above the quota went out whose answer is still to come. */
  #probe: number | undefined;
  /** Whether a refusal has shown that there is no more than documented. */
  #isCertain = false;

  constructor(quota: number, windowMs: number) {
    this.#quota = quota;
    this.#ceiling = quota;
    this.#windowMs = windowMs;
  }

  /** The part of the quota that was spent in the last window, from 0 to 1 or more. */
  spentShare(now: number): number {
    return this.#used(now).length / this.#ceiling;
  }

  /** When the next call may go out: now, or later. */
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

  /** A call goes out. */
  spend(now: number): void {
    const used = this.#used(now);
    if (used.length >= this.#ceiling && this.#share === undefined && !this.#isCertain) this.#probe ??= now;
    used.push(now);
    this.#last = now;
  }

  /**
   * A call was answered, and not refused.
   * @returns whether more calls may go out than before
   */
  passed(sentAt: number): boolean {
    if (this.#probe !== sentAt) return false;
    this.#probe = undefined;
    this.#ceiling = Math.ceil(this.#ceiling * CEILING_GROWTH);
    return true;
  }

  /** Nothing may go out until then. It says nothing of the quota. */
  close(until: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, until);
  }

  /**
   * A call was refused until then.
   * @param sentAt when it went out
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

  /** Estimates what is left to this process, from what it spent before it was refused. */
  #learn(now: number, until: number, sentAt: number): void {
    this.#isCertain = true;
    const begin = until - this.#windowMs;
    // Retry-After is in whole seconds and was on its way, so the window may have begun a little earlier
    const own = this.#sent.filter((at) => at >= begin - RETRY_AFTER_STEP_MS - (now - sentAt)).length;
    const others = (this.#quota - own) / Math.max((now - begin) / this.#windowMs, 0.01);
    const fromWindow = begin < now ? this.#quota - others : 0;
    // what went through between two ends of windows, whatever the quota is and whoever took the rest
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
    // nobody takes anything any more
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
