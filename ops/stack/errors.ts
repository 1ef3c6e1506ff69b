/** What can go wrong with the local stack, one code per remedy. */
export type StackErrorCode =
  | 'port-taken'
  | 'other-ports'
  | 'missing-program'
  | 'download-failed'
  | 'server-exited'
  | 'not-ready'
  | 'not-started'
  | 'locked'
  | 'bad-setting'
  | 'aborted'
  | 'install-failed';

/** An error whose message is one line that says what to do; `detail` holds the lines of a log, where there are any. */
export class StackError extends Error {
  readonly code: StackErrorCode;
  readonly detail: string;

  constructor(code: StackErrorCode, message: string, options: { detail?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StackError';
    this.code = code;
    this.detail = options.detail ?? '';
  }
}

/** Throws `StackError('aborted')` once the signal has been raised. */
export const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new StackError('aborted', 'the start was interrupted; what is already up stays up until the stack is stopped');
};
