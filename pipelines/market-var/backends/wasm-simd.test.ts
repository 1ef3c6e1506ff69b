import fc from 'fast-check';
import t from 'tap';
import { modelArb, portfolioArb } from '../../../domain/var/book-for-tests.ts';
import { measures } from '../../../domain/var/measures.ts';
import { compile } from '../../../domain/var/plan.ts';
import { anyBook, testPlan } from '../../../domain/var/plan-for-tests.ts';
import { simulate } from '../../../domain/var/simulate.ts';
import { wasmModule } from './wasm-assembler.ts';
import { wasmSimd } from './wasm-simd.ts';

t.test('any plan: path for path as the reference', async () => {
  const backend = await wasmSimd();
  await fc.assert(fc.asyncProperty(anyBook, fc.nat(2 ** 32 - 1), fc.boolean(), fc.integer({ min: 1, max: 9_000 }), async (book, seed, isCorrelated, paths) => {
    const plan = testPlan(book), options = { seed, isCorrelated, paths }, found = await backend.simulate(plan, options), expected = simulate(plan, options);
    const wrong = expected.findIndex((pnl, path) => found[path] !== pnl);
    if (found.length !== paths || wrong >= 0) throw new Error(`path ${wrong}: ${found[wrong]} is ${expected[wrong]}`);
  }), { numRuns: 200 });
});

t.test('any portfolio: the same measures', async () => {
  const backend = await wasmSimd(), anyInputs = modelArb(6, 2).chain((model) => portfolioArb(model, { maxPositions: 12, maxLegs: 4 }).map((portfolio) => compile(portfolio, model)));
  await fc.assert(fc.asyncProperty(anyInputs, fc.nat(2 ** 32 - 1), async (plan, seed) => {
    const options = { seed, isCorrelated: true, paths: 5_000 };
    return JSON.stringify(measures(await backend.simulate(plan, options), plan.scaleMinor)) === JSON.stringify(measures(simulate(plan, options), plan.scaleMinor));
  }));
});

t.test('what cannot be simulated is refused', async (t) => {
  const backend = await wasmSimd(), plan = testPlan({ units: [{ probabilities: [0.5, 0.5], pnl: [-1, 1] }] });
  await t.rejects(backend.simulate(plan, { seed: -1, paths: 1, isCorrelated: true }), { code: 'bad_seed' });
  await t.rejects(backend.simulate(plan, { seed: 1, paths: 0, isCorrelated: true }), { code: 'too_many_paths' });
});

t.test('the assembler says which line it does not understand', (t) => {
  const of = (body: string): (() => void) => () => { wasmModule([{ name: 'f', params: { x: 'i32' }, locals: {}, body }]); };
  t.throws(of('i33.add'), { message: "there is no instruction 'i33.add'" });
  t.throws(of('local.get $y'), { message: "'local.get $y' names no local" });
  t.throws(of('i32.const x'), { message: "'i32.const x' wants a whole number" });
  t.end();
});
