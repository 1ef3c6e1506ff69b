import fc from 'fast-check';
import t, { type Test } from 'tap';
import { inverseNormal, normal, normalDensity } from './normal.ts';

const isNear = (t: Test, found: number, expected: number, within: number, what: string): void => { t.ok(Math.abs(found - expected) <= within, `${what}: ${found} is ${expected}`); };

t.test('known values', (t) => {
  isNear(t, normal(1.959963984540054), 0.975, 1e-15, 'Φ(1.96)');
  isNear(t, normal(-3), 0.0013498980316300933, 1e-15, 'Φ(−3)');
  isNear(t, inverseNormal(0.975), 1.959963984540054, 1e-15, 'Φ⁻¹(0.975)');
  isNear(t, inverseNormal(1e-20), -9.262340089798408, 1e-13, 'Φ⁻¹(10⁻²⁰)'); //  AS 241's own test value is −9.262340
  isNear(t, normalDensity(0), 0.3989422804014327, 1e-16, 'φ(0)');
  t.strictSame([inverseNormal(0.5), inverseNormal(0), inverseNormal(1), inverseNormal(2)], [0, -Infinity, Infinity, NaN]);
  t.strictSame([normal(-9), normal(9), normal(0)], [0, 1, 0.5]);
  t.end();
});

t.test('one undoes the other', (t) => {
  fc.assert(fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => Math.abs(normal(inverseNormal(p)) - p) < 3e-15));
  t.end();
});
