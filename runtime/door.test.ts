import t from 'tap';
import type { Columns } from '../schemas/codec/columns.ts';
import { Control } from '../schemas/codec/columns.ts';
import { Dictionary } from '../schemas/codec/dictionary.ts';
import type { EventRow } from '../schemas/generated/event.ts';
import type { OddsUpdateRow } from '../schemas/generated/odds-update.ts';
import type { Topic } from '../schemas/topic.ts';
import { topics } from '../schemas/topics.ts';
import { fateNames } from '../stream/fates.ts';
import { Task } from '../stream/task.ts';
import { Decoders, Door, type DoorRules } from './door.ts';
import { UnknownSchemaId } from './ports.ts';
import { avscOf, keyOf, type LogRecord, pollOf, quote, START_MS, status, tick, updateOf, V1, V2, wireOf } from './testing/records.ts';

const MAX_SKEW_MS = 500;

const doorOf = (topic: Topic<any, any> = topics.oddsUpdates as Topic<any, any>, passedOver: DoorRules['passedOver'] = new Map()) => { // eslint-disable-line @typescript-eslint/no-explicit-any
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  const rejected: { offset: number; code: string; message: string }[] = [], asked: number[] = [];
  const decoders = new Decoders<any>(topic, undefined, async (id) => { // eslint-disable-line @typescript-eslint/no-explicit-any
    asked.push(id);
    if (id === V1 || id === V2) return avscOf(id);
    if (id === 77) return '{"type":"record","name":"OddsUpdate","namespace":"oddstream","fields":[{"name":"other","type":"string"}]}';
    if (id === 78) return 'no schema at all';
    throw new UnknownSchemaId(`no schema has the id ${id}`);
  });
  const door = new Door<any>(topic, task, decoders, { pipeline: 'best-odds', maxSkewMs: MAX_SKEW_MS, passedOver }, ({ offset }, code, message) => { rejected.push({ offset, code, message }); }); // eslint-disable-line @typescript-eslint/no-explicit-any
  /** As the poll loop does it: what needs a schema is tried again once that is there. */
  const admit = async (records: readonly (LogRecord | undefined)[], firstOffset = 0): Promise<void> => {
    const poll = pollOf(records, firstOffset);
    for (let index = 0; ;) {
      index = door.admit(poll, index, Infinity);
      if (door.needsSchemaId < 0) { t.equal(index, poll.size); break; }
      await decoders.load(door.needsSchemaId);
      door.needsSchemaId = -1;
    }
  };
  const rows = () => Array.from({ length: door.columns.size }, (_, i) => {
    const row = (door.columns as Columns<OddsUpdateRow>).row(i);
    return { offset: row.offset, timestamp: row.timestamp - START_MS, control: row.control, isDead: row.isDead, ...(row.control === Control.none ? { key: row.keyText, provider: row.text(row.provider), outcomes: row.oddsEnd - row.oddsStart } : {}) };
  });
  const fates = () => Object.fromEntries(fateNames.map((name, i) => [name, task.fates.counts[i]!]).filter(([, count]) => count !== 0));
  return { task, door, decoders, rejected, asked, admit, rows, fates, codes: () => rejected.map(({ code }) => code) };
};

t.test('a good value is let in, and is left to be accounted for behind the door', async (t) => {
  const { admit, rows, fates, rejected, task, door } = doorOf();
  await admit([quote({ timestamp: START_MS + 7 })], 40);
  t.match(rows(), [{ offset: 40, timestamp: 7, control: Control.none, isDead: false, key: 'football:e1:1x2', provider: 'acme', outcomes: 3 }]);
  t.same([fates(), rejected, task.fates.delivered, door.highestMs], [{}, [], 1, START_MS + 7]);
});

/** Records that cannot be read at all: nobody knows whose they are, so nothing is withdrawn. */
const unreadable: Readonly<Record<string, { readonly record: LogRecord; readonly code: string }>> = {
  'an empty value': { record: quote({}, { value: Buffer.alloc(0) }), code: 'not_wire_format' },
  'a value of four bytes': { record: quote({}, { value: Buffer.from([0, 0, 0, 0]) }), code: 'not_wire_format' },
  'another magic byte': { record: quote({}, { value: Buffer.concat([Buffer.from([1]), wireOf(updateOf()).subarray(1)]) }), code: 'not_wire_format' },
  'JSON': { record: quote({}, { value: Buffer.from(JSON.stringify(updateOf())) }), code: 'not_wire_format' },
  'a schema id that the registry does not know': { record: quote({}, { value: wireOf(updateOf(), V2, 99) }), code: 'unknown_schema_id' },
  'the highest schema id that there can be': { record: quote({}, { value: wireOf(updateOf(), V2, 0xffff_ffff) }), code: 'unknown_schema_id' },
  'a schema that cannot be resolved': { record: quote({}, { value: wireOf(updateOf(), V2, 77) }), code: 'schema_unresolvable' },
  'a schema that is none': { record: quote({}, { value: wireOf(updateOf(), V2, 78) }), code: 'schema_invalid' },
  'a value that is cut off': { record: quote({}, { value: wireOf(updateOf()).subarray(0, -1) }), code: 'truncated' },
  'nothing behind the header': { record: quote({}, { value: wireOf(updateOf()).subarray(0, 5) }), code: 'truncated' },
  'bytes behind the value': { record: quote({}, { value: Buffer.concat([wireOf(updateOf()), Buffer.from([0])]) }), code: 'trailing_bytes' },
  'no key': { record: quote({}, { key: null }), code: 'null_key' },
  'an empty key': { record: quote({}, { key: Buffer.alloc(0) }), code: 'empty_key' },
  'another market\'s key': { record: quote({}, { key: keyOf(updateOf({ event_id: 'e2' })) }), code: 'key_mismatch' },
  'a key that is not UTF-8': { record: quote({}, { key: Buffer.from([0xff, 0xfe]) }), code: 'utf8' },
  'no value': { record: quote({}, { value: null }), code: 'null_value' },
  'neither key nor value': { record: quote({}, { key: null, value: null }), code: 'null_value' },
  'a control record that cannot be read': { record: { ...tick(START_MS), control: { code: 'control_unknown' } }, code: 'control_unknown' },
  'a tick ahead of its time': { record: tick(START_MS + 501, START_MS), code: 'ahead_of_its_time' },
  'a status ahead of its time': { record: { ...status('up', 'acme', START_MS + 501), appendTimeMs: START_MS }, code: 'ahead_of_its_time' },
};
for (const [what, { record, code }] of Object.entries(unreadable)) {
  t.test(`${what} is dead: ${code}`, async (t) => {
    const { admit, rows, fates, rejected, task, door } = doorOf();
    await admit([quote(), record, quote({ timestamp: START_MS + 1 })], 10);
    t.match(rejected, [{ offset: 11, code, message: /\w+ \w+/ }]);
    t.equal(rejected.length, 1);
    t.strictSame(rows().map(({ offset }) => offset), [10, 12], 'what stands around it is let in');
    t.same(fates(), { dead: 1 });
    t.equal(task.fates.delivered, 3);
    t.equal(door.highestMs, START_MS + 1, 'it does not move time');
  });
}

/** Values that break the contract: whose they are is known, so that provider's quote is withdrawn. */
const breaches: Readonly<Record<string, { readonly record: LogRecord; readonly code: string }>> = {
  'a price of one': { record: quote({ odds: { home: 1 } }), code: 'price_out_of_bounds' },
  'a price of zero among good ones': { record: quote({ odds: { home: 2, draw: 0, away: 3 } }), code: 'price_out_of_bounds' },
  'a negative price': { record: quote({ odds: { home: -2 } }), code: 'price_out_of_bounds' },
  'a price that is not a number': { record: quote({ odds: { home: NaN } }), code: 'price_out_of_bounds' },
  'an infinite price': { record: quote({ odds: { home: Infinity } }), code: 'price_out_of_bounds' },
  'a price above ten thousand': { record: quote({ odds: { home: 10_000.01 } }), code: 'price_out_of_bounds' },
  'a lay price of one': { record: quote({ lay: { home: 1 } }), code: 'lay_price_out_of_bounds' },
  'an outcome without a name': { record: quote({ odds: { '': 2 } }), code: 'empty_outcome' },
  'a commission of all': { record: quote({ commission: 1 }), code: 'commission_out_of_bounds' },
  'a negative volume': { record: quote({ volume: -1 }), code: 'volume_out_of_bounds' },
  'a time ahead of its append time': { record: quote({ timestamp: START_MS + 501 }, { appendTimeMs: START_MS }), code: 'ahead_of_its_time' },
  'a time of zero': { record: quote({ timestamp: 0 }, { appendTimeMs: START_MS }), code: 'time_absurd' },
  'a time in seconds': { record: quote({ timestamp: START_MS / 1_000 }, { appendTimeMs: START_MS }), code: 'time_absurd' },
  'a time in microseconds': { record: quote({ timestamp: START_MS * 1_000 }, { appendTimeMs: START_MS }), code: 'time_absurd' },
};
for (const [what, { record, code }] of Object.entries(breaches)) {
  t.test(`${what} is dead, and withdraws: ${code}`, async (t) => {
    const { admit, rows, fates, rejected, door } = doorOf();
    await admit([quote(), record, quote({ timestamp: START_MS + 1 })]);
    t.match(rejected, [{ offset: 1, code }]);
    t.match(rows()[1], { offset: 1, timestamp: 0, isDead: true, key: 'football:e1:1x2', provider: 'acme', outcomes: 0 }, 'at its own time, and no later than that has come; an absurd time is none');
    t.equal(rows().length, 3);
    t.same(fates(), { dead: 1 });
    t.equal(door.highestMs, START_MS + 1);
  });
}

t.test('a breach that is older than what it would replace keeps its time', async (t) => {
  const { admit, rows } = doorOf();
  await admit([quote({ timestamp: START_MS + 900 }), quote({ timestamp: START_MS + 100, odds: { home: 1 } })]);
  t.match(rows()[1], { timestamp: 100, isDead: true });
});

t.test('a breach before any time has come withdraws nothing', async (t) => {
  const { admit, rows, fates, door } = doorOf();
  await admit([quote({ odds: { home: 1 } })]);
  t.same([rows(), fates(), door.highestMs], [[], { dead: 1 }, -Infinity]);
});

t.test('without a provider\'s name nobody\'s quote can be withdrawn, but nothing falls', async (t) => {
  const { admit, codes, fates } = doorOf();
  await admit([quote(), quote({ provider: '' })]);
  t.same([codes(), fates()], [['empty_provider'], { dead: 1 }]);
});

t.test('the clock is judged by the log: as much as the skew is let in, and the verdict is of the append time', async (t) => {
  const { admit, codes, rows } = doorOf();
  await admit([quote({ timestamp: START_MS + 500 }, { appendTimeMs: START_MS }), tick(START_MS + 500, START_MS), quote({ timestamp: START_MS - 86_400_000 }, { appendTimeMs: START_MS })]);
  t.same(codes(), []);
  t.same(rows().map(({ timestamp }) => timestamp), [500, 500, -86_400_000], 'how old it is, is not the door\'s affair');
});

t.test('control records are let in, counted here, and move time', async (t) => {
  const { admit, rows, fates, door, task } = doorOf();
  await admit([tick(START_MS + 5), status('up', 'acme', START_MS + 6), status('down', 'bolt', START_MS + 4), status('confirm', 'acme', START_MS + 7)]);
  t.same(rows().map(({ control }) => control), [Control.tick, Control.up, Control.down, Control.confirm]);
  const subjects = [0, 1, 2, 3].map((i) => door.columns.row(i).subject);
  t.equal(subjects[0], -1);
  t.same(subjects.slice(1).map((id) => task.dictionaries.strings.text(id)), ['acme', 'bolt', 'acme']);
  t.same([fates(), door.highestMs, task.fates.unaccounted], [{ control: 4 }, START_MS + 7, 0]);
});

t.test('a null value on a compacted topic says that its key is over', async (t) => {
  const { admit, door, rejected, task } = doorOf(topics.events as Topic<any, any>); // eslint-disable-line @typescript-eslint/no-explicit-any
  await admit([tick(START_MS), { key: Buffer.from('e1'), value: null, appendTimeMs: START_MS }, { key: null, value: null, appendTimeMs: START_MS }, { key: Buffer.from([0xff]), value: null, appendTimeMs: START_MS }]);
  t.match(rejected, [{ offset: 2, code: 'null_value' }, { offset: 3, code: 'utf8' }]);
  const row = (door.columns as Columns<EventRow>).row(1);
  t.match({ ...row, control: row.control, key: row.keyText, timestamp: row.timestamp }, { control: Control.tombstone, key: 'e1', timestamp: START_MS });
  t.equal(task.fates.unaccounted, 1, 'the tombstone is to be accounted for behind the door');
});

t.test('a schema is asked for when its id is first met, also in the middle of a poll, and once', async (t) => {
  const { admit, asked, rows, codes, task } = doorOf();
  const v1 = (timestamp: number) => quote({ timestamp }, { value: wireOf(updateOf({ timestamp }), V1) });
  await admit([quote({ timestamp: START_MS + 1 }), v1(START_MS + 2), quote({ timestamp: START_MS + 3 }), v1(START_MS + 4), quote({}, { value: wireOf(updateOf(), V2, 99) }), quote({}, { value: wireOf(updateOf(), V2, 99) }), quote({ timestamp: START_MS + 5 })]);
  t.strictSame(asked, [V2, V1, 99]);
  t.strictSame(rows().map(({ timestamp, outcomes }) => [timestamp, outcomes]), [[1, 3], [2, 3], [3, 3], [4, 3], [5, 3]], 'in order, none twice, none left out');
  t.same(codes(), ['unknown_schema_id', 'unknown_schema_id']);
  t.equal(task.fates.delivered, 7, 'none is counted twice for having waited');
});

t.test('bytes of the first version are read, with defaults for what came later', async (t) => {
  const { admit, door } = doorOf();
  await admit([quote({}, { value: wireOf(updateOf({ volume: 12.5 }), V1) })]);
  t.same((door.columns.row(0) as OddsUpdateRow).toObject(), updateOf({ volume: 12.5 }));
});

t.test('a registry that does not answer is no verdict', async (t) => {
  const decoders = new Decoders(topics.oddsUpdates as Topic<any, any>, undefined, () => Promise.reject(new Error('it does not answer'))); // eslint-disable-line @typescript-eslint/no-explicit-any
  await t.rejects(decoders.load(5), { message: 'it does not answer' });
  t.equal(decoders.get(5), undefined, 'it may answer the next time');
});

t.test('no record of an offset or beyond is taken', (t) => {
  const { door } = doorOf();
  t.equal(door.admit(pollOf([tick(START_MS), tick(START_MS), undefined, tick(START_MS)], 100), 0, 101), 1);
  t.equal(door.admit(pollOf([tick(START_MS), tick(START_MS), undefined, tick(START_MS)], 100), 1, 103), 2, 'offsets count, not indexes');
  t.end();
});

t.test('a replayed record is a value for its pipeline; to another it is control, and moves nothing', async (t) => {
  const { admit, rows, fates, door, task, rejected } = doorOf();
  const origin = 'odds-updates/0/3';
  await admit([
    quote({ timestamp: START_MS + 1 }),
    quote({ timestamp: START_MS + 5, provider: 'mine' }, { addressed: { pipeline: 'best-odds', origin } }),
    quote({ timestamp: START_MS + 9, provider: 'theirs' }, { addressed: { pipeline: 'odds-history', origin } }),
    { ...tick(START_MS + 10), addressed: { pipeline: 'odds-history', origin } },
    { key: null, value: Buffer.from('poison, but not ours'), appendTimeMs: START_MS, addressed: { pipeline: 'odds-history', origin } },
  ]);
  t.match(rows(), [{ offset: 0, provider: 'acme' }, { offset: 1, provider: 'mine' }]);
  t.equal(rows().length, 2);
  t.same([fates(), task.fates.delivered, door.highestMs, rejected], [{ control: 3 }, 5, START_MS + 5, []]);
});

t.test('a replayed record that is refused again is refused as any', async (t) => {
  const { admit, codes, fates } = doorOf();
  await admit([quote({ odds: { home: 1 } }, { addressed: { pipeline: 'best-odds', origin: 'odds-updates/0/3' } })]);
  t.same([codes(), fates()], [['price_out_of_bounds'], { dead: 1 }]);
});

t.test('what is to be passed over is dead before anything of it is decoded', async (t) => {
  const { admit, rows, fates, rejected, asked, task, door } = doorOf(undefined, new Map([41, 42, 43].map((offset) => [offset, { timeMs: undefined }])));
  await admit([quote({ provider: 'before' }), { ...quote(), value: wireOf(updateOf(), V2, 99) }, tick(START_MS + 50), { ...quote({ timestamp: START_MS + 90 }), addressed: { pipeline: 'odds-history', origin: 'odds-updates/0/3' } }, quote({ provider: 'behind' })], 40);
  t.match(rows(), [{ offset: 40, provider: 'before' }, { offset: 44, provider: 'behind' }]);
  t.equal(rows().length, 2, 'its market keeps what it has: nobody has read what the record was about');
  t.same([fates(), task.fates.delivered, door.highestMs, asked], [{ dead: 3 }, 5, START_MS, [V2]], 'not even its schema was asked for');
  t.match(rejected, [41, 42, 43].map((offset) => ({ offset, code: 'passed_over', message: /oddstream dead add/ })));
});

t.test('of a record that is passed over the time stands that the verdict says, and as any other\'s not if it is ahead of its time', async (t) => {
  const { admit, rows, fates, door } = doorOf(undefined, new Map([[0, { timeMs: START_MS + 90 }], [1, { timeMs: START_MS + 1_000_000 }], [2, { timeMs: START_MS + 10 }]]));
  await admit([quote({ timestamp: START_MS + 90 }), quote(), quote({ timestamp: START_MS + 10 })]);
  t.match(rows(), [{ offset: 0, timestamp: 90, control: Control.tick }, { offset: 2, timestamp: 10, control: Control.tick }]);
  t.same([rows().length, fates(), door.highestMs], [2, { dead: 3 }, START_MS + 90]);
});
