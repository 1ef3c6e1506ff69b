import t from 'tap';
import { tickHeaders } from '../../connectors/kafka/control.ts';
import type { ValueDecoder } from '../../connectors/kafka/decode.ts';
import type { LoggedRecord, RecordReader } from '../../connectors/kafka/records.ts';
import bestOdds from '../../pipelines/best-odds/pipeline.ts';
import fairOdds from '../../pipelines/fair-odds/pipeline.ts';
import type { TopologyPipeline } from '../../runtime/pipeline.ts';
import { type RangesOptions, rangesOf } from './ranges.ts';

const START_MS = 1_760_000_000_000, SECOND = 1_000;
const config = bestOdds.config.parse({ windowMs: 1_000, latenessMs: 500, quoteTtlMs: 60_000 });
const horizonMs = bestOdds.topology.horizonMs(config) + bestOdds.maxSkewMs(config);

/** Two partitions of a record a second, appended as they happened: the event times of the first lag behind by `behindMs`. */
const log = (behindMs = 0, poisonAt?: number): RecordReader => {
  const lengths = [500, 10], first = 100;
  const record = (partition: number, offset: number): LoggedRecord => {
    const appendTimeMs = START_MS + (offset - first) * SECOND;
    return { topic: 'odds-updates', partition, offset, appendTimeMs, key: null, value: null, headers: tickHeaders(offset === poisonAt ? appendTimeMs + 9e9 : appendTimeMs - behindMs) as never };
  };
  return {
    partitions: (topic) => Promise.resolve(topic === 'odds-updates' ? 2 : undefined),
    range: ({ partition }) => Promise.resolve({ start: first, end: first + lengths[partition]! }),
    offsetAt: ({ partition }, atMs) => Promise.resolve(Math.min(first + lengths[partition]!, first + Math.max(0, Math.ceil((atMs - START_MS) / SECOND)))),
    async *read({ partition, offset }, until) { for (let at = offset; at < until; at++) yield [record(partition, at)]; },
    at: () => Promise.reject(new Error('not asked for')),
    close: () => Promise.resolve(),
  };
};
const ask = (over: Partial<RangesOptions> = {}) => rangesOf({
  records: log(), decoder: undefined as unknown as ValueDecoder, pipeline: bestOdds as TopologyPipeline, settings: config, topic: 'odds-updates', partition: undefined, from: undefined, to: undefined, isHorizonEnough: true, ...over,
});

t.test('without bounds it is all that the log holds', async (t) => {
  t.strictSame((await ask()).map(({ start, from, to }) => [start, from, to]), [[100, 100, 600], [100, 100, 110]]);
});

t.test('times are those of appending; a partition that holds less has nothing to give', async (t) => {
  const [long, short] = await ask({ from: { atMs: START_MS + 300 * SECOND }, to: { atMs: START_MS + 400 * SECOND } });
  t.match(long, { from: 400, to: 500 });
  t.match(short, { start: 110, from: 110, to: 110 });
});

t.test('what lies more than a horizon and the allowed skew before the range is not read, and no less', async (t) => {
  const [range] = await ask({ partition: 0, from: { offset: 500 } });
  // The earliest of the two hundred records before it: none of them can be poison alone.
  const earliestMs = START_MS + (500 - 200 - 100) * SECOND;
  t.equal(range!.start, 100 + Math.ceil((earliestMs - horizonMs - START_MS) / SECOND));
  t.match((await ask({ partition: 0, from: { offset: 500 }, records: log(0, 499) }))[0], { start: range!.start }, 'a record of the future among them changes nothing');
  t.match((await ask({ partition: 0, from: { offset: 500 }, records: log(1e9) }))[0], { start: 100 }, 'event times that lie far behind their appending: all of the log may matter');
});

t.test('stores without a horizon are read from the beginning, unless one is told to be enough', async (t) => {
  t.match((await ask({ partition: 0, from: { offset: 500 }, isHorizonEnough: false }))[0], { start: 100, from: 500 });
  t.match((await ask({ partition: 0, from: { offset: 500 }, isHorizonEnough: false, pipeline: fairOdds as unknown as TopologyPipeline, settings: fairOdds.config.parse({}) }))[0], { from: 500 });
  t.not((await ask({ partition: 0, from: { offset: 500 }, isHorizonEnough: false, pipeline: fairOdds as unknown as TopologyPipeline, settings: fairOdds.config.parse({}) }))[0]!.start, 100, 'one that has none of those need not be told');
});

t.test('what is not there is refused in words', async (t) => {
  await t.rejects(ask({ topic: 'x.odds-updates' }), { code: 'usage', message: /no topic 'x.odds-updates'/ });
  await t.rejects(ask({ partition: 2 }), { code: 'usage', message: /has 2 partitions, and none of the number 2/ });
  await t.rejects(ask({ partition: 1, to: { offset: 111 } }), { code: 'usage', message: /holds the offsets 100 to 110, and not 111/ });
  await t.rejects(ask({ partition: 0, from: { offset: 300 }, to: { offset: 200 } }), { code: 'usage', message: /ends at 200, before it begins at 300/ });
});
