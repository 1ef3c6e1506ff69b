import t from 'tap';
import { PartitionFailure, StartRefused, type Stretch } from './context.ts';
import { CheckpointAborted } from './ports.ts';
import { supervise, type Supervised } from './supervise.ts';

const at = (from: number, to = from + 1, partition = 3): PartitionFailure => new PartitionFailure({ topic: 'odds-updates', partition }, { from, to }, new TypeError('price is undefined'));
const passing = new Error('broker away');

/** Runs one life after another: each is an error that ends it, or a number of ms that it goes well before it is stopped. */
const live = async (lives: readonly (Error | 'well')[], over: Partial<Supervised> = {}) => {
  const stop = new AbortController();
  const pauses: number[] = [];
  let begun = 0;
  let nowMs = 0;
  const ended = supervise({
    name: 'best-odds', signal: stop.signal, verdict: (error) => (error === passing ? 'passing' : 'bug'),
    async run(_signal, started) {
      const life = lives[begun++];
      started();
      if (life instanceof Error) throw life;
      stop.abort();
    },
    onRestart: (_error, pauseMs) => { pauses.push(pauseMs); },
    async pause(ms) { nowMs += ms; },
    clock: () => nowMs,
    ...over,
  });
  const failure = await ended.then(() => undefined, (error: unknown) => error as Error & { code?: string });
  return { failure, pauses, begun };
};

t.test('a failure is followed by another life, and a stop by none', async (t) => {
  const { failure, begun } = await live([at(10), passing, 'well']);
  t.equal(failure, undefined);
  t.equal(begun, 3);
});

t.test('three failures at one place end it, and it names topic, partition and offset', async (t) => {
  const { failure, begun } = await live([at(1_000), at(1_000), at(1_000), 'well']);
  t.equal(begun, 3);
  t.equal(failure?.code, 'pipeline_gave_up');
  t.match(failure?.message, /best-odds.*3 times.*odds-updates, partition 3, offset 1000.*price is undefined/);
});

t.test('the next life is told where to be careful; offsets that overlap are one place', async (t) => {
  const told: (Stretch | undefined)[] = [], lives = [at(1_000, 1_200), at(1_150), 'well'] as const;
  let begun = 0;
  const stop = new AbortController();
  await supervise({
    name: 'x', signal: stop.signal, verdict: () => 'bug', onRestart: () => undefined, pause: async () => undefined,
    async run(_signal, _started, doubtful) {
      const known = doubtful.get(3), life = lives[begun++];
      told.push(known === undefined ? undefined : { from: known.from, to: known.to });
      if (life instanceof Error) throw life;
      stop.abort();
    },
  });
  t.strictSame(told, [undefined, { from: 1_000, to: 1_200 }, { from: 1_150, to: 1_151 }]);
  t.match((await live([at(1_000, 1_200), at(1_150), at(1_150), 'well'])).failure?.message, /3 times at odds-updates, partition 3, offset 1150, /);
  const atRecord = new PartitionFailure({ topic: 'odds-updates', partition: 3 }, { from: 7, to: 8 }, new TypeError('price is undefined'), true);
  t.match((await live([atRecord, atRecord, atRecord])).failure?.message, /offset 7, .*start it again; or have it pass over the record \('oddstream dead add --help'\)\.$/);
  t.match((await live([at(7), at(7), at(7)])).failure?.message, /start it again\.$/, 'what a window\'s end fails at cannot be passed over');
  t.match((await live([at(1_000), at(900, 1_001), at(950, 1_100), 'well'])).failure?.message, /offsets 950 to 1099, /);
  t.equal((await live([at(1_000, 1_100), at(1_100, 1_200), at(1_200, 1_300), 'well'])).failure, undefined, 'side by side: it moves on, each is another record');
  t.equal((await live([at(1_000, 1_001, 1), at(1_000, 1_001, 2), at(1_000, 1_001, 3), 'well'])).failure, undefined, 'other partitions');
});

t.test('three bugs without a position end it, unless it was sound in between', async (t) => {
  const bug = new TypeError('no position');
  t.equal((await live([bug, bug, bug, 'well'])).failure?.code, 'pipeline_gave_up');
  let nowMs = 0;
  t.equal((await live([bug, bug, bug, bug, 'well'], { clock: () => (nowMs += 61_000) })).failure, undefined);
});

t.test('trouble that passes is waited for without end, longer and longer', async (t) => {
  const { failure, pauses } = await live([...Array.from({ length: 12 }, () => passing), 'well']);
  t.equal(failure, undefined);
  t.same(pauses.slice(0, 4), [500, 1_000, 2_000, 4_000]);
  t.equal(pauses.at(-1), 30_000);
});

t.test('what keeps it from starting is an error, not a wait', async (t) => {
  const refused = new StartRefused('committed_out_of_range', 'reset the group');
  t.equal((await live([refused, 'well'])).failure, refused);
  t.equal((await live([passing, refused, 'well'])).failure, refused, 'also later');
  const missing = new Error('no such topic');
  t.equal((await live([missing, 'well'], { verdict: () => 'refusal' })).failure, missing);
  const neverStarted = await live([], { async run() { throw passing; } });
  t.equal(neverStarted.failure, passing, 'a server that never answered');
});

t.test('an error while it stops is told', async (t) => {
  const stop = new AbortController();
  const lost = new Error('last checkpoint failed');
  await t.rejects(supervise({
    name: 'x', signal: stop.signal, verdict: () => 'passing', onRestart: () => t.fail('no other life'),
    async run(_signal, started) { started(); stop.abort(); throw lost; },
  }), lost);
});

t.test('a stop whose last checkpoint did not happen is a stop, and is told as what it is; before a stop it is one more life', async (t) => {
  const stop = new AbortController(), aborted = new CheckpointAborted('a rebalance'), told: unknown[] = [];
  let begun = 0;
  await supervise({
    name: 'x', signal: stop.signal, verdict: () => 'passing', onRestart: () => undefined, pause: async () => undefined, onStopped: (why) => { told.push(why); },
    async run(_signal, started) {
      started();
      if (++begun === 2) stop.abort();
      throw aborted;
    },
  });
  t.equal(begun, 2);
  t.strictSame(told, [aborted]);
});
