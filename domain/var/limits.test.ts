import fc from 'fast-check';
import t from 'tap';
import { alertOf, EASED_SHARE, limitOf, type LimitState } from './limits.ts';

t.test('alerts alternate, say what is, and a value that trembles says nothing', (t) => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 200 })), (values) => {
    let before: LimitState | undefined;
    for (const value of values) {
      const said = alertOf(value, 100, before);
      if (said !== undefined && (said === before || (before === undefined && said === 'eased'))) return false;
      before = said ?? before;
      if (value > 100 !== (before === 'breached') && !(before === 'breached' && value > 100 * EASED_SHARE)) return false;
    }
    return true;
  }));
  t.equal(alertOf(101, 100, undefined), 'breached');
  t.equal(alertOf(95, 100, 'breached'), undefined);
  t.equal(alertOf(101, 100, 'breached'), undefined);
  t.equal(alertOf(90, 100, 'breached'), 'eased');
  t.equal(alertOf(100, 100, 'eased'), undefined);
  t.equal(alertOf(101, 100, 'eased'), 'breached');
  t.end();
});

t.test('a limit by name goes before that of the kind', (t) => {
  const limits = { user: 100, 'user:ada': 500 };
  t.strictSame([limitOf(limits, 'user:ada', 'user'), limitOf(limits, 'user:bob', 'user'), limitOf(limits, 'house', 'house'), limitOf(limits, 'toString', 'constructor')], [500, 100, undefined, undefined]);
  t.end();
});
