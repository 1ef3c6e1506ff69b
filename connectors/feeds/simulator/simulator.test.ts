import t from 'tap';
import type { FeedBatch, FeedMessage } from '../feed.ts';
import { createSimulator, simulatorConfig } from './simulator.ts';
import type { SimulatorClock } from './simulator.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A clock that moves when it is slept on, or by hand; everything that was logged is kept. */
const fakeClock = (): { clock: SimulatorClock; advance: (ms: number) => void; now: () => number; slept: () => number } => {
  let nowMs = START_MS;
  let sleptMs = 0;
  return {
    clock: {
      now: () => nowMs,
      async sleep(ms) {
        nowMs += ms;
        sleptMs += ms;
        await Promise.resolve();
      },
    },
    advance: (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
    slept: () => sleptMs,
  };
};

const start = (options: object, clock: SimulatorClock, signal = new AbortController().signal): { batches: AsyncIterator<FeedBatch>; logs: [string, unknown][] } => {
  const logs: [string, unknown][] = [];
  const feed = createSimulator(clock);
  const batches = feed.read(simulatorConfig.parse(options), { signal, log: (message, facts) => logs.push([message, facts]), cursor: undefined });
  return { batches: batches[Symbol.asyncIterator](), logs };
};

const take = async (batches: AsyncIterator<FeedBatch>, steps: number, each?: () => void): Promise<FeedMessage[]> => {
  const messages: FeedMessage[] = [];
  for (let i = 0; i < steps; i += 1) {
    const { value, done } = await batches.next();
    if (done !== true) messages.push(...value.messages);
    each?.();
  }
  return messages;
};

const timeOf = (message: FeedMessage): number => {
  if (message.kind === 'problem') return 0;
  return message.kind === 'status' ? message.timestamp : message.value.timestamp;
};

t.test('the options have defaults, descriptions and bounds', (t) => {
  t.same(simulatorConfig.parse({}), { seed: 1, rate: 2000, markets: 300, matches: 48, providers: 20, eventMinutes: 3 });
  t.same(simulatorConfig.parse({ rate: '50000' }).rate, 50_000, 'text from a command line');
  t.throws(() => simulatorConfig.parse({ rate: 300_000 }));
  t.throws(() => simulatorConfig.parse({ markets: 10_000 }), /markets must be from 48 to/);
  t.throws(() => simulatorConfig.parse({ markets: 48, matches: 2 }), /from 2 to 47/);
  t.throws(() => simulatorConfig.parse({ markets: 5 }));
  t.end();
});

t.test('speaks at its rate, never ahead of the clock', async (t) => {
  for (const rate of [40, 2000, 20_000]) {
    const { clock, now } = fakeClock();
    const { batches } = start({ rate, markets: 60, matches: 12 }, clock);
    let latestMs = 0;
    let updates = 0;
    let astray = 0;
    for (let step = 0; step < 500; step += 1) {
      for (const message of await take(batches, 1)) {
        if (timeOf(message) < latestMs || timeOf(message) >= now()) astray += 1;
        latestMs = timeOf(message);
        if (message.kind === 'update') updates += 1;
      }
    }
    t.equal(astray, 0, 'all in order, and in the past');
    t.equal(now(), START_MS + 10_000, '500 steps of 20 ms');
    t.ok(Math.abs(updates / 10 - rate) < 0.05 * rate + 4, `${updates / 10} a second of ${rate}`);
  }
});

t.test('catches up a short delay without sleeping', async (t) => {
  const { clock, advance, slept } = fakeClock();
  const { batches, logs } = start({}, clock);
  await take(batches, 10);
  advance(400);
  const before = slept();
  const messages = await take(batches, 20);
  t.equal(slept(), before);
  t.ok(timeOf(messages.at(-1)!) < START_MS + 600, 'event time goes on where it was');
  await take(batches, 600);
  t.notOk(logs.some(([message]) => message.includes('cannot keep its rate')));
});

t.test('lets a long delay go, and says so', async (t) => {
  const { clock, advance, now } = fakeClock();
  const { batches, logs } = start({}, clock);
  await take(batches, 10);
  advance(30_000);
  const [first] = await take(batches, 1);
  t.ok(now() - timeOf(first!) <= 40, 'event time is at the clock again');
  const updates = (await take(batches, 50)).filter(({ kind }) => kind === 'update').length;
  t.ok(updates < 2100, `no burst: ${updates} in the next second`);
  await take(batches, 300);
  t.match(logs.find(([message]) => message.includes('cannot keep its rate'))?.[1], { lostMs: 29_980 });
});

t.test('a consumer that is always slower bounds the rate', async (t) => {
  const { clock, advance, now } = fakeClock();
  const { batches } = start({}, clock);
  let mostBehindMs = 0;
  for (let step = 0; step < 300; step += 1) {
    const messages = await take(batches, 1);
    const last = messages.at(-1);
    if (last !== undefined) mostBehindMs = Math.max(mostBehindMs, now() - timeOf(last));
    advance(50);
  }
  t.ok(mostBehindMs <= 600, `event time is ${mostBehindMs} ms behind the clock at most`);
});

t.test('says when the rate is too low for what there is to say', async (t) => {
  const { clock } = fakeClock();
  const { batches, logs } = start({ rate: 10 }, clock);
  await take(batches, 1000);
  t.ok(logs.some(([message]) => message.includes('the rate is too low')));
});

t.test('ends with its signal', async (t) => {
  const { clock } = fakeClock();
  const stop = new AbortController();
  const { batches } = start({}, clock, stop.signal);
  await take(batches, 3);
  stop.abort();
  t.equal((await batches.next()).done, true);
});

t.test('two runs of a seed differ in their ids and times alone', async (t) => {
  const run = async (laterMs: number): Promise<string[]> => {
    const { clock, advance } = fakeClock();
    advance(laterMs);
    const { batches } = start({ seed: 9, markets: 40, matches: 8 }, clock);
    const messages = await take(batches, 300);
    const ids = /sim-[0-9a-z]+-[0-9a-z]+-/g;
    return messages.map((message) => JSON.stringify(message, (key, value: unknown) =>
      typeof value === 'number' && (key === 'timestamp' || key === 'starts_at') ? value - START_MS - laterMs : value).replace(ids, 'sim-'));
  };
  t.same(await run(0), await run(12_345));
  const { clock, advance } = fakeClock();
  const first = (await take(start({}, clock).batches, 2)).find(({ kind }) => kind === 'event');
  advance(1);
  const second = (await take(start({}, clock).batches, 2)).find(({ kind }) => kind === 'event');
  t.not(first?.kind === 'event' && first.value.event_id, second?.kind === 'event' && second.value.event_id);
});
