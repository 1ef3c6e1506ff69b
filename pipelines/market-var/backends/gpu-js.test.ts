import fc from 'fast-check';
import t, { type Test } from 'tap';
import { anyBook, testPlan } from '../../../domain/var/plan-for-tests.ts';
import { simulate } from '../../../domain/var/simulate.ts';
import type { Backend } from '../../../domain/var/types.ts';
import { gpuJsWebasm, gpuJsWebGpu } from './gpu-js.ts';

const agreesOnAnyPlan = (backend: Backend, numRuns: number): Promise<void> =>
  fc.assert(fc.asyncProperty(anyBook, fc.nat(2 ** 32 - 1), fc.boolean(), fc.integer({ min: 1, max: 9_000 }), async (book, seed, isCorrelated, paths) => {
    const plan = testPlan(book), options = { seed, isCorrelated, paths }, found = await backend.simulate(plan, options), expected = simulate(plan, options);
    const wrong = expected.findIndex((pnl, path) => found[path] !== pnl);
    if (found.length !== paths || wrong >= 0) throw new Error(`path ${wrong}: ${found[wrong]} is ${expected[wrong]}`);
  }), { numRuns });

/** Runs beside each other, of other plans and lengths. */
const agreesBesideItself = async (t: Test, backend: Backend): Promise<void> => {
  const runs = [3, 1, 2].map((factors) => ({
    plan: testPlan({ factors, units: Array.from({ length: factors }, () => ({ probabilities: [0.3, 0.7], pnl: [-3, 1], loadings: Array.from({ length: factors }, () => 0.5) })) }),
    options: { seed: factors, paths: factors * 4_000, isCorrelated: true },
  }));
  t.strictSame(await Promise.all(runs.map(({ plan, options }) => backend.simulate(plan, options))), runs.map(({ plan, options }) => simulate(plan, options)));
};

const plan = testPlan({ factors: 1, units: [{ probabilities: [0.3, 0.7], pnl: [-3, 1], loadings: [0.5] }] });

t.test('webasm: any plan, path for path as the reference, also beyond one call of a kernel', async (t) => {
  const backend = await gpuJsWebasm();
  await agreesOnAnyPlan(backend, 40);
  await agreesBesideItself(t, backend);
  await agreesBesideItself(t, backend);
  const options = { seed: 3, paths: 2 ** 17 + 5_000, isCorrelated: true };
  t.ok(Buffer.from((await backend.simulate(plan, options)).buffer).equals(Buffer.from(simulate(plan, options).buffer)));
  await t.rejects(backend.simulate(plan, { ...options, paths: 0 }), { code: 'too_many_paths' });
  await backend.close();
});

t.test('webgpu: the same, where a GPU answers', async (t) => {
  let backend: Backend;
  try { backend = await gpuJsWebGpu(); } catch (error) {
    t.match(error, { code: 'backend_failed', message: /^no GPU answers to WebGPU: / });
    t.equal((globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu, undefined, 'and nothing is left behind');
    t.pass('webgpu', { skip: `!!! NOT TESTED ON A GPU: ${(error as Error).message}` });
    return;
  }
  t.comment(`on ${backend.adapter}${backend.isSoftware ? ', WHICH IS SOFTWARE, NOT A GPU' : ''}`);
  await agreesOnAnyPlan(backend, 40);
  await agreesBesideItself(t, backend);
  await agreesBesideItself(t, backend);
  await backend.close();
  await t.rejects(backend.simulate(plan, { seed: 1, paths: 1, isCorrelated: true }), { code: 'backend_failed' });
});
