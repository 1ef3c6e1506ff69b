import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { tickHeaders } from '../../connectors/kafka/control.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { decoded, recordsOf } from '../../pipelines/testing/log-for-tests.ts';
import { as, startTestStack } from '../../pipelines/testing/stack-for-tests.ts';
import { keyOf, updateOf, V2, wireOf } from '../../runtime/testing/records.ts';
import { topics } from '../../schemas/topics.ts';

// A pipeline with a bug gives up at two records, is told to pass over them, and goes on; once it is mended, it gets one of them back. What it says meanwhile is held against
// the same log in another namespace, where ticks lie in those records' places, read by the pipeline as it is.
t.setTimeout(1_800_000);
const SPOILED = 'spoiled', CALM = 'calm', AGAIN = 'again';
const PARTITIONS = topics.oddsUpdates.partitions;
const TARGETS = [topics.bestOdds, topics.arbitrage, topics.marketBooks].map(({ name }) => name);
const stack = await startTestStack(t);
const schemaIds = new Map<string, number>();
for (const namespace of [SPOILED, CALM]) {
  await stack.prepare(namespace);
  schemaIds.set(namespace, await new SchemaRegistry(stack.registryUrl, { namespace }).idOf(topics.oddsUpdates));
}
const producer = await connectProducer({ brokers: stack.brokers });
t.teardown(() => producer.disconnect());

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const started = (namespace: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } => {
  const env = { ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: namespace, ODDSTREAM_POSTGRES_SINK_URL: stack.plain.sinkUrl, ODDSTREAM_LOG_LEVEL: 'error' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env, timeout: 400_000, maxBuffer: 64 << 20 });
  return { status, stdout, stderr };
};
const oddstream = (namespace: string, ...args: string[]) => started(namespace, pathOf('oddstream.cjs'), ...args);
/** One start of the pipeline with the bug, which ends where the log does or where it gives up. */
const spoiled = () => started(SPOILED, pathOf('../program.cjs'), pathOf('spoiled-for-tests.ts'));
const runsWell = ({ status, stderr }: ReturnType<typeof started>, what: string): void => { if (status !== 0) throw new Error(`${what}: ${status}: ${stderr.slice(-2_000)}`); };

interface Place { readonly partition: number; readonly offset: number }
const offsets = Array.from({ length: PARTITIONS }, () => 0);
type Content = readonly [key: Buffer | null, value: Buffer | null, headers?: ReturnType<typeof tickHeaders>];
/** Appends to both logs, to each what it is to have there. */
const put = (partition: number, content: (namespace: string) => Content): Place => {
  for (const namespace of [SPOILED, CALM]) {
    const [key, value, ...headers] = content(namespace);
    producer.produce(`${namespace}.odds-updates`, partition, value, key, ...headers);
  }
  return { partition, offset: offsets[partition]!++ };
};
const START_MS = Math.floor(Date.now() / 1_000) * 1_000 - 300_000;
const tickAt = (ms: number): Content => [null, null, tickHeaders(START_MS + ms)];
let state = 11;
const random = (below: number): number => { state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff; return Math.floor(state / 0x8000_0000 * below); };
const quote = (ms: number, provider: string, contest: number): Place => {
  const update = updateOf({ timestamp: START_MS + ms, provider, event_id: `e${contest}`, market: 'moneyline', odds: { home: provider === 'bug' ? 2.45 : (150 + random(90)) / 100, away: (150 + random(90)) / 100 } });
  const key = keyOf(update);
  return put(partitionOf(key.toString(), PARTITIONS), (namespace) => (provider === 'bug' && namespace === CALM ? tickAt(ms) : [key, wireOf(update, V2, schemaIds.get(namespace)!)]));
};
/** Quotes of three providers on twelve contests, ten a second, and a tick two seconds behind them; the bug's own is among them or comes after all. Returns where that lies. */
const write = async (fromMs: number, toMs: number, bugAtMs: number): Promise<Place> => {
  let bad: Place | undefined;
  for (let ms = fromMs; ms < toMs; ms += 100) {
    if (ms === bugAtMs) bad = quote(ms, 'bug', 0); else quote(ms, ['acme', 'bolt', 'crown'][random(3)]!, random(12));
  }
  for (let partition = 0; partition < PARTITIONS; partition++) put(partition, () => tickAt(toMs + 2_000));
  bad ??= quote(bugAtMs, 'bug', 0);
  await producer.flush(240_000);
  return bad;
};

/** What is said in a namespace: of each target and partition the values in order, behind their schemas' ids. */
const said = async (namespace: string): Promise<Record<string, string[]>> => {
  const all: Record<string, string[]> = {};
  for (const target of TARGETS) {
    for (let partition = 0; partition < PARTITIONS; partition++) all[`${target}/${partition}`] = [];
    for (const { partition, key, value } of await recordsOf(stack, `${namespace}.${target}`)) all[`${target}/${partition}`]!.push(`${key!.toString()} ${value === null ? 'tombstone' : value.subarray(5).toString('hex')}`);
  }
  return all;
};
const isBeginning = (part: Record<string, string[]>, whole: Record<string, string[]>): boolean => Object.entries(part).every(([name, values]) => values.every((value, i) => value === whole[name]![i]));
const countOf = (all: Record<string, string[]>): number => Object.values(all).flat().length;
interface Accounts { readonly next_offset: number; readonly delivered: number; readonly fates: Readonly<Record<string, number>> }
/** The accounts of each partition, as the pipeline's last snapshot has them. */
const accountsOf = async (namespace: string): Promise<Accounts[]> => {
  const records = (await recordsOf(stack, `${namespace}.best-odds.changelog`)).filter(({ key }) => key!.toString() === '@task'), last = new Map(records.map((record) => [record.partition, record]));
  const values = await decoded<Accounts>(stack, Array.from({ length: PARTITIONS }, (_, partition) => last.get(partition)!));
  return values.map((value) => ({ next_offset: value!.next_offset, delivered: value!.delivered, fates: value!.fates }));
};
const endedOf = ({ fates }: Accounts): number => Object.values(fates).reduce((sum, count) => sum + count, 0);

// The first is of a window that opens only later: it is read, and waits, and the position goes past it. The second is met where it is read.
const waits = await write(0, 20_000, 22_300);
runsWell(spoiled(), 'nothing has come of the record yet');
const before = await said(SPOILED), { partition } = waits, bads = [waits, await write(22_000, 40_000, 30_700)];
runsWell(oddstream(CALM, 'run', 'best-odds', '--until-end'), 'undisturbed');
const calm = await said(CALM);
const argsOf = ({ offset }: Place): string[] => ['odds-updates', String(partition), String(offset)];

t.test('at each it gives up, as often as it is started, and names it; told to pass over it, it goes on', async (t) => {
  t.strictSame(bads.map((bad) => bad.partition), [partition, partition]);
  for (const { offset } of bads) {
    const place = `${SPOILED}.odds-updates, partition ${partition}, offset ${offset}`;
    for (const start of ['first', 'another']) {
      const { status, stderr } = spoiled(), lines = stderr.trim().split('\n');
      t.equal(status, 1, `${start} start`);
      t.strictSame(lines.slice(0, -1).map((line) => (JSON.parse(line) as { msg: string }).msg), Array(2).fill(`failed: failed at ${place}: divides by zero; it begins again from its checkpoint`));
      t.match(lines.at(-1), `best-odds failed 3 times at ${place}, and has given up: divides by zero.`);
      const now = await said(SPOILED);
      t.ok(countOf(before) > 100 && isBeginning(before, now) && isBeginning(now, calm), 'what it had said stands, once; of the rest only what others\' partitions say');
      for (const target of TARGETS) t.strictSame(now[`${target}/${partition}`], before[`${target}/${partition}`], `${target}: nothing of the record's partition`);
    }
    t.match(oddstream(SPOILED, 'dead', 'add', 'best-odds', ...argsOf({ partition, offset }), '--reason', 'divides by zero'), { status: 0, stderr: `best-odds passes over ${SPOILED}.odds-updates/${partition}/${offset} from its next start on` });
  }
  runsWell(spoiled(), 'with the bug still in it');
});

t.test('all else it has said once; the records are dead, each once', async (t) => {
  const now = await said(SPOILED), input = await recordsOf(stack, `${SPOILED}.odds-updates`);
  t.ok(countOf(now) > countOf(before) + 100, `${countOf(now)} values`);
  t.strictSame(now, calm);
  const letters = (await recordsOf(stack, `${SPOILED}.odds-updates.dead`)).map(({ key, value, headers }) => [key, value, ...['topic', 'partition', 'offset', 'pipeline', 'code'].map((name) => headers[`oddstream-dead-${name}`])]);
  t.strictSame(letters, bads.map(({ offset }) => {
    const { key, value } = input.find((record) => record.partition === partition && record.offset === offset)!;
    return [key, value, `${SPOILED}.odds-updates`, String(partition), String(offset), 'best-odds', 'passed_over'];
  }), 'bytes as they are');
  const accounts = await accountsOf(SPOILED);
  t.strictSame([accounts.map(({ delivered }) => delivered), accounts.map(endedOf)], [offsets, offsets], 'each record of the log was delivered, and has ended');
  t.strictSame(accounts.map(({ fates }) => fates['dead']), offsets.map((_, i) => (i === partition ? 2 : 0)));
  const ofCalm = (await accountsOf(CALM)).map(({ fates: { dead, control, ...fates }, ...rest }) => ({ ...rest, fates, both: dead! + control! }));
  t.strictSame(accounts.map(({ fates: { dead, control, ...fates }, ...rest }) => ({ ...rest, fates, both: dead! + control! })), ofCalm, 'as where ticks were in their place');
});

t.test('mended, it gets one back, and nobody else does', async (t) => {
  const [{ offset }] = bads as [Place];
  const { status, stdout, stderr } = oddstream(SPOILED, 'dead', 'replay', ...argsOf(waits), '--json');
  t.equal(status, 0, stderr);
  const [{ replayedAs }] = JSON.parse(stdout) as [{ replayedAs: number }];
  t.equal(replayedAs, offsets[partition]);
  for (let i = 0; i < PARTITIONS; i++) producer.produce(`${SPOILED}.odds-updates`, i, ...tickAt(50_000));
  await producer.flush(240_000);
  for (const pipeline of ['best-odds', 'odds-history']) runsWell(oddstream(SPOILED, 'run', pipeline, '--until-end'), `${pipeline}, mended`);

  const now = await said(SPOILED);
  t.ok(isBeginning(calm, now), 'what was said stands');
  for (const [target, field] of [['best-odds', 'outcomes'], ['market-books', 'quotes']] as const) {
    const records = (await recordsOf(stack, `${SPOILED}.${target}`)).filter((record) => record.partition === partition), more = records.slice(calm[`${target}/${partition}`]!.length);
    const quotes = (await decoded<Record<string, { provider: string; offset: number }[]>>(stack, records)).flatMap((value) => value?.[field]?.filter(({ provider }) => provider === 'bug') ?? []);
    t.ok(quotes.length > 0 && quotes.every((quote) => quote.offset === replayedAs), `${target}: its quote, and no other of the bug's`);
    t.match(await decoded(stack, more), [{ event_id: 'e0', source_partition: partition, source_offset: replayedAs }], `${target}: it names the record that was replayed`);
    t.equal(more.length, 1, `${target}: once`);
    const why = JSON.parse(oddstream(SPOILED, 'why', target, String(partition), String(more[0]!.offset), '--json').stdout) as { inputs: { offset: number }[] };
    t.match(why.inputs.find((input) => input.offset === replayedAs), { inputs: [{ partition, offset, roles: ['replayed for best-odds'], value: { provider: 'bug' } }] }, `${target}: it leads to the one that was passed over`);
  }
  const accounts = await accountsOf(SPOILED), expected = offsets.map((count, i) => count + (i === partition ? 2 : 1));
  t.strictSame([accounts.map(({ delivered }) => delivered), accounts.map(endedOf), accounts[partition]!.fates['dead']], [expected, expected, 2]);
  const rows = await as<{ source_offset: string }>(stack.plain.ownerUrl, `SELECT DISTINCT source_offset FROM ${SPOILED}.odds_history WHERE bookmaker_id = 'bug' ORDER BY 1`);
  t.strictSame(rows.map((row) => Number(row.source_offset)), bads.map((bad) => bad.offset), 'another pipeline has it from where it first was, and not again');
  const listed = JSON.parse(oddstream(SPOILED, 'dead', 'list', '--json').stdout) as { offset: number; code: string; tries: number; replayed: { offset: number } | null }[];
  t.strictSame(listed.map(({ offset, code, tries, replayed }) => [offset, code, tries, replayed?.offset]).sort((a, b) => Number(a[0]) - Number(b[0])), [[offset, 'passed_over', 1, replayedAs], [bads[1]!.offset, 'passed_over', 1, undefined]]);
  runsWell(oddstream(SPOILED, 'replay', 'best-odds', '--into', AGAIN), 'a replay of the whole log');
  t.strictSame(await said(AGAIN), now, 'verdicts are part of what the log is read by');
});
