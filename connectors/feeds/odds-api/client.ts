import { setTimeout as sleep } from 'node:timers/promises';
import {
  BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, decorrelatedJitterGenerator, ExponentialBackoff, handleWhen, retry, wrap,
} from 'cockatiel';
import { parseJson } from './body.ts';
import type { OddsApiConfig } from './config.ts';
import { messageOf, OddsApiError } from './errors.ts';

/** What the API's `x-requests-*` headers say; undefined where a header is missing. */
export interface Quota {
  readonly remaining: number | undefined;
  readonly used: number | undefined;
  /** What this request cost. */
  readonly last: number | undefined;
}

export interface Answer {
  /** The body, parsed from JSON. */
  readonly json: unknown;
  readonly quota: Quota;
  /** When the answer was there, epoch ms UTC. */
  readonly receivedAtMs: number;
}

/** Asks The Odds API. */
export interface OddsApiClient {
  /** One GET, with waiting and retries; throws OddsApiError. `path` begins with `/v4/`. */
  get(path: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
}

type ClientConfig = Pick<OddsApiConfig,
  'baseUrl' | 'requestTimeoutMs' | 'minIntervalMs' | 'maxAttempts' | 'firstBackoffMs' | 'breakAfter' | 'breakMs'>;

type Log = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

const MAX_BACKOFF_MS = 30_000;

const header = (response: Response, name: string): number | undefined => {
  const text = response.headers.get(name);
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
};

/** `Retry-After` in ms from now: seconds or an HTTP date (RFC 9110, 10.2.3). */
const retryAfterOf = (response: Response): number | undefined => {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
};

/** What the API says about a refusal: its error code and message, as far as they can be read. */
const refusalOf = (text: string): { readonly code: string; readonly message: string } => {
  const json = parseJson(text)?.value;
  const field = (name: string): string => {
    const value = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { code: field('error_code'), message: field('message').slice(0, 300) };
};

/** The error of an answer that is not 2xx. 401 is also how the API says that the quota is used up. */
const errorOf = (response: Response, text: string, path: string): OddsApiError => {
  const { status } = response;
  const { code, message } = refusalOf(text);
  const said = [code, message].filter((part) => part !== '').join(': ');
  const tail = said === '' ? '' : ` (the API says: ${said})`;
  if (code === 'OUT_OF_USAGE_CREDITS' || (status === 401 && /quota/i.test(message))) {
    return new OddsApiError('quota_exhausted', `the quota of this key is used up: wait for its renewal, take a larger plan, or poll fewer sports, regions and markets less often${tail}`);
  }
  if (status === 401 || status === 403) {
    return new OddsApiError('key_refused', `The Odds API refuses the key (HTTP ${status}): check ODDS_API_KEY and that its plan covers what is asked${tail}`);
  }
  if (status === 429) {
    return new OddsApiError('rate_limited', `too many requests (HTTP 429 on ${path}): raise minIntervalMs or pollMs${tail}`, retryAfterOf(response));
  }
  if (status >= 500 || status === 408) return new OddsApiError('unavailable', `The Odds API fails (HTTP ${status} on ${path})${tail}`, retryAfterOf(response));
  return new OddsApiError('request_refused', `The Odds API refuses ${path} (HTTP ${status}): check sports, regions, bookmakers and markets${tail}`);
};

/**
 * A client that spaces its requests, waits as `Retry-After` says, tries again with exponential backoff and jitter what may pass (429, 5xx, no answer),
 * and stops asking for a while after failures in a row (429 is no failure of the server). The key goes into the request only: no message, log or
 * error holds it, even where the server repeats it.
 */
export const oddsApiClient = (config: ClientConfig, key: string, log: Log): OddsApiClient => {
  const redact = (text: string): string => text.replaceAll(key, '***').replaceAll(encodeURIComponent(key), '***');
  const has = (...codes: readonly string[]) => (error: Error): boolean => error instanceof OddsApiError && codes.includes(error.code);
  const retrying = retry(handleWhen(has('unavailable', 'rate_limited')), {
    maxAttempts: config.maxAttempts - 1,
    backoff: new ExponentialBackoff({ initialDelay: config.firstBackoffMs, maxDelay: MAX_BACKOFF_MS, generator: decorrelatedJitterGenerator }),
    // Whoever waits for the answer keeps the process alive; a retry that nobody waits for any more must not.
  }).dangerouslyUnref();
  const breaking = circuitBreaker(handleWhen(has('unavailable')), { halfOpenAfter: config.breakMs, breaker: new ConsecutiveBreaker(config.breakAfter) });
  retrying.onRetry((why) => log('retrying', { waitMs: Math.round(why.delay), attempt: why.attempt, error: 'error' in why ? why.error.message : '' }));
  breaking.onBreak(() => log('circuit open: The Odds API is left alone for a while', { breakMs: config.breakMs }));
  breaking.onReset(() => log('circuit closed: The Odds API answers again'));
  const policy = wrap(retrying, breaking);

  let notBeforeMs = 0;
  const waitForTurn = async (signal: AbortSignal): Promise<void> => {
    for (let waitMs = notBeforeMs - Date.now(); waitMs > 0; waitMs = notBeforeMs - Date.now()) await sleep(waitMs, undefined, { signal });
    notBeforeMs = Date.now() + config.minIntervalMs;
  };

  const request = async (url: URL, path: string, signal: AbortSignal): Promise<Answer> => {
    await waitForTurn(signal);
    let response: Response;
    let text: string;
    try {
      // A redirect would carry the key to another host.
      response = await fetch(url, { redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(config.requestTimeoutMs)]), headers: { accept: 'application/json' } });
      text = redact(await response.text());
    } catch (error) {
      signal.throwIfAborted();
      // fetch says only "fetch failed"; why stands in its cause.
      const why = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
      throw new OddsApiError('unavailable', redact(`no answer from ${url.host} on ${path}: ${why}`));
    }
    if (!response.ok) {
      const error = errorOf(response, text, path);
      if (error.retryAfterMs !== undefined) notBeforeMs = Math.max(notBeforeMs, Date.now() + error.retryAfterMs);
      throw error;
    }
    const json = parseJson(text);
    if (json === undefined) throw new OddsApiError('body_malformed', `${path} answered with something that is not JSON`);
    return {
      json: json.value, receivedAtMs: Date.now(),
      quota: { remaining: header(response, 'x-requests-remaining'), used: header(response, 'x-requests-used'), last: header(response, 'x-requests-last') },
    };
  };

  return {
    async get(path, parameters, signal) {
      const url = new URL(config.baseUrl.replace(/\/$/, '') + path);
      url.search = new URLSearchParams({ ...parameters, apiKey: key }).toString();
      try {
        return await policy.execute(() => request(url, path, signal), signal);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new OddsApiError('unavailable', `no request on ${path}: after failures in a row the API is left alone for ${config.breakMs} ms`);
        throw error;
      }
    },
  };
};
