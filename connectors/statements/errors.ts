/** A statement that cannot be taken as it is. The message names the file and the line or order, and says what to do. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: 'statement_unreadable' | 'statement_malformed' | 'statement_incomplete' | 'currency_missing';
  constructor(code: StatementError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
