export type FootballDataErrorCode = 'file_unreadable' | 'file_empty' | 'layout_unknown' | 'matches_none';

/** A file from which nothing can be read. What is wrong with a row or a cell is a {@link Problem} instead, and the rest still flows. */
export class FootballDataError extends Error {
  override readonly name = 'FootballDataError';
  readonly code: FootballDataErrorCode;

  constructor(code: FootballDataErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type ProblemCode =
  | 'row_malformed' | 'row_ragged' | 'row_incomplete' | 'match_repeated'
  | 'date_malformed' | 'time_malformed' | 'score_malformed' | 'result_inconsistent'
  | 'price_malformed' | 'line_malformed' | 'line_missing'
  | 'columns_incomplete' | 'column_repeated';

/** Something that could not be read: `at` is `file:row` or `file:row:column`, rows counted from 1 as a text editor does. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly at: string;
}
