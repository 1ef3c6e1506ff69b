import t from 'tap';
import { testPlan } from '../../../domain/var/plan-for-tests.ts';
import { reference, simulate } from '../../../domain/var/simulate.ts';
import { VarError, type Backend } from '../../../domain/var/types.ts';
import { probe, type Opener } from './probe.ts';

const plan = testPlan({ units: [{ probabilities: [0.3, 0.7], pnl: [-3, 1] }] }), options = { seed: 1, paths: 1_000, isCorrelated: true };

/** A backend that answers before the reference does, and has what it computes from a run of it that is kept. */
class Fast implements Backend {
  readonly adapter = null;
  readonly isSoftware = false;
  readonly name: string;
  readonly #kept = new Map<string, Promise<Int32Array>>();
  isBroken = false;
  isClosed = false;
  runs = 0;
  constructor(name: string) { this.name = name; }
  simulate: Backend['simulate'] = (plan, options) => {
    this.runs++;
    if (this.isBroken) return Promise.reject(new Error('the device is lost'));
    const key = JSON.stringify([plan.unitIds, options.paths, options.isCorrelated]), kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = reference.simulate(plan, options);
    this.#kept.set(key, made);
    return made;
  };
  close = (): Promise<void> => { this.isClosed = true; return Promise.resolve(); };
}
const opens = (backend: Backend): Opener => [backend.name, () => Promise.resolve(backend)];

t.test('the fastest that agrees runs; what is wrong, does not answer or is slower than the reference does not', async (t) => {
  const warnings: string[] = [], fast = new Fast('fast'), wrong = new Fast('wrong'), slow = new Fast('slow'), right = wrong.simulate;
  wrong.simulate = async (...run) => (await right(...run)).map((pnl, path) => (path === 4_000 ? pnl + 1 : pnl));
  const unhurried = slow.simulate;
  slow.simulate = async (...run) => {
    for (let times = 0; times < 4; times++) await reference.simulate(...run); //  however busy the machine is, the reference takes less
    return unhurried(...run);
  };
  const { backend, tried } = await probe({ onWarning: (message) => warnings.push(message), candidates: [opens(wrong), opens(slow), ['absent', () => Promise.reject(new Error('no such thing'))], opens(fast)] });
  t.equal(backend.name, 'fast');
  t.match(tried, [{ name: 'reference', refused: null }, { name: 'wrong', tookMs: null, refused: /^on path 4000 its P&L is/ }, { name: 'slow', refused: null }, { name: 'absent', tookMs: null, refused: 'no such thing' }, { name: 'fast', refused: null }]);
  t.match(warnings, [/^the backend wrong computes something else and is not used: on path 4000/]);
  t.strictSame([wrong.isClosed, slow.isClosed, fast.isClosed], [true, true, false]);
  await backend.close();
  t.ok(fast.isClosed);
});

t.test('a backend that fails in the middle is left for the next for good, and it is said', async (t) => {
  const warnings: string[] = [], fast = new Fast('fast');
  const { backend } = await probe({ onWarning: (message) => warnings.push(message), candidates: [opens(fast)] });
  fast.isBroken = true;
  const [one, other] = await Promise.all([backend.simulate(plan, options), backend.simulate(plan, options)]);
  t.strictSame([one, other], [simulate(plan, options), simulate(plan, options)]);
  t.strictSame(warnings, ['the backend fast has failed, reference goes on: the device is lost']);
  t.equal(backend.name, 'reference');
  const before = fast.runs;
  fast.isBroken = false;
  await backend.simulate(plan, options);
  t.equal(fast.runs, before);
  t.ok(fast.isClosed);
});

t.test('what the options are to blame for moves no backend', async (t) => {
  const fast = new Fast('fast'), { backend } = await probe({ onWarning: () => t.fail('nothing has failed'), candidates: [opens(fast)] });
  await t.rejects(backend.simulate(plan, { ...options, seed: -1 }), VarError);
  t.equal(backend.name, 'fast');
});

t.test('of the real ones those that answer agree', async (t) => {
  const warnings: string[] = [], { backend, tried } = await probe({ onWarning: (message) => warnings.push(message) });
  for (const { name, adapter, tookMs, refused } of tried) t.comment(`${name}${adapter === null ? '' : ` on ${adapter}`}: ${refused ?? `${tookMs!.toFixed(1)} ms`}`);
  t.strictSame(warnings, []);
  for (const name of ['wasm-simd', 'gpu.js webasm']) t.match(tried.find((one) => one.name === name), { refused: null });
  t.strictSame(await backend.simulate(plan, options), simulate(plan, options));
  await backend.close();
});
