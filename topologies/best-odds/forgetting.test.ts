import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import avro from 'avsc';
import t from 'tap';
import { compileDecoder } from '../../schemas/codec/compile.ts';
import { Control } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Reader } from '../../schemas/codec/reader.ts';
import { topics } from '../../schemas/topics.ts';
import { Fate } from '../../stream/fates.ts';
import { Task } from '../../stream/task.ts';
import { start } from '../../stream/topology.ts';
import { bestOdds, type BestOddsConfig } from './topology.ts';

const START_MS = 1_700_000_000_000;
const MARKETS = 200_000, LIVE = 1_000, BATCH = 2_000;

t.setTimeout(120_000);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapUsed = (): number => { collectGarbage(); return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers; };

t.test('two hundred thousand markets that pass by, a thousand at a time, leave nothing behind', (t) => {
  // One new market a millisecond, each with outcomes of its own, and each over after a second.
  const config: BestOddsConfig = { windowMs: 100, latenessMs: 0, quoteTtlMs: LIVE, maxLegAgeMs: LIVE, stakeStepMinor: 100, stakeStepsMinor: {} };
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  let values = 0, tombstones = 0;
  const run = start(bestOdds, config, ['arbitrages', 'books'], task, (target, written) => {
    if (target !== 'books') return;
    for (let i = 0; i < written.size; i++) if (written.start(i) === written.end(i)) tombstones++; else values++;
  });
  const { avsc } = topics.oddsUpdates.schema, { keys, strings } = task.dictionaries;
  const columns = topics.oddsUpdates.schema.columns(task.dictionaries), reader = new Reader();
  const type = avro.Type.forSchema(JSON.parse(avsc) as avro.Schema);
  const decoder = compileDecoder({ writerAvsc: avsc, readerAvsc: avsc, keyFields: topics.oddsUpdates.keyFields, fields: bestOdds.reads! });

  let keyCapacity = 0, stringCapacity = 0, heapBefore = 0;
  for (let next = 0; next < MARKETS;) {
    for (const end = next + BATCH; next < end; next++) {
      const value = type.toBuffer({
        timestamp: START_MS + next, provider: `book${next % 3}`, sport: 'football', event_id: `e${next}`, market: 'first_scorer', odds: { [`player ${next}`]: 3, [`player ${next + 0.5}`]: 4 }, volume: null,
        status: 'open', in_play: false, starts_at: null, observed_at: null, sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {},
      });
      const key = Buffer.from(`football:e${next}:first_scorer`);
      task.fates.delivered++;
      decoder.decode(reader.over(value), value.length, columns, keys.id(key, 0, key.length), next, key, 0, key.length);
    }
    run(columns);
    columns.clear();
    keyCapacity = Math.max(keyCapacity, keys.capacity);
    stringCapacity = Math.max(stringCapacity, strings.capacity);
    if (next === MARKETS / 10) heapBefore = heapUsed();
  }
  const grown = heapUsed() - heapBefore;

  // Those that live, those of one batch, and as many again before it is worth looking: whatever the number that passes.
  t.ok(keyCapacity < 12_000, `ids of keys: at most ${keyCapacity}`);
  t.ok(stringCapacity < 24_000, `ids of strings: at most ${stringCapacity}`);
  t.ok(grown < 5 * 2 ** 20, `nine tenths of the way memory grew by ${Math.round(grown / 2 ** 20)} MiB: not with what has been`);
  columns.appendControl(Control.tick, MARKETS, START_MS + MARKETS + 10 * LIVE, -1);
  run(columns);
  t.equal(values, MARKETS);
  t.equal(tombstones, MARKETS, 'whoever reads the books forgets them too');
  t.equal(task.fates.counts[Fate.applied], MARKETS);
  t.equal(task.fates.unaccounted, 0);
  t.equal(task.earliestTimerMs, Infinity, 'nothing is left to wait for');
  t.end();
});
