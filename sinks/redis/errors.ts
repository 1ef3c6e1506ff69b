/** Redis cannot be used as it is. The message says what to do. */
export class RedisUnusable extends Error {
  readonly code = 'redis_unreachable';
  override readonly name = 'RedisUnusable';

  constructor(message: string, cause?: unknown) { super(message, { cause }); }
}
