import pg from 'pg';

/** PostgreSQL cannot be used as it is: it is not there, or not migrated. The message says what to do. */
export class DatabaseUnusable extends Error {
  readonly code: 'database_unreachable' | 'database_not_migrated';
  override readonly name = 'DatabaseUnusable';

  constructor(code: DatabaseUnusable['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A value that no column can hold, found before it was sent. `sqlState` is what PostgreSQL would have said. */
export class Unstorable extends Error {
  readonly code = 'unstorable';
  override readonly name = 'Unstorable';
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.sqlState = sqlState;
  }
}

/** What PostgreSQL says of a row that it will never take: a data exception, a broken constraint, an indexed text that is too long. */
export const isOfRow = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.code !== undefined && /^(22|23|54000)/.test(error.code);

/** The code of a dead letter whose row was refused. */
export const refusalCode = (sqlState: string): string => `row_refused_${sqlState}`;

/** Classes and codes of PostgreSQL (its documentation, appendix A) that say nothing against doing the same again. */
const passingStates = [
  '08', //     connection exceptions
  '40001', '40P01', // serialization failure, deadlock
  '53', //     insufficient resources: too many connections, disk full
  '55P03', '57014', // lock timeout, statement timeout
  '57P01', '57P02', '57P03', '57P05', // shut down, crashed, starting up, idle for too long
];

/** Whether an error passes by itself, so that the same may be tried again: a connection lost, a server restarting, a lock that was held. */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return passingStates.some((state) => error.code?.startsWith(state) === true);
  const { code, message = '' } = error as NodeJS.ErrnoException;
  return (code !== undefined && networkCodes.has(code)) || /^Connection terminated|timeout|Client has encountered a connection error/i.test(message);
};

const networkCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);
