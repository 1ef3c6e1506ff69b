import t from 'tap';
import { Fate, fateNames, Fates } from './fates.ts';

t.test('every record delivered has ended, or waits, or is missed', (t) => {
  const fates = new Fates();
  fates.delivered = fateNames.length + 2;
  for (const fate of Object.values(Fate)) fates.count(fate);
  t.equal(fates.unaccounted, 2);
  fates.waiting = 1;
  t.equal(fates.unaccounted, 1);
  fates.count(Fate.dead);
  t.equal(fates.unaccounted, 0);
  fates.count(Fate.dead);
  t.equal(fates.unaccounted, -1, 'one that ended twice shows too');
  t.end();
});

t.test('fates are named by their numbers', (t) => {
  const spelt = Object.fromEntries(Object.entries(Fate).map(([name, fate]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), fate]));
  t.strictSame(spelt, Object.fromEntries(fateNames.map((name, fate) => [name, fate])));
  t.end();
});
