/** A throw at one row. Where rows wait for their window, its record is another than the one that came when it threw. */
export class RowFailure extends Error {
  override readonly name = 'RowFailure';
  /** Where the row's record lies in the source partition. */
  readonly offset: number;

  constructor(offset: number, cause: unknown) {
    super(`failed at the row of offset ${offset}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.offset = offset;
  }
}
