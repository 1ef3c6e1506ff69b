import fc from 'fast-check';
import t from 'tap';
import { type Fact, factKey, legTruth, OPEN_FROM_MS, OPEN_UNTIL_MS, replaces, settlementOf } from './facts.ts';

const fact = (more: Partial<Fact> = {}): Fact => ({
  producer: 'x', kind: 'settle', fromMs: OPEN_FROM_MS, untilMs: OPEN_UNTIL_MS, isActive: true, certainty: 'confirmed', outcomes: [], deductions: [], timestampMs: 1,
  cause: { topic: 'results', partition: 0, offset: 0 }, ...more,
});
const won = (outcome: string): Pick<Fact, 'outcomes'> => ({ outcomes: [{ outcome, result: 'won', deadHeatFactor: null }] });
const anyFact = fc.record({
  producer: fc.constantFrom('x', 'y'), kind: fc.constantFrom('settle' as const, 'cancel' as const), fromMs: fc.constantFrom(OPEN_FROM_MS, 10), untilMs: fc.constantFrom(20, OPEN_UNTIL_MS),
  isActive: fc.boolean(), certainty: fc.constantFrom('live' as const, 'confirmed' as const), timestampMs: fc.integer({ min: 1, max: 3 }),
  outcomes: fc.array(fc.record({ outcome: fc.constantFrom('home', 'away'), result: fc.constantFrom('won' as const, 'lost' as const), deadHeatFactor: fc.constantFrom(null, 0.5) }), { maxLength: 2 }),
  deductions: fc.array(fc.record({ kind: fc.constantFrom('rule4' as const, 'reduction_factor' as const), rate: fc.constantFrom(0.1, 0.2), withdrawnAtMs: fc.constantFrom(5, 15) }), { maxLength: 1 }),
}).map((one) => fact(one));
const contents = ({ isActive, certainty, outcomes, deductions, timestampMs }: Fact): string => JSON.stringify([isActive, certainty, outcomes.map((one) => Object.entries(one).sort()), deductions, timestampMs]);

t.test('replaces is a strict order of all that can be said of one thing', (t) => {
  fc.assert(fc.property(anyFact, anyFact, anyFact, (a, b, c) => {
    if (replaces(a, b) && replaces(b, a)) throw new Error('each replaces the other');
    if (contents(a) !== contents(b) && !replaces(a, b) && !replaces(b, a)) throw new Error('neither replaces the other');
    if (replaces(a, b) && replaces(b, c) && !replaces(a, c)) throw new Error('not transitive');
    if (replaces(a, { ...a, cause: b.cause })) throw new Error('the same replaces itself');
  }));
  t.ok(replaces(fact({ timestampMs: 2 }), fact()), 'the newer one');
  t.ok(replaces(fact({ isActive: false }), fact({ certainty: 'live' })), 'of one moment what takes back, whatever it holds');
  t.notOk(replaces(fact({ certainty: 'live' }), fact({ isActive: false })), 'and not the other way');
  t.ok(replaces(fact(won('home')), fact(won('away'))), 'else the larger contents');
  t.end();
});

t.test('a fact that comes out of jsonb, its names in another order, is the same fact', (t) => {
  const stored = (one: Fact): Fact => ({ ...one, outcomes: one.outcomes.map(({ outcome, result, deadHeatFactor }) => ({ result, outcome, deadHeatFactor })) });
  fc.assert(fc.property(anyFact, anyFact, (a, b) => replaces(a, stored(b)) === replaces(a, b) && replaces(stored(a), b) === replaces(a, b) && !replaces(a, stored(a))));
  t.end();
});

t.test('what is a word on the same thing', (t) => {
  t.equal(factKey(fact({ timestampMs: 9, isActive: false, certainty: 'live' })), factKey(fact()));
  for (const other of [{ producer: 'y' }, { kind: 'cancel' as const }, { fromMs: 1 }, { untilMs: 1 }]) t.not(factKey(fact(other)), factKey(fact()), JSON.stringify(other));
  t.end();
});

t.test('the settlement that counts', (t) => {
  const confirmed = fact({ timestampMs: 1, ...won('home') }), live = fact({ producer: 'y', certainty: 'live', timestampMs: 9, ...won('away') });
  for (const facts of [[confirmed, live], [live, confirmed]]) t.equal(settlementOf(facts), confirmed, 'confirmed beats live, however old');
  t.equal(settlementOf([{ ...confirmed, isActive: false }, live]), live, 'of what was not taken back');
  const newer = fact({ producer: 'y', timestampMs: 2 }), same = fact({ producer: 'a', timestampMs: 2 });
  for (const facts of [[confirmed, newer, same], [same, newer, confirmed]]) t.equal(settlementOf(facts), same, 'the newest, then the first by name');
  t.equal(settlementOf([fact({ kind: 'cancel' }), fact({ isActive: false })]), undefined);
  fc.assert(fc.property(fc.uniqueArray(anyFact, { selector: factKey, maxLength: 8 }), fc.infiniteStream(fc.nat()), (facts, order) => {
    const shuffled = facts.map((one) => ({ one, at: order.next().value as number })).sort((a, b) => a.at - b.at).map(({ one }) => one);
    const by = (all: readonly Fact[]): unknown => [settlementOf(all)?.producer, settlementOf(all)?.certainty, legTruth(all, 'home', 12)?.voidReason];
    return JSON.stringify(by(facts)) === JSON.stringify(by(shuffled));
  }));
  t.end();
});

t.test('a window has its start and not its end, and beats every result', (t) => {
  const isVoid = (window: Partial<Fact>, acceptedAtMs: number): boolean => {
    const truth = legTruth([fact({ certainty: 'confirmed', ...won('home') }), fact({ kind: 'cancel', certainty: 'live', ...window })], 'home', acceptedAtMs);
    t.equal(truth?.result.result, truth?.voidReason === 'cancel_window' ? 'void' : 'won');
    return truth?.voidReason === 'cancel_window';
  };
  const window = { fromMs: 10, untilMs: 20 };
  t.strictSame([9, 10, 19, 20].map((at) => isVoid(window, at)), [false, true, true, false]);
  t.strictSame([0, 9, 10].map((at) => isVoid({ untilMs: 10 }, at)), [true, true, false], 'open at its start');
  t.strictSame([9, 10, Date.UTC(2099, 0)].map((at) => isVoid({ fromMs: 10 }, at)), [false, true, true], 'open at its end');
  t.notOk(isVoid({ isActive: false }, 10), 'taken back');
  t.notOk(isVoid({ fromMs: 10, untilMs: 10 }, 10), 'an empty one');
  t.equal(legTruth([fact({ kind: 'cancel' })], 'home', 10)?.result.result, 'void', 'also without a result');
  t.end();
});

t.test('deductions are of bets that were accepted before the withdrawal', (t) => {
  const of = (deductions: Fact['deductions'], acceptedAtMs = 10): unknown => legTruth([fact({ ...won('home'), deductions })], 'home', acceptedAtMs)?.result;
  const rule4 = (rate: number, withdrawnAtMs: number) => ({ kind: 'rule4' as const, rate, withdrawnAtMs });
  t.strictSame(of([rule4(0.15, 11)]), { result: 'won', rule4Pence: 15 });
  t.strictSame(of([rule4(0.15, 10)]), { result: 'won' }, 'accepted when it was withdrawn already');
  t.strictSame(of([rule4(0.15, 11), rule4(0.3, 12), rule4(0.4, 5)]), { result: 'won', rule4Pence: 45 });
  t.strictSame(of([rule4(0.75, 11), rule4(0.6, 12)]), { result: 'won', rule4Pence: 90 }, 'no more than 90 p');
  t.strictSame(of([{ kind: 'reduction_factor', rate: 0.2, withdrawnAtMs: 11 }, { kind: 'reduction_factor', rate: 0.1, withdrawnAtMs: 11 }]), { result: 'won', reductionPpm: 280_000 }, 'one after the other');
  t.end();
});

t.test('a share of a dead heat is the fraction that was meant', (t) => {
  const fraction = (deadHeatFactor: number): unknown => legTruth([fact({ outcomes: [{ outcome: 'home', result: 'won', deadHeatFactor }] })], 'home', 1)?.result.deadHeat;
  t.strictSame([0.5, 0.3333, 0.333333, 2 / 3, 0.25, 1].map(fraction), [[1, 2], [1, 3], [1, 3], [2, 3], [1, 4], [1, 1]].map(([numerator, denominator]) => ({ numerator, denominator })));
  fc.assert(fc.property(fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true }), (share) => {
    const { numerator, denominator } = fraction(share) as { numerator: number; denominator: number };
    return numerator > 0 && numerator <= denominator && Math.abs(numerator / denominator - share) < 5e-5;
  }));
  t.equal(legTruth([fact(won('home'))], 'draw', 1), undefined, 'an outcome of which nothing is said is not decided');
  t.end();
});
