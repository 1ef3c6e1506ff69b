import t from 'tap';
import { fullDeck, schedule } from './schedule.ts';

const drawn = (seed: number, count: number, ...kinds: Parameters<typeof schedule>[2][]) => schedule(seed, count, ...kinds).map(({ number, kind, pause, random }) => ({ number, kind, pause, draws: [random.bits(), random.bits()] }));

t.test('a seed gives the same faults again, however many are asked for', async (t) => {
  t.same(drawn(7, 40), drawn(7, 40));
  t.same(drawn(7, 12), drawn(7, 40).slice(0, 12));
  t.notSame(drawn(7, 40), drawn(8, 40));
});

t.test('thirty faults have every kind, whatever the seed', async (t) => {
  for (let seed = 1; seed <= 50; seed++) t.same(new Set(schedule(seed, 30).map(({ kind }) => kind)), new Set(fullDeck), `seed ${seed}`);
});

t.test('kinds that are left out do not come', async (t) => {
  const deck = fullDeck.filter((kind) => !kind.includes('disk'));
  t.same(new Set(schedule(3, 60, deck).map(({ kind }) => kind)), new Set(deck));
});
