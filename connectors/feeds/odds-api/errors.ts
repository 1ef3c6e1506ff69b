export type OddsApiErrorCode =
  | 'key_missing' | 'key_refused' | 'quota_exhausted' | 'request_refused' | 'rate_limited' | 'unavailable' | 'body_malformed'
  | 'recording_unreadable' | 'recording_unknown';

/** What went wrong with The Odds API or a recording of it; the message says what to do and never holds the key. */
export class OddsApiError extends Error {
  override readonly name = 'OddsApiError';
  readonly code: OddsApiErrorCode;
  /** What the server asked to wait before the next request, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(code: OddsApiErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The text of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
