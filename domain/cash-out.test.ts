import fc from 'fast-check';
import t from 'tap';
import { cashOutQuote, splitStake } from './cash-out.ts';
import type { OpenBet, OpenLeg } from './cash-out.ts';
import { heldMinor, payoutMinor, potentialReturnMinor } from './payout.ts';
import type { Leg, LegClass, Stake } from './payout.ts';

const bet = (stakeMinor: number, legs: OpenBet['legs'], more: Partial<OpenBet> = {}): OpenBet =>
  ({ side: 'back', stakeMinor, isFreeBet: false, marginPpm: 0, legs, ...more });

const quoted = (open: OpenBet): number => {
  const quote = cashOutQuote(open);
  if (!quote.ok) throw quote.error;
  return quote.value;
};

t.test('potential return ÷ current odds, as it is explained', async (t) => {
  t.equal(quoted(bet(10_00, [{ priceE4: 60_000, fairProbability: 1 / 2.25 }])), 26_66, 'bettingoffers.uk: £10 at 5/1, now 5/4');
  t.equal(quoted(bet(80_00, [{ priceE4: 50_000, fairProbability: 1 / 2.5 }])), 160_00, 'coinsaga.com: €80 at 5.00, now 2.50');
  t.equal(quoted(bet(80_00, [{ priceE4: 50_000, fairProbability: 1 / 2.5 }], { marginPpm: 93_750 })), 145_00, 'of which €145 are offered');
});

t.test('lays and free bets', async (t) => {
  const legs = [{ priceE4: 50_000, fairProbability: 0.25 }];
  t.equal(quoted(bet(10_00, legs, { side: 'lay' })), 37_50, 'liability 40 + stake 10 − 12.50');
  t.equal(quoted(bet(10_00, legs, { isFreeBet: true })), 10_00, 'a quarter of winnings of 40');
  t.equal(quoted(bet(10_00, [...legs, { priceE4: 20_000, result: { result: 'won' } }])), 25_00);
  t.equal(quoted(bet(10_00, [...legs, { priceE4: 20_000, result: { result: 'lost' } }])), 0);
  t.equal(quoted(bet(10_00, [{ priceE4: 50_000, result: { result: 'lost' } }], { side: 'lay' })), 50_00, 'all of a lay that won');
  t.equal(quoted(bet(10_00, [{ priceE4: 50_000, result: { result: 'void' } }], { side: 'lay' })), 40_00);
});

t.test('what has no quote is refused by name', async (t) => {
  for (const fairProbability of [0, 1, -0.1, Number.NaN]) {
    t.match(cashOutQuote(bet(1_00, [{ priceE4: 20_000, fairProbability }])), { ok: false, error: { code: 'probability_out_of_range' } });
  }
  for (const marginPpm of [-1, 1_000_001, 0.5]) {
    t.match(cashOutQuote(bet(1_00, [{ priceE4: 20_000, fairProbability: 0.5 }], { marginPpm })), { ok: false, error: { code: 'margin_out_of_range' } });
  }
  const leg: OpenLeg = { priceE4: 20_000, fairProbability: 0.5 };
  t.throws(() => cashOutQuote(bet(1_00, [leg, leg], { side: 'lay' })), { code: 'lay_of_multiple' });
  t.throws(() => cashOutQuote(bet(0, [leg])), { code: 'bad_stake' });
  t.throws(() => cashOutQuote(bet(1_00, [])), { code: 'no_legs' });
  t.same(splitStake(10_00, 4_00), { ok: true, value: { closedMinor: 4_00, residualMinor: 6_00 } });
  for (const part of [0, -1, 1_001, 0.5]) t.match(splitStake(10_00, part), { ok: false, error: { code: 'part_out_of_range' } });
});

const stakeMinor = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 100_000_000 }));
const priceE4 = fc.integer({ min: 10_001, max: 200_000 });
const fairProbability = fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true });
const marginPpm = fc.integer({ min: 0, max: 1_000_000 });
const openLeg: fc.Arbitrary<OpenLeg> = fc.record({ priceE4, fairProbability });
const settledLeg: fc.Arbitrary<Leg> = fc.record({
  priceE4,
  result: fc.record({ result: fc.constantFrom<LegClass[]>('won', 'won', 'half_won', 'half_lost', 'void', 'push', 'lost') }),
});
const kind = fc.constantFrom<Omit<Stake, 'stakeMinor'>[]>({ side: 'back', isFreeBet: false }, { side: 'back', isFreeBet: true }, { side: 'lay', isFreeBet: false });
const betOf = (leg: fc.Arbitrary<OpenLeg | Leg>): fc.Arbitrary<OpenBet> => kind.chain((one) => fc.record({
  side: fc.constant(one.side), isFreeBet: fc.constant(one.isFreeBet), stakeMinor, marginPpm,
  legs: fc.array(leg, { minLength: 1, maxLength: one.side === 'lay' ? 1 : 3 }),
}));
const anyBet = betOf(fc.oneof(openLeg, settledLeg));
const runs = { numRuns: 1_000 };

t.test('a quote lies between nothing and the potential return, and falls with the margin', async () => {
  fc.assert(fc.property(anyBet, marginPpm, (open, other) => {
    const most = potentialReturnMinor(open, open.legs.map((leg) => leg.priceE4), 'up');
    const quote = quoted(open);
    const atOther = quoted({ ...open, marginPpm: other });
    return quote >= 0 && quote <= most && (other >= open.marginPpm ? atOther <= quote : atOther >= quote);
  }), runs);
});

t.test('a settled bet is worth its payout less the margin', async () => {
  fc.assert(fc.property(betOf(settledLeg), (open) => {
    const legs = open.legs as Leg[];
    const [least = 0, most = 0] = (['down', 'up'] as const).map((rule) => payoutMinor(open, legs, rule)).sort((a, b) => a - b);
    const kept = BigInt(1_000_000 - open.marginPpm);
    const quote = BigInt(quoted(open));
    // A lay's liability is held rounded up, by less than a unit.
    const slack = open.side === 'lay' ? 1n : 0n;
    return quote <= (BigInt(most) * kept) / 1_000_000n && quote >= (BigInt(least) - slack) * kept / 1_000_000n
      && (open.side === 'lay' || quoted({ ...open, marginPpm: 0 }) === payoutMinor(open, legs, 'down'));
  }), runs);
});

t.test('the more probable, the more a back is worth and the less a lay', async () => {
  fc.assert(fc.property(anyBet, fairProbability, (open, other) => {
    const [first, ...rest] = open.legs;
    if (first === undefined || 'result' in first) return true;
    const now = quoted(open);
    const then = quoted({ ...open, legs: [{ ...first, fairProbability: other }, ...rest] });
    return (other >= first.fairProbability) === (open.side === 'back') ? then >= now : then <= now;
  }), runs);
});

t.test('at a fair price and without a margin a bet is worth its stake', async () => {
  fc.assert(fc.property(stakeMinor, priceE4, (minor, price) => {
    const legs = [{ priceE4: price, fairProbability: 10_000 / price }];
    const back = quoted(bet(minor, legs));
    const lay = quoted(bet(minor, legs, { side: 'lay' }));
    return minor - back >= 0 && minor - back <= 1 && Math.abs(heldMinor('lay', minor, price) - lay) <= 1;
  }), runs);
});

t.test('back and lay of the same are worth no more than both put down', async () => {
  fc.assert(fc.property(stakeMinor, openLeg, (minor, leg) => {
    const both = quoted(bet(minor, [leg])) + quoted(bet(minor, [leg], { side: 'lay' }));
    const down = minor + heldMinor('lay', minor, leg.priceE4);
    return both <= down && both >= down - 3;
  }), runs);
});

t.test('parts never bring more than the whole, and the rest is worth what it was', async () => {
  fc.assert(fc.property(anyBet, fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { maxLength: 5 }), (open, cuts) => {
    let rest = open.stakeMinor;
    let brought = 0;
    let parts = 0;
    for (const cut of [...cuts, 1]) {
      const split = splitStake(rest, Math.ceil(rest * cut));
      if (!split.ok) break;
      brought += quoted({ ...open, stakeMinor: split.value.closedMinor });
      rest = split.value.residualMinor;
      parts += 1;
    }
    const whole = quoted(open);
    return rest === 0 && brought <= whole && brought > whole - parts;
  }), runs);
});
