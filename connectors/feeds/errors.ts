/** A feed cannot be run as it was asked to. The message says what to do. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: 'feed_unknown' | 'speed_malformed' | 'span_unknown' | 'original_times_need_namespace' | 'option_malformed' | 'cursor_unreadable' | 'cursor_lost';
  constructor(code: FeedError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
