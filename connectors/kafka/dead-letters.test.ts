import t from 'tap';
import { lettersOf, type LetteredTopic, passedOverBecause, readStories, type Story, type StoryFilter } from './dead-letters.ts';
import { letterHeaders, markerHeaders } from './letter.ts';
import type { LoggedRecord, RecordReader } from './records.ts';

const DEAD = 'odds-updates.dead';
type Written = Pick<LoggedRecord, 'headers'> & Partial<LoggedRecord>;

/** Partitions of one topic of dead letters, in memory; a record's append time is its offset. */
const readerOf = (...partitions: readonly (readonly Written[])[]): RecordReader & { readonly reads: string[] } => {
  const logs = partitions.map((records, partition) => records.map((record, offset): LoggedRecord => ({ topic: DEAD, partition, offset, appendTimeMs: offset, key: Buffer.from('k'), value: Buffer.from(`v${offset}`), ...record })));
  const reads: string[] = [];
  return {
    reads,
    partitions: (topic) => Promise.resolve(topic === DEAD ? logs.length : undefined),
    range: ({ partition }) => Promise.resolve({ start: 0, end: logs[partition]!.length }),
    offsetAt: (_, appendTimeMs) => Promise.resolve(appendTimeMs),
    async *read({ partition, offset }, until) {
      reads.push(`${partition}: ${offset} to ${until}`);
      for (let at = offset; at < until; at += 2) yield await Promise.resolve(logs[partition]!.slice(at, Math.min(at + 2, until)));
    },
    at: () => Promise.reject(new TypeError('not asked here')),
    close: () => Promise.resolve(),
  };
};
const refused = (offset: number, { pipeline = 'best-odds', code = 'truncated', origin = undefined as number | undefined } = {}): Written =>
  ({ headers: letterHeaders({ deadTopic: DEAD, topic: 'odds-updates', partition: 0, offset, pipeline, code, message: `of ${offset}`, key: null, value: null, ...(origin === undefined ? {} : { origin: `odds-updates/0/${origin}` }) }) });
const marker = (origin: number, as: number, pipeline = 'best-odds'): Written => ({ value: null, headers: markerHeaders(pipeline, `odds-updates/0/${origin}`, as) });

const TOPIC: LetteredTopic = { name: 'odds-updates', readBy: ['best-odds', 'odds-history', 'subscribers'], cleanup: 'delete' };
const storiesOf = async (records: RecordReader, filter: StoryFilter = {}): Promise<Story[]> => {
  const all: Story[] = [];
  for await (const stories of readStories({ records, topics: [{ ...TOPIC, name: 'not-there' }, TOPIC], namespace: '', filter })) all.push(...stories);
  return all;
};
const brief = ({ pipeline, origin, at, letter, tries, replayed }: Story) => [pipeline, origin.offset, at.offset, letter.offset, tries, replayed?.as.offset];

t.test('a record is one story for each pipeline that refused it, however often its letter was written', async (t) => {
  const stories = await storiesOf(readerOf([refused(5), refused(7), refused(5, { pipeline: 'odds-history' }), refused(5), refused(7), { headers: [{ other: 'header' }] }, refused(9)]));
  t.same(stories.map(brief), [['best-odds', 5, 5, 0, 1, undefined], ['best-odds', 7, 7, 1, 1, undefined], ['best-odds', 9, 9, 6, 1, undefined], ['odds-history', 5, 5, 2, 1, undefined]]);
  t.match(stories[0], { code: 'truncated', message: 'of 5', diedAtMs: 0, origin: { topic: 'odds-updates', partition: 0 }, letter: { topic: DEAD, partition: 0 } });
});

t.test('a replay belongs to the story, and so does its being refused again', async (t) => {
  t.same((await storiesOf(readerOf([refused(5), marker(5, 20), marker(7, 21)]))).map(brief), [['best-odds', 5, 5, 0, 1, 20]], 'a marker alone is no story');
  t.same((await storiesOf(readerOf([refused(5), marker(5, 20), refused(20, { origin: 5, code: 'null_key' })]))).map(brief), [['best-odds', 5, 20, 2, 2, undefined]]);
  t.same((await storiesOf(readerOf([refused(5), marker(5, 20), refused(20, { origin: 5 }), marker(5, 30)]))).map(brief), [['best-odds', 5, 20, 2, 2, 30]]);
  t.same((await storiesOf(readerOf([refused(5), marker(5, 20), refused(5)]))).map(brief), [['best-odds', 5, 5, 0, 1, 20]], 'the first letter written again does not undo that it was replayed');
  t.same((await storiesOf(readerOf([refused(5), marker(5, 20, 'odds-history')]))).map(brief), [['best-odds', 5, 5, 0, 1, undefined]], 'nor does what another pipeline was given');
});

t.test('filters', async (t) => {
  const reader = readerOf([refused(5), refused(7, { code: 'null_key' }), refused(5, { pipeline: 'odds-history' }), marker(5, 20), refused(20, { origin: 5 })], [refused(3)]);
  const offsets = async (filter: StoryFilter): Promise<string[]> => (await storiesOf(reader, filter)).map(({ pipeline, origin, letter }) => `${pipeline} ${letter.partition}/${origin.offset}`);
  t.same(await offsets({ pipeline: 'odds-history' }), ['odds-history 0/5']);
  t.same(await offsets({ code: 'null_key' }), ['best-odds 0/7']);
  t.same(await offsets({ partition: 0, offset: 5 }), ['best-odds 0/5', 'odds-history 0/5']);
  t.same(await offsets({ partition: 0, offset: 20 }), ['best-odds 0/5'], 'also by the replay that was refused last');
  t.same(await offsets({ untilMs: 2 }), ['best-odds 0/7', 'best-odds 1/3'], 'the newest letter of a story says when it died');
  reader.reads.length = 0;
  t.same(await offsets({ partition: 0, sinceMs: 2 }), ['odds-history 0/5', 'best-odds 0/5']);
  t.same(reader.reads, ['0: 2 to 5'], 'what lies before the time is not read');
});

t.test('letters come with their stories, and only those', async (t) => {
  const reader = readerOf([refused(5), refused(7), refused(9), refused(11)]);
  const wanted = (await storiesOf(reader)).filter(({ origin }) => origin.offset === 5 || origin.offset === 9);
  reader.reads.length = 0;
  const found: unknown[] = [];
  for await (const letters of lettersOf(reader, wanted)) found.push(...letters.map(([{ origin }, { value }]) => [origin.offset, Buffer.from(value!).toString()]));
  t.same(found, [[5, 'v0'], [9, 'v2']]);
  t.same(reader.reads, ['0: 0 to 3']);
  for await (const letters of lettersOf(reader, [])) t.fail(`nothing is asked for: ${letters.length}`);
});

t.test('what is not replayed', async (t) => {
  const [fresh, replayed] = await storiesOf(readerOf([refused(5), refused(7), marker(7, 20)]));
  const letter = { key: null, value: Buffer.from('v') } as unknown as LoggedRecord, empty = { ...letter, value: null }, plainly = { again: false, hasValue: false };
  t.equal(passedOverBecause(fresh!, letter, TOPIC, plainly), undefined);
  t.equal(passedOverBecause(replayed!, letter, TOPIC, plainly), 'already_replayed');
  t.equal(passedOverBecause(replayed!, letter, TOPIC, { ...plainly, again: true }), undefined);
  t.equal(passedOverBecause(fresh!, empty, TOPIC, plainly), 'nothing_to_replay');
  t.equal(passedOverBecause(fresh!, empty, TOPIC, { ...plainly, hasValue: true }), undefined);
  t.equal(passedOverBecause(fresh!, letter, { ...TOPIC, cleanup: 'compact' }, plainly), 'compacted_topic_shared');
  t.equal(passedOverBecause(fresh!, letter, { ...TOPIC, cleanup: 'compact', readBy: ['best-odds', 'subscribers'] }, plainly), undefined, 'its pipeline alone reads it');
});
