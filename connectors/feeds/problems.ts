/** What pino and its like offer. */
export interface FeedLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Of each code so many are logged at once… */
const FIRST = 5;
/** …and then one in this time, ms, with the number of those between. */
const QUIET_MS = 10_000;

/** How often something went wrong, and where it did first. */
export interface ProblemCount { readonly code: string; readonly count: number; readonly examples: readonly { readonly at: string; readonly message: string }[] }

/** Input that could not be used: counted by code, logged with its place, though a flood of it floods no log. */
export class Problems {
  readonly #codes = new Map<string, { count: number; logged: number; loggedAtMs: number; examples: { at: string; message: string }[] }>();
  readonly #logger: FeedLogger;
  readonly #now: () => number;
  #total = 0;

  constructor(logger: FeedLogger, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  get total(): number {
    return this.#total;
  }

  /** `at` is where in the input: a file and row, a request, an event's id. */
  add(code: string, message: string, at: string): void {
    this.#total++;
    let known = this.#codes.get(code);
    if (known === undefined) this.#codes.set(code, (known = { count: 0, logged: 0, loggedAtMs: -Infinity, examples: [] }));
    known.count++;
    if (known.examples.length < FIRST) known.examples.push({ at, message });
    const now = this.#now();
    if (known.count > FIRST && now - known.loggedAtMs < QUIET_MS) return;
    const unlogged = known.count - known.logged - 1;
    this.#logger.warn({ code, at, ...(unlogged > 0 ? { alsoSeen: unlogged } : {}) }, message);
    known.logged = known.count;
    known.loggedAtMs = now;
  }

  /** All of them, the most frequent first. */
  counts(): ProblemCount[] {
    return [...this.#codes].map(([code, { count, examples }]) => ({ code, count, examples: [...examples] })).sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  }
}
