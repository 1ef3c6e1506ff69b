import avro from 'avsc';
import { Redis } from 'ioredis';
import pg from 'pg';
import { PatientRegistry } from '../../connectors/kafka/patient-registry.ts';
import { deadTopicName, hasDeadLetters, topicName, topics } from '../../schemas/topics.ts';
import type { Event } from '../../schemas/generated/event.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import { changelogTopic } from '../../runtime/changelog.ts';
import { type RecordPipeline, sourceOf, type TopologyPipeline } from '../../runtime/pipeline.ts';
import { fateNames } from '../../stream/fates.ts';
import type { AnyTopic } from '../../stream/topology.ts';
import type { StackAddresses } from '../stack/stack.ts';
import { difference } from './compare.ts';
import { LogReader, type LogRecord } from './log.ts';
import { arbitrageRows, bestOddsRows, eventRows, oddsHistoryRows, type TableCheck } from './rows.ts';
import { type Dead, deadFor, type Schemas, type Undisturbed, undisturbed, type Value } from './undisturbed.ts';

/** Something that is not as it must be. */
export interface Violation {
  readonly check: string;
  readonly text: string;
  /** The first few that differ. */
  readonly first: readonly unknown[];
}

/** What was compared: how much of it, and what became of it. */
export interface Check { readonly check: string; readonly compared: number; readonly violations: readonly Violation[]; readonly note?: string }

export interface Subject {
  readonly addresses: StackAddresses;
  readonly pipelines: readonly RecordPipeline[];
  readonly config: (pipeline: RecordPipeline) => unknown;
  readonly say: (line: string) => void;
}

/** How many of what differs are shown. */
const SHOWN = 3;

/** Adds up what was found on each partition. */
class Tally {
  readonly #of = new Map<string, { compared: number; violations: Violation[]; notes: string[] }>();

  add(check: string, compared: number, violation?: Omit<Violation, 'check'>): void {
    const of = this.#ofCheck(check);
    of.compared += compared;
    if (violation !== undefined) of.violations.push({ check, ...violation });
  }

  note(check: string, text: string): void { this.#ofCheck(check).notes.push(text); }

  get checks(): Check[] {
    return Array.from(this.#of, ([check, { compared, violations, notes }]) => ({ check, compared, violations, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) }));
  }

  #ofCheck(check: string): { compared: number; violations: Violation[]; notes: string[] } {
    let of = this.#of.get(check);
    if (of === undefined) this.#of.set(check, of = { compared: 0, violations: [], notes: [] });
    return of;
  }
}

/**
 * Holds all that a disturbed run has left against what its input log says: topics value for value and in order, dead letters, rows, the cache. Pipelines must have
 * read all there is, and have ended.
 */
export const verify = async ({ addresses, pipelines, config, say }: Subject): Promise<readonly Check[]> => {
  const registry = new PatientRegistry(addresses.registryUrl, { namespace: '' });
  const ids = new Map<string, number>();
  for (const topic of Object.values(topics)) ids.set(topic.name, await registry.idOf(topic));
  const schemas: Schemas = { idOf: ({ name }) => ids.get(name)!, schemaOf: (id) => registry.schemaOf(id) };
  const named = (name: string): RecordPipeline => pipelines.find((pipeline) => pipeline.name === name)!;
  const topology = (name: string): TopologyPipeline => named(name) as TopologyPipeline;
  const reader = await LogReader.connect(addresses.brokers);
  const read = (topic: string, partition: number): Promise<LogRecord[]> => reader.read(topic, partition);

  const tally = new Tally(), live = new Set<string>();
  const database = new pg.Client({ connectionString: addresses.postgres.owner.url });
  await database.connect();
  const redis = new Redis(addresses.redisUrl);
  try {
    for (let partition = 0; partition < topics.oddsUpdates.partitions; partition++) {
      say(`verifying partition ${partition}`);
      const updates = await read(topicName(topics.oddsUpdates), partition);
      const expected = await undisturbed(topology('best-odds'), config(named('best-odds')), partition, updates, schemas);
      const written = await compareTargets(tally, topology('best-odds'), expected, partition, schemas, read);
      compareAccounts(tally, 'best-odds', partition, expected, updates.length);
      await compareKeptAccounts(tally, 'best-odds', partition, expected, schemas, read);

      const books = await read(topicName(topics.marketBooks), partition);
      const fair = await undisturbed(topology('fair-odds'), config(named('fair-odds')), partition, books, schemas);
      await compareTargets(tally, topology('fair-odds'), fair, partition, schemas, read);
      await compareKeptAccounts(tally, 'fair-odds', partition, fair, schemas, read);
      const best = written.get(topics.bestOdds.name)!, arbitrages = written.get(topics.arbitrage.name)!;

      const events = await read(topicName(topics.events), partition);
      const dead = new Map<string, readonly Dead[]>([['best-odds', expected.dead], ['fair-odds', fair.dead]]);
      for (const [name, records] of [['odds-history', updates], ['best-odds-history', best], ['arbitrage-history', arbitrages], ['odds-cache', books], ['events', events]] as const) {
        dead.set(name, await deadFor(named(name), config(named(name)), partition, records, schemas));
      }
      await compareDeadLetters(tally, pipelines, dead, new Map([[topics.oddsUpdates.name, updates], [topics.marketBooks.name, books], [topics.bestOdds.name, best], [topics.arbitrage.name, arbitrages], [topics.events.name, events]]), partition, read);

      const rows = new Rows(tally, database, schemas, partition);
      await rows.compare(oddsHistoryRows, updates, dead.get('odds-history')!);
      await rows.compare(bestOddsRows, best, dead.get('best-odds-history')!);
      await rows.compare(arbitrageRows, arbitrages, dead.get('arbitrage-history')!);
      await rows.compare(eventRows, newestEvents(events, await decoderOf(schemas, events)), dead.get('events')!);
      await compareCache(tally, redis, partition, books, await decoderOf(schemas, books), live);
    }
    await compareKeys(tally, redis, live);
  } finally {
    redis.disconnect();
    await Promise.all([database.end(), reader.close()]);
  }
  return tally.checks;
};

/** Holds what lies in a topology's targets against what should. Returns the targets' records by the topic's name. */
const compareTargets = async (
  tally: Tally, pipeline: TopologyPipeline, expected: Undisturbed, partition: number, schemas: Schemas, read: (topic: string, partition: number) => Promise<LogRecord[]>,
): Promise<Map<string, LogRecord[]>> => {
  const found = new Map<string, LogRecord[]>();
  for (const target of pipeline.wants) {
    const topic = pipeline.topology.targets[target] as AnyTopic;
    const records = await read(topicName(topic), partition);
    found.set(topic.name, records);
    const values = records.filter(({ control }) => control === undefined), wanted = expected.outputs.get(target)!;
    const diff = difference(values.map(fingerprint), wanted.map(fingerprint));
    if (diff === undefined) { tally.add(topic.name, wanted.length); continue; }
    const decode = await decoderOf(schemas, [...values, ...wanted]);
    const show = ({ key, value }: Value): unknown => ({ key: key.toString(), value: value === null ? null : decode(value) });
    const first = [
      ...diff.extra.slice(0, SHOWN).map((at) => ({ extra: { offset: values[at]!.offset, ...show(values[at] as Value) as object } })),
      ...diff.missing.slice(0, SHOWN).map((at) => ({ missing: { number: at, ...show(wanted[at]!) as object } })),
      ...(diff.outOfOrderAt === undefined ? [] : [{ outOfOrder: { offset: values[diff.outOfOrderAt]!.offset, there: show(values[diff.outOfOrderAt] as Value), wanted: show(wanted[diff.outOfOrderAt]!) } }]),
    ];
    tally.add(topic.name, wanted.length, { text: `partition ${partition}: ${describe(diff, values.length, wanted.length)}`, first });
  }
  return found;
};

const describe = ({ extra, missing, outOfOrderAt }: NonNullable<ReturnType<typeof difference>>, there: number, wanted: number): string =>
  (outOfOrderAt === undefined ? `${extra.length} too many and ${missing.length} missing` : `another order from number ${outOfOrderAt} on`) + ` (${there} are there, ${wanted} should be)`;

const fingerprint = ({ key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }): string => `${key?.toString('latin1') ?? ''}\n${value?.toString('latin1') ?? '\0'}`;

/** What an undisturbed reading makes of a log must itself add up; and no window may be left open, or the comparison would pass over what is in it. */
const compareAccounts = (tally: Tally, pipeline: string, partition: number, { fates, delivered, waiting }: Undisturbed, records: number): void => {
  const ended = Object.values(fates).reduce((sum, count) => sum + count, 0);
  tally.add('undisturbed accounts', records, delivered === records && ended === records && waiting === 0 ? undefined
    : { text: `${pipeline} partition ${partition}: of ${records} records ${delivered} were delivered, ${ended} ended, ${waiting} wait`, first: [fates] });
};

/** What the last snapshot says became of the records must be what an undisturbed reading makes of them, whatever lives the task has had. */
const compareKeptAccounts = async (
  tally: Tally, pipeline: string, partition: number, { fates, delivered }: Undisturbed, schemas: Schemas, read: (topic: string, partition: number) => Promise<LogRecord[]>,
): Promise<void> => {
  const last = (await read(changelogTopic(pipeline, ''), partition)).findLast(({ key }) => key?.toString() === '@task');
  const kept = last === undefined ? undefined : (await decoderOf(schemas, [last]))(last.value!) as { readonly delivered: number; readonly fates: Readonly<Record<string, number>> };
  const isSame = kept?.delivered === delivered && fateNames.every((name) => kept.fates[name] === fates[name]);
  tally.add('accounts in the last snapshot', delivered, isSame ? undefined : { text: `${pipeline} partition ${partition}: they are not those of an undisturbed reading`, first: [{ kept, wanted: { delivered, fates } }] });
};

/** Of a topology each dead letter is there once, of a sink at least once: there the coordinates tell that two are one. All are as they came. */
const compareDeadLetters = async (
  tally: Tally, pipelines: readonly RecordPipeline[], expected: ReadonlyMap<string, readonly Dead[]>, sources: ReadonlyMap<string, readonly LogRecord[]>, partition: number,
  read: (topic: string, partition: number) => Promise<LogRecord[]>,
): Promise<void> => {
  for (const topic of Object.values(topics) as unknown as AnyTopic[]) {
    const source = sources.get(topic.name);
    if (source === undefined || !hasDeadLetters(topic)) continue;
    const originals = new Map(source.map((record) => [record.offset, record]));
    const letters = (await read(deadTopicName(topic), partition)).map(({ headers, key, value }) => {
      const offset = Number(headers['oddstream-dead-offset']);
      const original = originals.get(offset);
      const isAsItCame = original !== undefined && fingerprint(original) === fingerprint({ key, value });
      return `${headers['oddstream-dead-pipeline']} ${headers['oddstream-dead-topic']}-${headers['oddstream-dead-partition']} ${offset} ${headers['oddstream-dead-code']}${isAsItCame ? '' : ' CHANGED'}`;
    });
    for (const pipeline of pipelines) {
      if (sourceOf(pipeline).name !== topic.name) continue;
      const ours = letters.filter((letter) => letter.startsWith(`${pipeline.name} `));
      const once = pipeline.kind === 'topology' ? ours : [...new Set(ours)];
      const wanted = expected.get(pipeline.name)!.map(({ offset, code }) => `${pipeline.name} ${topicName(topic)}-${partition} ${offset} ${code}`);
      const diff = difference(once.toSorted(), wanted.toSorted());
      tally.add('dead letters', wanted.length, diff === undefined ? undefined : {
        text: `${pipeline.name} partition ${partition}: ${describe(diff, once.length, wanted.length)}`,
        first: [...diff.extra.slice(0, SHOWN).map((at) => ({ extra: once.toSorted()[at] })), ...diff.missing.slice(0, SHOWN).map((at) => ({ missing: wanted.toSorted()[at] }))],
      });
      if (once.length < ours.length) tally.note('dead letters', `${pipeline.name} partition ${partition}: ${ours.length - once.length} of ${ours.length} again, with the same coordinates`);
    }
  }
};

/** Rows of one partition. */
class Rows {
  readonly #tally: Tally;
  readonly #database: pg.Client;
  readonly #schemas: Schemas;
  readonly #partition: number;

  constructor(tally: Tally, database: pg.Client, schemas: Schemas, partition: number) {
    this.#tally = tally;
    this.#database = database;
    this.#schemas = schemas;
    this.#partition = partition;
  }

  async compare<V>({ table, lines, sql }: TableCheck<V>, records: readonly LogRecord[], dead: readonly Dead[]): Promise<void> {
    const isDead = new Set(dead.map(({ offset }) => offset));
    const good = records.filter(({ control, value, offset }) => control === undefined && value !== null && !isDead.has(offset));
    const decode = await decoderOf(this.#schemas, good);
    const wanted = good.flatMap(({ value, offset }) => lines(decode(value!) as V, offset)).sort();
    const there = (await this.#database.query<{ line: string }>(sql, [this.#partition])).rows.map(({ line }) => line).sort();
    const diff = difference(there, wanted);
    this.#tally.add(`table ${table}`, wanted.length, diff === undefined ? undefined : {
      text: `partition ${this.#partition}: ${describe(diff, there.length, wanted.length)}`,
      first: [...diff.extra.slice(0, SHOWN).map((at) => ({ extra: there[at] })), ...diff.missing.slice(0, SHOWN).map((at) => ({ missing: wanted[at] }))],
    });
  }
}

/** Decodes by avsc, with the schemas that these records were written with. */
const decoderOf = async ({ schemaOf }: Schemas, records: readonly { readonly value: Buffer | null }[]): Promise<(value: Buffer) => unknown> => {
  const types = new Map<number, avro.Type>();
  for (const { value } of records) {
    const id = value === null || value.length < 5 ? -1 : value.readUInt32BE(1);
    if (id < 0 || types.has(id)) continue;
    const schema = await schemaOf(id).catch(() => undefined);
    if (schema !== undefined) types.set(id, avro.Type.forSchema(JSON.parse(schema) as avro.Schema));
  }
  return (value) => types.get(value.readUInt32BE(1))?.fromBuffer(value.subarray(5)) ?? value.toString('hex');
};

const newestEvents = (records: readonly LogRecord[], decode: (value: Buffer) => unknown): LogRecord[] => {
  const newest = new Map<string, { readonly record: LogRecord; readonly timestamp: number }>();
  for (const record of records) {
    if (record.control !== undefined || record.value === null) continue;
    const { event_id: event, timestamp } = decode(record.value) as Event;
    if ((newest.get(event)?.timestamp ?? -Infinity) <= timestamp) newest.set(event, { record, timestamp });
  }
  return Array.from(newest.values(), ({ record }) => record);
};

/** What HGETALL must give for a record of market-books. */
const hashOf = ({ timestamp, in_play, quotes }: MarketBook, offset: number, partition: number): Record<string, unknown> => {
  const hash: Record<string, Record<string, unknown>> = { _meta: { timestamp, offset, partition, in_play, providers: quotes.length } };
  const lay: Record<string, Record<string, number>> = {};
  for (const { provider, prices } of quotes) {
    for (const { outcome, price, lay: layPrice } of prices) {
      if (price !== null) (hash[outcome] ??= {})[provider] = price;
      if (layPrice !== null) (lay[outcome] ??= {})[provider] = layPrice;
    }
  }
  if (Object.keys(lay).length > 0) hash['_meta']!['lay'] = lay;
  return hash;
};

const sorted = (value: unknown): unknown => (typeof value !== 'object' || value === null ? value : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, of]) => [name, sorted(of)])));

/** Each market's hash is its latest book; a market that is over has none. Adds the keys of those that are not to `live`. */
const compareCache = async (tally: Tally, redis: Redis, partition: number, books: readonly LogRecord[], decode: (value: Buffer) => unknown, live: Set<string>): Promise<void> => {
  const latest = new Map<string, LogRecord>();
  for (const record of books) if (record.control === undefined && record.key !== null) latest.set(record.key.toString(), record);
  const differing: unknown[] = [];
  for (const [key, { value, offset }] of latest) {
    if (value !== null) live.add(`odds:${key}`);
    const there = Object.fromEntries(Object.entries(await redis.hgetall(`odds:${key}`)).map(([field, text]) => [field, JSON.parse(text) as unknown]));
    const wanted = value === null ? {} : hashOf(decode(value) as MarketBook, offset, partition);
    if (JSON.stringify(sorted(there)) !== JSON.stringify(sorted(wanted))) differing.push({ key, there, wanted });
  }
  tally.add('Redis', latest.size, differing.length === 0 ? undefined : { text: `partition ${partition}: ${differing.length} of ${latest.size} markets differ from their latest book`, first: differing.slice(0, SHOWN) });
};

const compareKeys = async (tally: Tally, redis: Redis, live: ReadonlySet<string>): Promise<void> => {
  const surplus: string[] = [];
  for await (const keys of redis.scanStream({ match: 'odds:*', count: 1_000 }) as AsyncIterable<string[]>) surplus.push(...keys.filter((key) => !live.has(key)));
  tally.add('Redis', 0, surplus.length === 0 ? undefined : { text: `${surplus.length} keys of markets that are over, or never were`, first: surplus.slice(0, SHOWN) });
};
