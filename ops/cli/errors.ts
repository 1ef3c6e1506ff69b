/** The command line was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: string;
  constructor(message: string, code = 'usage') {
    super(message);
    this.code = code;
  }
}

interface Coded { readonly code?: unknown; readonly message?: unknown; readonly detail?: unknown; readonly cause?: unknown; readonly errors?: readonly unknown[] }

/** Codes by which Node says that somebody does not answer. */
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Node's error of a connection that no address took has no message of its own, only those of its attempts. */
const textOf = (error: unknown): string => {
  const { message, errors } = error as Coded;
  if (typeof message === 'string' && message !== '') return message;
  return errors === undefined || errors.length === 0 ? String(error) : textOf(errors[0]);
};

/** One line for a person: what is wrong, and what to do where that is not in the message. */
export const lineOf = (error: unknown): string => {
  const { code } = error as Coded;
  const text = textOf(error).split('\n')[0]!.trim();
  if (typeof code !== 'string' || !(error instanceof Error)) return text;
  if (code === 'EADDRINUSE') return `${text}: something else listens there; choose another port with --metrics-port`;
  if (NETWORK.has(code)) return `${text}: a server does not answer; 'oddstream status' says which one, 'oddstream stack start' starts the local ones`;
  if (code === '28P01' || code === '28000') return `${text}: PostgreSQL refuses the login; check the URL of this role in the config`;
  if (code === '42P01' || code === '3F000') return `${text}: the database is not ready for this version; run 'oddstream migrate'`;
  return text;
};

/** What an error says beyond its first line: more lines, or those of a log. */
export const detailOf = (error: unknown): string => {
  const { detail } = (error ?? {}) as Coded;
  return [...textOf(error).split('\n').slice(1), ...(typeof detail === 'string' && detail !== '' ? [detail] : [])].join('\n').trimEnd();
};

const PASSING_NAMES = new Set(['KafkaSourceError', 'ProducerError', 'CheckpointAborted', 'RegistryUnavailable', 'SinkFenced', 'LibrdKafkaError', 'MaxRetriesPerRequestError', 'BrokenCircuitError', 'TaskCancelledError', 'DatabaseUnusable']);
const REFUSALS = new Set(['topic_missing', 'schema_not_registered', 'schema_incompatible', 'registry_refused', 'setting_malformed', 'setting_unknown', 'address_missing', 'database_not_migrated', 'format_unknown', 'versions_unknown', 'access_refused',
  '28P01', '28000', '42P01', '3F000', '42501', '3D000']);
/** PostgreSQL's classes of trouble that passes: connection, resources, operator's doing, rolled back, locks. */
const PASSING_SQL = /^(08|53|57|40|55)[0-9A-Z]{3}$/;
const PASSING_TEXT = /Connection terminated|Connection is closed|connection timeout|timeout expired|the database system is (starting up|shutting down|in recovery mode)/i;

/** What an error of a pipeline means for its supervisor (`runtime/supervise.ts`): looked up along its causes, the outermost first. */
export const verdictOf = (error: unknown): 'passing' | 'refusal' | 'bug' => {
  for (let at = error; at instanceof Error || isLibrdkafka(at); at = (at as Coded).cause) {
    const { code, message } = at as Coded;
    const { name } = at as Error;
    if (typeof code === 'string' && REFUSALS.has(code)) return 'refusal';
    if (PASSING_NAMES.has(name) || isLibrdkafka(at)) return 'passing';
    if (typeof code === 'string' && (NETWORK.has(code) || PASSING_SQL.test(code))) return 'passing';
    if (typeof message === 'string' && PASSING_TEXT.test(message)) return 'passing';
  }
  return 'bug';
};

/** The Kafka client's errors are no instances of one class in all of its versions; they say where they come from. */
const isLibrdkafka = (error: unknown): boolean => {
  const { code, origin } = (error ?? {}) as { code?: unknown; origin?: unknown };
  return typeof code === 'number' && (origin === 'local' || origin === 'kafka');
};
