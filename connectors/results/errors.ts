/** A file of results that cannot be taken: nothing of it is sent. The message names the file and the first line that is wrong, `detail` the others. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
  readonly code: 'results_unreadable' | 'results_malformed' | 'results_not_sent';
  readonly detail: string;
  constructor(code: ResultsError['code'], message: string, { detail = '', ...options }: ErrorOptions & { readonly detail?: string } = {}) {
    super(message, options);
    this.code = code;
    this.detail = detail;
  }
}
