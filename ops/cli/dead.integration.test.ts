import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { tickHeaders } from '../../connectors/kafka/control.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { decoded, kafkaOf, type LogRecord, recordsOf } from '../../pipelines/testing/log-for-tests.ts';
import { startTestStack } from '../../pipelines/testing/stack-for-tests.ts';
import { keyOf, updateOf, V2, wireOf } from '../../runtime/testing/records.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import { askFigures, type Figures } from './figures.ts';
import { hosts } from './processes.ts';

// One stack, one log, three pipelines: what they refuse is listed, shown, replayed and passed over; what they say is traced back.
t.setTimeout(1_800_000);
const NAMESPACE = 'letters';
const INPUT = `${NAMESPACE}.odds-updates`, DEAD = `${INPUT}.dead`;
const PARTITIONS = topics.oddsUpdates.partitions;
const stack = await startTestStack(t);
await stack.prepare(NAMESPACE);
const registry = new SchemaRegistry(stack.registryUrl, { namespace: NAMESPACE });
const schemaId = await registry.idOf(topics.oddsUpdates);
const env = { ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: NAMESPACE, ODDSTREAM_POSTGRES_SINK_URL: stack.plain.sinkUrl, ODDSTREAM_LOG_LEVEL: 'error' };
const program = fileURLToPath(new URL('oddstream.cjs', import.meta.url));
const running = new Set<ReturnType<typeof spawn>>();
t.teardown(() => { for (const child of running) child.kill('SIGKILL'); });

const oddstream = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env, timeout: 400_000, maxBuffer: 64 << 20 });
  return { status, stdout, stderr };
};
/** What a command says as JSON; it must end well. */
const said = <A>(...args: string[]): A => {
  const { status, stdout, stderr } = oddstream(...args, '--json');
  if (status !== 0) throw new Error(`oddstream ${args.join(' ')}: ${status}: ${stderr}`);
  return JSON.parse(stdout) as A;
};
const until = async (what: string, isSo: () => boolean | Promise<boolean>, ms = 400_000): Promise<void> => {
  for (const untilMs = Date.now() + ms; !await isSo(); await sleep(200)) if (Date.now() > untilMs) throw new Error(`not so within ${ms} ms: ${what}`);
};
const pipeline = (name: string): void => {
  const child = spawn(process.execPath, [program, 'run', name, '--port', '0'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  running.add(child);
  child.on('close', () => running.delete(child));
};

/** What the pipelines say of themselves. */
const figures = async (): Promise<Map<string, Figures>> =>
  new Map((await Promise.all(hosts(stack.home).map((host) => askFigures(host)))).flatMap((all) => all ?? []).map((one) => [one.pipeline, one]));
const sumOf = ({ fates }: Figures): number => Object.values(fates).reduce((sum, count) => sum + count, 0);

interface Expected { readonly partition: number; readonly offset: number; readonly code: string; readonly value: Buffer }
const poisons: Expected[] = [];
const offsets = Array.from({ length: PARTITIONS }, () => 0);
const producer = await connectProducer({ brokers: stack.brokers });
t.teardown(() => producer.disconnect());
const put = (update: OddsUpdate, value: Buffer, key: Buffer = keyOf(update)): { partition: number; offset: number } => {
  const partition = partitionOf(keyOf(update).toString(), PARTITIONS);
  producer.produce(INPUT, partition, value, key);
  return { partition, offset: offsets[partition]!++ };
};
const tickAll = (timestamp: number): void => {
  for (let partition = 0; partition < PARTITIONS; partition++) { producer.produce(INPUT, partition, null, null, tickHeaders(timestamp)); offsets[partition]!++; }
};

const START_MS = Math.floor(Date.now() / 1_000) * 1_000 - 300_000;
const SECONDS = 60;
/** A minute of three providers on twelve contests, with poison of five kinds between. */
const write = async (): Promise<void> => {
  let state = 7;
  const random = (below: number): number => { state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff; return Math.floor(state / 0x8000_0000 * below); };
  for (let i = 0; i < SECONDS * 10; i++) {
    const update = updateOf({
      timestamp: START_MS + i * 100, provider: ['acme', 'bolt', 'crown'][random(3)]!, event_id: `e${random(12)}`, market: 'moneyline', odds: { home: (150 + random(90)) / 100, away: (150 + random(90)) / 100 },
    });
    const wire = (changed: OddsUpdate = update, id = schemaId): Buffer => wireOf(changed, V2, id);
    put(update, wire());
    const kinds: Readonly<Record<string, readonly [Buffer, Buffer?]>> = {
      not_wire_format: [Buffer.from('this is no wire format')], price_out_of_bounds: [wire({ ...update, odds: { home: 0.5, away: 2 } })], key_mismatch: [wire(), Buffer.from('football:another:moneyline')],
      unknown_schema_id: [wire(update, 2_000_000_000)], truncated: [wire().subarray(0, -2)],
    };
    const code = i % 40 === 13 ? Object.keys(kinds)[(i - 13) / 40 % 5] : undefined;
    if (code !== undefined) poisons.push({ ...put(update, ...kinds[code] as [Buffer, Buffer?]), code, value: kinds[code]![0] });
  }
  tickAll(START_MS + SECONDS * 1_000 + 5_000);
  await producer.flush(240_000);
};
await write();
pipeline('best-odds');
pipeline('odds-history');
pipeline('fair-odds');
const READERS = ['best-odds', 'odds-history'];
const records = (): number => offsets.reduce((sum, offset) => sum + offset, 0);

/** Waits until both pipelines have accounted for so many records. */
const accounted = async (count: number): Promise<Map<string, Figures>> => {
  let all = new Map<string, Figures>();
  await until(`${count} records are accounted for`, async () => {
    all = await figures();
    return READERS.every((name) => { const one = all.get(name); return one !== undefined && one.delivered === count && sumOf(one) === count; });
  });
  return all;
};

interface Listed { readonly topic: string; readonly partition: number; readonly offset: number; readonly pipeline: string; readonly code: string; readonly tries: number; readonly lastOffset: number; readonly letter: { topic: string; partition: number; offset: number }; readonly replayed: { offset: number } | null; readonly at: string }
const byPlace = <A extends { partition: number; offset: number; pipeline: string }>(list: readonly A[]): A[] => [...list].sort((a, b) => a.partition - b.partition || a.offset - b.offset || a.pipeline.localeCompare(b.pipeline));

const first = await accounted(records());

t.test('what was refused is listed once for each pipeline, with where it was and where its letter lies', async (t) => {
  for (const name of READERS) t.match(first.get(name), { unaccounted: 0, fates: { dead: poisons.length } }, name);
  const listed = said<Listed[]>('dead', 'list');
  const expected = READERS.flatMap((pipeline) => poisons.map(({ partition, offset, code }) => ({ topic: INPUT, partition, offset, pipeline, code })));
  t.strictSame(byPlace(listed).map(({ topic, partition, offset, pipeline, code }) => ({ topic, partition, offset, pipeline, code })), byPlace(expected));
  t.ok(listed.every(({ tries, replayed, lastOffset, offset }) => tries === 1 && replayed === null && lastOffset === offset));
  const letters = new Map((await recordsOf(stack, DEAD)).map((record) => [`${record.partition}/${record.offset}`, record]));
  t.ok(listed.every(({ partition, offset, pipeline, letter }) => {
    const { headers } = letters.get(`${letter.partition}/${letter.offset}`)!;
    return headers['oddstream-dead-pipeline'] === pipeline && headers['oddstream-dead-partition'] === String(partition) && headers['oddstream-dead-offset'] === String(offset);
  }), 'each letter lies where it is said to lie');

  t.equal(said<Listed[]>('dead', 'list', 'odds-updates', '--pipeline', 'best-odds', '--code', 'truncated').length, poisons.filter(({ code }) => code === 'truncated').length);
  const { at: middle } = listed[Math.floor(listed.length / 2)]!, since = said<Listed[]>('dead', 'list', '--since', middle), before = said<Listed[]>('dead', 'list', '--until', middle);
  t.strictSame([...since, ...before], listed, 'each before a moment or not');
  t.ok(since.every(({ at }) => at >= middle) && before.every(({ at }) => at < middle) && since.length > 0);
  t.equal(said<Listed[]>('dead', 'list', '--topic', 'market-books').length, 0);
  t.strictSame(said<Listed[]>('dead', 'list', '--limit', '4'), listed.slice(0, 4), 'the newest');
  const counts = said<{ topic: string; pipeline: string; code: string; letters: number }[]>('dead', 'list', '--count');
  t.equal(counts.length, 10);
  for (const { topic, pipeline, code, letters } of counts) t.strictSame([topic, letters], [INPUT, poisons.filter((poison) => poison.code === code).length], `${pipeline} ${code}`);
  const { stdout, stderr } = oddstream('dead', 'list', '--limit', '2');
  t.match(stdout, /^record +letter +pipeline +code +state +at +why\nletters\.odds-updates\/\d\/\d+ +letters\.odds-updates\.dead\/\d\/\d+ /);
  t.match(stderr, new RegExp(`newest 2 of ${listed.length}`));
});

const poisonOf = (code: string): Expected => poisons.find((poison) => poison.code === code)!;
const shownOf = (code: string) => {
  const { partition, offset } = poisonOf(code);
  return ['dead', 'show', 'odds-updates', String(partition), String(offset), '--pipeline', 'best-odds'];
};

t.test('one is shown with its bytes, and with what they say where they say something', async (t) => {
  const [broken] = said<Record<string, unknown>[]>(...shownOf('price_out_of_bounds'));
  t.match(broken, { isOriginalInLog: true, code: 'price_out_of_bounds', schemaId, value: { odds: { home: 0.5, away: 2 } }, bytes: poisonOf('price_out_of_bounds').value.toString('base64') });
  for (const code of ['truncated', 'not_wire_format', 'unknown_schema_id']) t.match(said<unknown[]>(...shownOf(code))[0], { code, error: /./, bytes: poisonOf(code).value.toString('base64') });
  const { stdout } = oddstream(...shownOf('not_wire_format'));
  t.match(stdout, /refused by +best-odds, at .*\nbecause +not_wire_format: .*\nletter .*\nreplayed +no\noriginal +is still in the log/);
  t.match(stdout, /000000 {2}74 68 69 73 .* {2}this is no wire \n/);
  const nothing = oddstream('dead', 'show', 'odds-updates', '0', '0');
  t.equal(nothing.status, 1);
  t.match(nothing.stderr, /There is no dead letter of odds-updates\/0\/0/);
});

const logOf = async (partition: number): Promise<LogRecord[]> => (await recordsOf(stack, INPUT)).filter((record) => record.partition === partition);

t.test('a corrected record reaches its own pipeline as a value, and the other as control', async (t) => {
  const { partition, offset } = poisonOf('price_out_of_bounds'), place = ['odds-updates', String(partition), String(offset)];
  const before = await accounted(records());
  t.match(oddstream('dead', 'replay', ...place), { status: 2, stderr: /2 records match: --yes/ }, 'two pipelines refused it');
  t.strictSame(said<unknown[]>('dead', 'replay', ...place, '--dry-run').length, 2);
  const market = { event_id: 'mended', market: 'moneyline', timestamp: START_MS + SECONDS * 1_000 + 4_900 };
  const mended = wireOf(updateOf({ ...market, odds: { home: 2.5, away: 2.5 } }), V2, schemaId), file = join(stack.home, 'mended.bin');
  writeFileSync(file, mended);
  t.match(oddstream('dead', 'replay', ...place, '--value', file, '--yes'), { status: 2, stderr: /--value is for one record, and 2 match/ });
  t.equal((await logOf(partition)).filter(({ headers }) => 'oddstream-for' in headers).length, 0, 'nothing was written by any of these');

  // The key spells another market than the mended value: it is refused again, under the same story, and then replayed with a value that fits.
  const misfit = said<Listed[]>('dead', 'replay', ...place, '--pipeline', 'best-odds', '--value', file);
  t.match(misfit, [{ pipeline: 'best-odds', offset }]);
  await until('it was refused again', () => said<Listed[]>('dead', 'list', '--pipeline', 'best-odds').some((letter) => letter.offset === offset && letter.partition === partition && letter.tries === 2));
  t.match(said<Listed[]>('dead', 'list', '--pipeline', 'best-odds').find((letter) => letter.offset === offset && letter.partition === partition), { code: 'key_mismatch', replayed: null });

  const original = (await logOf(partition)).find((record) => record.offset === offset)!;
  const [sport, eventId, name] = original.key!.toString().split(':') as [string, string, string];
  const right = wireOf(updateOf({ sport, event_id: eventId, market: name, provider: 'acme', timestamp: market.timestamp, odds: { home: 2.45, away: 2.45 } }), V2, schemaId);
  writeFileSync(file, right);
  const [second] = said<(Listed & { replayedAs: number })[]>('dead', 'replay', ...place, '--pipeline', 'best-odds', '--value', file);
  const [, addressed] = (await logOf(partition)).filter(({ headers }) => 'oddstream-for' in headers);
  t.match(addressed, { offset: second!.replayedAs, headers: { 'oddstream-for': 'best-odds', 'oddstream-origin': `${INPUT}/${partition}/${offset}` } });
  t.strictSame([addressed!.key, addressed!.value], [original.key, right], 'bytes as they are');

  const after = await accounted(records() + 2);
  const moved = (name: string, fate: keyof Figures['fates']): number => after.get(name)!.fates[fate]! - before.get(name)!.fates[fate]!;
  t.strictSame([moved('best-odds', 'applied'), moved('best-odds', 'dead'), moved('best-odds', 'control')], [1, 1, 0], 'its own has refused the first and taken the second');
  t.strictSame([moved('odds-history', 'control'), moved('odds-history', 'dead'), moved('odds-history', 'applied')], [2, 0, 0], 'to the other both were nothing');
  for (const name of READERS) t.equal(after.get(name)!.unaccounted, 0);

  t.match(said<Listed[]>('dead', 'list', '--pipeline', 'best-odds').find((letter) => letter.offset === offset && letter.partition === partition), { replayed: { offset: second!.replayedAs } });
  t.match(said<unknown[]>('dead', 'replay', ...place, '--pipeline', 'best-odds'), [{ passed: 'already_replayed' }]);
  t.match(oddstream('dead', 'replay', ...place, '--pipeline', 'best-odds').stdout, /not replayed: it was already/);
  t.equal((await logOf(partition)).filter(({ headers }) => 'oddstream-for' in headers).length, 2, 'once');
});

t.test('what is still wrong is refused again, and stays one story', async (t) => {
  const truncated = poisons.filter(({ code }) => code === 'truncated'), asked = ['--code', 'truncated', '--pipeline', 'odds-history'];
  const before = await accounted(records() + 2), count = said<Listed[]>('dead', 'list').length;
  t.equal(oddstream('dead', 'replay', ...asked).status, 2, 'several need --yes');
  t.equal(said<{ replayedAs: number | null }[]>('dead', 'replay', ...asked, '--yes').filter(({ replayedAs }) => replayedAs !== null).length, truncated.length);
  await until('all were refused again', () => said<Listed[]>('dead', 'list', ...asked).every(({ tries, replayed }) => tries === 2 && replayed === null));
  const after = await accounted(records() + 2 + truncated.length);
  t.equal(after.get('odds-history')!.fates['dead']! - before.get('odds-history')!.fates['dead']!, truncated.length);
  t.equal(after.get('best-odds')!.fates['control']! - before.get('best-odds')!.fates['control']!, truncated.length);
  const listed = said<Listed[]>('dead', 'list', ...asked);
  t.strictSame(byPlace(listed).map(({ partition, offset }) => [partition, offset]), truncated.map(({ partition, offset }) => [partition, offset]).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!), 'by where they first were');
  t.ok(listed.every(({ lastOffset, offset }) => lastOffset > offset));
  t.equal(said<Listed[]>('dead', 'list').length, count, 'none more');
});

interface Traced { readonly topic: string; readonly partition: number; readonly offset: number; readonly kind: string; readonly roles?: string[]; readonly value?: Record<string, unknown>; readonly eventTime?: string; readonly appendTime?: string; readonly missing?: string; readonly reason?: string; readonly inputs: Traced[] }
const why = (topic: string, { partition, offset }: { partition: number; offset: number }): Traced => JSON.parse(oddstream('why', topic, String(partition), String(offset), '--json').stdout) as Traced;
const whyText = (topic: string, partition: number, offset: number) => oddstream('why', topic, String(partition), String(offset));
const all = (trace: Traced): Traced[] => [trace, ...trace.inputs.flatMap(all)];

t.test('why: an output leads to the records that it was made of', async (t) => {
  const read = async (topic: string): Promise<{ records: LogRecord[]; values: (Record<string, unknown> | undefined)[] }> => {
    const records = (await recordsOf(stack, topic)).filter(({ headers, value }) => !('oddstream-for' in headers) && value !== null);
    return { records, values: topic === INPUT ? [] : await decoded<Record<string, unknown>>(stack, records) };
  };
  const input = new Map((await recordsOf(stack, INPUT)).map((record) => [`${record.partition}/${record.offset}`, record]));
  /** Every record of the input in a trace says what an independent client reads there. */
  const holds = async (trace: Traced): Promise<number> => {
    const leaves = all(trace).filter(({ topic, kind }) => topic === INPUT && kind === 'value');
    for (const { partition, offset, value } of leaves) {
      const [independent] = await decoded<Record<string, unknown>>(stack, [input.get(`${partition}/${offset}`)!]);
      t.strictSame(value, JSON.parse(JSON.stringify(independent)), `${partition}/${offset}`);
    }
    return leaves.length;
  };
  type Row = { readonly offset: number; readonly provider: string };
  const rowsOf = (value: Record<string, unknown>, field: string): Row[] => value[field] as Row[];
  const offsetsOf = (traces: readonly Traced[]): number[] => [...new Set(traces.map(({ offset }) => offset))].sort((a, b) => a - b);
  const distinct = (...offsets: number[]): number[] => [...new Set(offsets)].sort((a, b) => a - b);

  for (const [name, field] of [['best-odds', 'outcomes'], ['arbitrage', 'legs'], ['market-books', 'quotes']] as const) {
    const { records, values } = await read(`${NAMESPACE}.${name}`);
    const at = values.findLastIndex((value) => rowsOf(value!, field).length > 1 && new Set(rowsOf(value!, field).map(({ offset }) => offset)).size > 1);
    t.ok(at >= 0, `${name}: ${records.length} records`);
    const record = records[at]!, value = values[at]!, trace = why(name, record);
    t.strictSame(trace.value, JSON.parse(JSON.stringify(value)), `${name}: itself`);
    t.match(trace, { topic: `${NAMESPACE}.${name}`, partition: record.partition, offset: record.offset, eventTime: new Date(value['timestamp'] as number).toISOString(), appendTime: /^20/ });
    t.strictSame(offsetsOf(trace.inputs), distinct(...rowsOf(value, field).map(({ offset }) => offset), value['source_offset'] as number), `${name}: all that it names, and no more`);
    t.ok(trace.inputs.every(({ topic, partition }) => topic === INPUT && partition === value['source_partition']));
    for (const { offset, provider } of rowsOf(value, field)) {
      t.match(trace.inputs.find((one) => one.offset === offset), { value: { provider }, roles: [new RegExp(`${field}.*${provider}|source_offset`)] }, `${name}: ${provider}'s quote is ${provider}'s`);
    }
    t.ok(await holds(trace) >= 2);
  }

  let fairOdds = await read(`${NAMESPACE}.fair-odds`);
  await until('fair-odds has read some books', async () => { fairOdds = await read(`${NAMESPACE}.fair-odds`); return fairOdds.values.some((value) => rowsOf(value!, 'providers').length > 1); });
  const { records, values } = fairOdds;
  const at = values.findLastIndex((value) => rowsOf(value!, 'providers').length > 1);
  const fair = why('fair-odds', records[at]!), value = values[at]!;
  t.match(fair.inputs, [{ topic: `${NAMESPACE}.market-books`, offset: value['source_offset'], kind: 'value', roles: ['source_offset'] }]);
  t.equal(fair.inputs.length, 1, 'its quotes are shown under the book that it read');
  const below = offsetsOf(fair.inputs[0]!.inputs);
  for (const { offset } of rowsOf(value, 'providers')) t.ok(below.includes(offset), `quote ${offset}`);
  t.ok(await holds(fair) >= 2);

  const { stdout, status } = whyText('fair-odds', records[at]!.partition, records[at]!.offset);
  t.equal(status, 0);
  t.match(stdout, new RegExp(`^letters\\.fair-odds/${records[at]!.partition}/${records[at]!.offset}  event time .*, appended .*\\n  key: .*(\\n  .*)+\\n    ← letters\\.market-books/\\d/\\d+  \\(source_offset\\).*(\\n  .*)+\\n        ← letters\\.odds-updates/\\d/\\d+  \\(quotes `));
});

t.test('why: a replayed record leads to the first of its story; markers, ticks, and what is outside are said to be what they are', async (t) => {
  const { partition, offset } = poisonOf('price_out_of_bounds');
  const replayed = (await logOf(partition)).filter(({ headers }) => headers['oddstream-for'] === 'best-odds');
  for (const { offset: as } of replayed) t.match(why('odds-updates', { partition, offset: as }), { kind: 'value', inputs: [{ offset, roles: ['replayed for best-odds'], value: { odds: { home: 0.5 } } }] });
  t.match(whyText('odds-updates', partition, replayed[0]!.offset + 1), { status: 1, stdout: /no record: the marker at which a transaction was committed/ });
  t.match(whyText('odds-updates', partition, offsets[partition]! - 1), { status: 0, stdout: /event time .*\n {2}a tick: event time goes on/ });
  t.match(whyText('odds-updates', partition, 1_000_000), { status: 1, stdout: /outside of the log, which holds the offsets from 0 up to \d+/ });
  const { partition: at, offset: bad } = poisonOf('not_wire_format');
  t.match(whyText('odds-updates', at, bad), { status: 0, stdout: /it does not begin with a zero byte[^\n]*\n {2}000000 {2}74 68/ });
});

t.test('why: an input that is gone is said to be gone', async (t) => {
  const best = (await recordsOf(stack, `${NAMESPACE}.best-odds`)).filter(({ value }) => value !== null), values = await decoded<{ source_offset: number; outcomes: { offset: number }[] }>(stack, best);
  const at = values.findIndex((value) => value!.outcomes.length > 1), { partition } = best[at]!;
  // The newest input that it depends on need not be one of the best quotes.
  const keep = Math.max(values[at]!.source_offset, ...values[at]!.outcomes.map(({ offset }) => offset));
  const admin = kafkaOf(stack).admin();
  await admin.connect();
  await admin.fetchTopicOffsets(INPUT); //  without it the client does not know where the topic's leaders are
  await admin.deleteTopicRecords({ topic: INPUT, partitions: [{ partition, offset: String(keep + 1) }] });
  await admin.disconnect();
  const trace = why('best-odds', best[at]!);
  t.ok(trace.inputs.length > 0 && trace.inputs.every(({ kind, missing }) => kind === 'missing' && missing === 'before_log'));
  t.match(whyText('best-odds', partition, best[at]!.offset).stdout, new RegExp(`no longer in the log: retention has removed it; the log begins at offset ${keep + 1}`));
});

t.test('a verdict to pass over a record lies in its pipeline\'s changelog', async (t) => {
  const changelog = `${NAMESPACE}.best-odds.changelog`, admin = kafkaOf(stack).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: changelog, numPartitions: PARTITIONS, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] });
  await admin.disconnect();
  const { partition } = poisonOf('truncated'), offset = offsets[partition]! - 1;
  const add = (...args: string[]) => oddstream('dead', 'add', ...args);
  t.match(add('best-odds', 'events', '0', '1', '--reason', 'x'), { status: 2, stderr: /best-odds does not read events: it reads letters\.odds-updates/ });
  t.match(add('best-odds', 'odds-updates', '99', '1', '--reason', 'x'), { status: 2, stderr: /has 8 partitions/ });
  t.match(add('best-odds', 'odds-updates', String(partition), '1000000', '--reason', 'x'), { status: 2, stderr: /is none of them/ });
  t.match(add('best-odds', 'odds-updates', String(partition), String(offset), '--reason', 'divides by zero'), { status: 0, stderr: /passes over .* from its next start on/ });
  const verdicts = (await recordsOf(stack, changelog)).filter(({ key }) => key!.toString().startsWith('@pass/'));
  t.match(verdicts, [{ partition, key: Buffer.from(`@pass/${offset}`) }]);
  t.match(JSON.parse(verdicts[0]!.value!.toString()), { reason: 'divides by zero', by: /./, atMs: Number });
});
