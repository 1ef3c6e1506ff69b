import t from 'tap';
import { simulate } from './simulate.ts';
import { plantedBugs } from './testing/planted-bugs.ts';

/** What `npm test` plays; more of them by `npm run simulate`. */
const SEEDS = 300;
/** Within so many seeds a planted bug must be found. */
const FOUND_WITHIN = 1_000;

t.test(`whatever happens, topics hold what an undisturbed reading gives: ${SEEDS} schedules`, async (t) => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure, records, faults } = await simulate(seed);
    for (const fault of faults) kinds.add(fault);
    if (failure !== undefined || records < 200 || faults.length < 3) t.fail(`seed ${seed} (npm run simulate -- --seed ${seed}): ${failure ?? 'too small a schedule'}`);
  }
  t.equal(kinds.size, 9, 'every kind of fault was among them');
});

t.test('the same seed is the same schedule, event for event', async (t) => {
  const told = async (seed: number): Promise<string[]> => {
    const lines: string[] = [];
    const simulated = await simulate(seed, { trace: (line) => lines.push(line) });
    return [...lines, JSON.stringify(simulated)];
  };
  for (const seed of [7, 8, 9]) t.strictSame(await told(seed), await told(seed));
});

for (const [bug, plant] of Object.entries(plantedBugs)) {
  t.test(`a planted bug is found: ${bug}`, async (t) => {
    for (let seed = 1; seed <= FOUND_WITHIN; seed++) {
      const { failure } = await simulate(seed, { plant });
      if (failure === undefined) continue;
      t.pass(`by seed ${seed}: ${failure.slice(0, 200)}`);
      return;
    }
    t.fail(`not within ${FOUND_WITHIN} seeds`);
  });
}
