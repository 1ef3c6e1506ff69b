import { z } from 'zod';
import { mechanisms } from '../../connectors/kafka/brokers.ts';
import type { SnapshotEvery } from '../../runtime/context.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const brokerList = z.string().regex(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, 'give host:port, several of them divided by commas');

const urlOf = (protocols: readonly string[]): z.ZodType<string> => z.string().refine((text) => {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && new URL(text).hostname !== '';
}, `give a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')} and names a host`);

/** A restart reads again, silently, what came since: measured, a million records take about a second. */
const SNAPSHOT_RECORDS = 1_000_000;
const snapshotEvery = z.coerce.string().regex(/^(checkpoint|[1-9]\d{0,11}s?)$/, 'give checkpoint, a number of records such as 1000000, or seconds such as 30s').transform((text): SnapshotEvery => {
  if (text === 'checkpoint') return text;
  return text.endsWith('s') ? { records: SNAPSHOT_RECORDS, ms: 1_000 * Number(text.slice(0, -1)) } : { records: Number(text), ms: Infinity };
});

const postgresUrl = urlOf(['postgresql:', 'postgres:']);

/** One setting: its name in the file, what it is called elsewhere, and what it may be. */
export interface Setting<Value = unknown> {
  readonly env: string;
  /** The option of the command line, where there is one. Secrets have none: a command line can be read by every user of the machine. */
  readonly flag?: string;
  readonly doc: string;
  /** Its value is never shown. */
  readonly isSecret?: true;
  readonly schema: z.ZodType<Value>;
}

const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

/** Every setting that is not a pipeline's own. */
export const settings = {
  home: setting({ env: 'ODDSTREAM_HOME', flag: '--home', doc: 'Folder of the local stack, its logs, and the places of feeds', schema: z.string().min(1, 'give a folder') }),
  namespace: setting({
    env: 'ODDSTREAM_NAMESPACE', flag: '--namespace', doc: "Prefix of all topics and groups; empty for the platform's own",
    schema: z.string().regex(/^([a-z0-9][a-z0-9_-]{0,62})?$/, 'give lower case letters, digits, - and _, beginning with a letter or digit'),
  }),
  brokers: setting({ env: 'ODDSTREAM_BROKERS', flag: '--brokers', doc: "Kafka's bootstrap servers", schema: brokerList }),
  brokersTls: setting({
    env: 'ODDSTREAM_BROKERS_TLS', doc: 'Whether Kafka is spoken with within TLS: true or false; true where a CA file is named',
    schema: z.coerce.string().regex(/^(true|false)$/, 'give true or false').transform((text) => text === 'true'),
  }),
  brokersCaFile: setting({ env: 'ODDSTREAM_BROKERS_CA_FILE', doc: "PEM of the authorities whose certificates of Kafka's brokers are believed; without it the client libraries' own", schema: z.string().min(1, 'give a file') }),
  brokersSasl: setting({
    env: 'ODDSTREAM_BROKERS_SASL', doc: `How to log in to Kafka: ${mechanisms.join(', ')}; PLAIN sends the password as it is, so it wants TLS`,
    schema: z.enum(mechanisms, { error: `give one of ${mechanisms.join(', ')}` }),
  }),
  brokersUsername: setting({ env: 'ODDSTREAM_BROKERS_USERNAME', doc: 'Who logs in to Kafka', schema: z.string().min(1, 'give a name') }),
  brokersPassword: setting({ env: 'ODDSTREAM_BROKERS_PASSWORD', doc: 'With what', isSecret: true, schema: z.string().min(1, 'give a password') }),
  registryUrl: setting({ env: 'ODDSTREAM_REGISTRY_URL', flag: '--registry-url', doc: "Base of the schema registry's Confluent-compatible API", schema: urlOf(['http:', 'https:']) }),
  postgresOwnerUrl: setting({ env: 'ODDSTREAM_POSTGRES_OWNER_URL', doc: 'PostgreSQL as the owner of the tables: migrations', isSecret: true, schema: postgresUrl }),
  postgresSinkUrl: setting({ env: 'ODDSTREAM_POSTGRES_SINK_URL', doc: 'PostgreSQL as a member of odds_writer: sinks', isSecret: true, schema: postgresUrl }),
  postgresBetsUrl: setting({ env: 'ODDSTREAM_POSTGRES_BETS_URL', doc: 'PostgreSQL as a member of bets_writer: bets, settlement and the ledger', isSecret: true, schema: postgresUrl }),
  postgresQuantUrl: setting({ env: 'ODDSTREAM_POSTGRES_QUANT_URL', doc: 'PostgreSQL as the role that only reads', isSecret: true, schema: postgresUrl }),
  redisUrl: setting({ env: 'ODDSTREAM_REDIS_URL', doc: 'Redis', isSecret: true, schema: urlOf(['redis:', 'rediss:']) }),
  source: setting({
    env: 'ODDSTREAM_SOURCE', doc: 'How pipelines read: batches, by a fetcher of record batches, or messages, by the client library alone', schema: z.enum(['batches', 'messages']),
  }),
  snapshotEvery: setting<SnapshotEvery>({
    env: 'ODDSTREAM_SNAPSHOT_EVERY', doc: 'How often topologies make their state durable: 30s, so many records (1000000), or checkpoint for with every commit', schema: snapshotEvery,
  }),
  logLevel: setting({ env: 'ODDSTREAM_LOG_LEVEL', flag: '--log-level', doc: `Least important lines of the log that are written: ${logLevels.join(', ')}`, schema: z.enum(logLevels) }),
  metricsPort: setting({
    env: 'ODDSTREAM_METRICS_PORT', flag: '--metrics-port', doc: "First port of the pipelines' metrics on 127.0.0.1; each pipeline has its own distance from it",
    schema: z.coerce.number('give a port').int('give a whole number').min(1024, 'give a port from 1024 to 65000').max(65_000, 'give a port from 1024 to 65000'),
  }),
} as const;

export type SettingName = keyof typeof settings;
export type SettingValue<Name extends SettingName> = (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
export const settingNames = Object.keys(settings) as readonly SettingName[];
