import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Timers } from './timers.ts';

t.test('nothing set: no time, no id', (t) => {
  const timers = new Timers();
  t.equal(timers.earliestMs, Infinity);
  t.equal(timers.earliestId, -1);
  timers.set(5, 7);
  t.equal(timers.earliestId, 7);
  timers.pop();
  t.equal(timers.earliestMs, Infinity);
  t.equal(timers.earliestId, -1);
  t.end();
});

t.test('against a sorted array, also beyond the first room', async () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: fc.record({ atMs: fc.nat(50), id: fc.nat(1_000) }) }, { weight: 2, arbitrary: fc.constant('pop' as const) }), { maxLength: 1_500, size: 'max' });
  fc.assert(fc.property(steps, (steps) => {
    const timers = new Timers();
    const model: { atMs: number; id: number }[] = [];
    for (const step of steps) {
      if (step === 'pop') {
        if (model.length === 0) continue;
        const at = model.findIndex(({ atMs, id }) => atMs === timers.earliestMs && id === timers.earliestId);
        assert.notEqual(at, -1, 'the earliest is one that was set and not taken off');
        model.splice(at, 1);
        timers.pop();
      } else {
        model.push(step);
        timers.set(step.atMs, step.id);
      }
      assert.equal(timers.size, model.length);
      assert.equal(timers.earliestMs, Math.min(Infinity, ...model.map(({ atMs }) => atMs)));
    }
  }), { numRuns: 60 });
});
