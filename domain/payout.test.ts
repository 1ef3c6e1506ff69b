import fc from 'fast-check';
import t from 'tap';
import type { Rounding } from './money.ts';
import { betClass, commissionMinor, eachWay, heldMinor, payoutMinor, potentialReturnMinor, reducedPriceE4 } from './payout.ts';
import type { Leg, LegClass, LegResult, PayoutErrorCode, Stake } from './payout.ts';
import { scoreResult } from './settlement.ts';

const back = (stakeMinor: number): Stake => ({ side: 'back', stakeMinor, isFreeBet: false });
const lay = (stakeMinor: number): Stake => ({ side: 'lay', stakeMinor, isFreeBet: false });
const free = (stakeMinor: number): Stake => ({ side: 'back', stakeMinor, isFreeBet: true });
const leg = (priceE4: number, result: LegClass = 'won', deducted: Omit<LegResult, 'result'> = {}): Leg => ({ priceE4, result: { result, ...deducted } });
const half = { numerator: 1, denominator: 2 };
const third = { numerator: 1, denominator: 3 };
const quarter = { numerator: 1, denominator: 4 };
const paid = (stake: Stake, ...legs: Leg[]): number => payoutMinor(stake, legs, 'half_up');

t.test('Rule 4, as bookmakers explain it', async (t) => {
  t.equal(paid(back(10_00), leg(22_500, 'won', { rule4Pence: 80 })), 12_50, 'unibet.co.uk/help, Horse Racing - Rule 4');
  t.equal(paid(back(10_00), leg(90_000, 'won', { rule4Pence: 25 })), 70_00, 'allaboutbetting.co.uk, Rule 4: £10 at 8/1');
  t.equal(paid(back(10_00), leg(60_000, 'won', { rule4Pence: 30 })), 45_00, 'winnersodds.com: £10 at 5/1, £50 of winnings less 30 %');
  t.equal(paid(back(10_00), leg(20_000, 'won', { rule4Pence: 20 })), 18_00, 'support.betconnect.com: £10 won, £8 with 20p');
});

t.test('dead heats, as bookmakers and exchanges explain them', async (t) => {
  const heat = (priceE4: number, deadHeat: { numerator: number; denominator: number }) => leg(priceE4, 'won', { deadHeat });
  t.equal(paid(back(10_00), heat(110_000, half)), 55_00, 'support.betfair.com/403: £10 at 10/1, two winners');
  t.equal(payoutMinor(back(10_00), [heat(110_000, third)], 'down'), 36_66, 'the same, three winners');
  t.equal(paid(back(300_00), heat(40_000, third)), 400_00, 'Betfair Exchange Rules: 300 at 4.0, three winners');
  t.equal(paid(lay(300_00), heat(40_000, third)), 900_00 - 100_00, 'and its layer loses what the backer wins');
  t.equal(paid(back(60_00), heat(60_000, third)), 120_00, 'BETDAQ, What is a dead heat: example 1');
  t.equal(paid(back(60_00), heat(60_000, { numerator: 2, denominator: 4 })), 180_00, 'example 2: four share two places');
  t.equal(paid(back(20_00), heat(40_000, third)), 26_67, 'Smarkets rule 7.2, for');
  t.equal(paid(lay(20_00), heat(40_000, third)), 53_33, 'Smarkets rule 7.2, against: £53.33 of a liability of £60');
  t.equal(paid(back(50_00), heat(25_000, half)), 62_50, 'DraftKings, What is a dead heat reduction: two tie');
  t.equal(paid(back(50_00), heat(30_000, { numerator: 3, denominator: 6 })), 75_00, 'and six for three places');
  t.equal(paid(back(10_00), heat(15_000, half)), 7_50, 'a winner at a short price may lose');
});

t.test('quarter lines, as they are explained', async (t) => {
  t.equal(paid(back(1_00), leg(18_000, 'half_won')), 1_40, 'richpunter.com: £1 at 1.80 is multiplied by 1.40');
  const cardiff = scoreResult('asian_handicap:-0.75', 1, 0);
  t.equal(paid(back(100_00), leg(18_250, cardiff?.[0])), 141_25, 'asianhandicap.tripod.com: half of the net winnings at 1.825');
  t.equal(paid(back(100_00), leg(20_750, cardiff?.[1])), 50_00, 'and the other side loses half its stake');
  const string = (first: LegClass, third: LegClass, second: LegClass = 'won', last: LegClass = 'won') =>
    paid(back(1_00), leg(20_150, first), leg(17_550, second), leg(20_450, third), leg(18_950), leg(19_650, last));
  t.equal(string('won', 'won'), 26_93, 'aaakk.org, string of five: all won');
  t.equal(string('won', 'half_won'), 20_05, 'one half won');
  t.equal(string('half_lost', 'won'), 6_68, 'one half lost');
  t.equal(string('won', 'half_won', 'half_lost', 'push'), 2_91, 'one half lost, one half won, one returned');
});

t.test('multiples and each way, as they are explained', async (t) => {
  t.equal(paid(back(1_00), leg(50_000), leg(40_000)), 20_00, 'thebettingline.co.uk: a double of 4/1 and 3/1');
  t.equal(paid(back(10_00), leg(27_500), leg(36_000)), 99_00, 'and of 7/4 and 13/5, 89/10');
  const single = eachWay(100_00, 37_500, { numerator: 1, denominator: 5 });
  t.equal(paid(back(single.win.stakeMinor), leg(single.win.priceE4)), 375_00, 'Wikipedia, Bookmaking: £100 each way at 11/4, 1/5 a place');
  t.equal(paid(back(single.place.stakeMinor), leg(single.place.priceE4)), 155_00, 'and placed');
  const [aberg, luiten] = [eachWay(10_00, 210_000, quarter), eachWay(10_00, 410_000, quarter)];
  t.equal(paid(back(10_00), leg(aberg.place.priceE4), leg(luiten.place.priceE4)), 660_00, 'golfbettingsystem.co.uk: each-way double, the places');
  t.equal(paid(back(10_00), leg(aberg.win.priceE4), leg(luiten.win.priceE4)), 8_610_00, 'and the wins');
  const { win, place } = eachWay(20_00, 170_000, quarter);
  t.same([win, place], [{ stakeMinor: 20_00, priceE4: 170_000 }, { stakeMinor: 20_00, priceE4: 50_000 }]);
  const returned = (deadHeat: { numerator: number; denominator: number }) =>
    paid(back(win.stakeMinor), leg(win.priceE4, 'lost')) + paid(back(place.stakeMinor), leg(place.priceE4, 'won', { deadHeat }));
  t.equal(returned({ numerator: 1, denominator: 1 }), 100_00, 'DAZN Bet, Each Way Dead Heats: third');
  t.equal(returned(half), 50_00, 'joint third');
});

t.test('reduction factors', async (t) => {
  t.equal(reducedPriceE4(86_000, 162_000), 72_068, 'support.betfair.com/408: 16.2 % of 8.6, shown there as 7.21');
  t.equal(reducedPriceE4(80_000, 250_000), 60_000, 'Betfair Exchange Rules: 25 % of 8.0');
  t.equal(reducedPriceE4(11_000, 250_000), 10_000, 'never below one');
  t.equal(reducedPriceE4(10_001, 1_000_000), 10_000);
  t.equal(paid(back(100_00), leg(110_000, 'won', { reductionPpm: 100_000 })), 990_00, 'mathematician-betting.co.uk: £100 at 11, 10 %');
  t.equal(paid(back(10_00), leg(11_000, 'won', { reductionPpm: 500_000 })), 10_00, 'a winner whose price fell to one has the stake back');
  t.equal(paid(lay(10_00), leg(86_000, 'won', { reductionPpm: 162_000 })), 76_00 + 10_00 - 72_07, 'the layer held the liability of the old price');
});

t.test('commission is on what a market brought in all', async (t) => {
  t.equal(commissionMinor(120_00, 50_000, 'half_up'), 6_00, 'betting.exchange, How does the commission system work');
  t.equal(commissionMinor(120_00 - 105_00, 50_000, 'half_up'), 75, 'backed and laid');
  t.equal(commissionMinor(100_00, 70_000, 'half_up'), 7_00, 'betfair.com.au: $50 at 3.00');
  t.equal(commissionMinor(500_00 - 80_00, 50_000, 'half_up'), 21_00, 'trinitylogic.co.uk: bets of one market together');
  t.equal(commissionMinor(-1, 50_000, 'up'), 0);
  t.equal(commissionMinor(0, 50_000, 'up'), 0);
  t.equal(commissionMinor(1, 50_000, 'up'), 1);
  t.equal(commissionMinor(Number.MAX_SAFE_INTEGER, 1_000_000, 'up'), Number.MAX_SAFE_INTEGER);
});

t.test('a free bet pays what its stake won, not the stake', async (t) => {
  const classes: [LegClass, number][] = [['won', 15_00], ['half_won', 7_50], ['void', 0], ['push', 0], ['half_lost', 0], ['lost', 0]];
  for (const [result, minor] of classes) t.equal(paid(free(10_00), leg(25_000, result)), minor, result);
  t.equal(paid(free(10_00), leg(40_000, 'won', { deadHeat: half })), 15_00, 'half of the winnings in a dead heat of two');
  t.equal(paid(free(10_00), leg(25_000), leg(20_000, 'void')), 15_00, 'a void leg drops out');
  t.equal(paid(free(10_00), leg(25_000), leg(20_000, 'half_lost')), 7_50, 'half of it is at stake');
  t.equal(potentialReturnMinor(free(10_00), [25_000, 20_000], 'down'), 40_00);
});

t.test('what is held back', async (t) => {
  t.equal(heldMinor('back', 10_00, 86_000), 10_00);
  t.equal(heldMinor('lay', 10_00, 86_000), 76_00);
  t.equal(heldMinor('lay', 1, 10_001), 1, 'a fraction of a penny is held as a penny');
  t.equal(potentialReturnMinor(lay(10_00), [86_000], 'down'), 86_00, 'a lay can bring its liability and the stake');
});

t.test('the class of a whole bet', async (t) => {
  const classOf = (...results: LegClass[]) => betClass(results.map((result) => ({ result })));
  t.equal(classOf('won', 'won'), 'won');
  t.equal(classOf('won', 'void', 'push'), 'won');
  t.equal(classOf('void', 'lost', 'half_won'), 'lost');
  t.equal(classOf('void', 'void'), 'void');
  t.equal(classOf('void', 'push'), 'push');
  t.equal(classOf('half_won', 'push'), 'half_won');
  t.equal(classOf('half_lost'), 'half_lost');
  t.equal(classOf('half_lost', 'won'), 'partly');
  t.equal(betClass([{ result: 'won', deadHeat: half }]), 'partly');
  t.equal(betClass([{ result: 'won', deadHeat: { numerator: 2, denominator: 2 } }]), 'won', 'two share two places');
  t.equal(betClass([{ result: 'won' }], 'lay'), 'lost');
  t.equal(betClass([{ result: 'half_lost' }], 'lay'), 'half_won');
  t.throws(() => betClass([]), { code: 'no_legs' });
});

t.test('what is no bet is refused by name', async (t) => {
  const refused = (code: PayoutErrorCode, fail: () => unknown) => t.throws(fail, { name: 'PayoutError', code }, code);
  for (const stake of [0, -1, 1.5, Number.NaN, 2 ** 53]) refused('bad_stake', () => paid(back(stake), leg(20_000)));
  for (const price of [10_000, 1e9 + 1, 20_000.5, Number.NaN]) refused('bad_price', () => paid(back(100), leg(price, 'lost')));
  refused('no_legs', () => paid(back(100)));
  refused('lay_of_multiple', () => paid(lay(100), leg(20_000), leg(20_000)));
  refused('lay_of_multiple', () => potentialReturnMinor(lay(100), [20_000, 20_000], 'down'));
  refused('lay_of_free_bet', () => paid({ ...lay(100), isFreeBet: true }, leg(20_000)));
  for (const rule4Pence of [-1, 91, 12.5]) refused('bad_rule4', () => paid(back(100), leg(20_000, 'won', { rule4Pence })));
  for (const reductionPpm of [-1, 1_000_001, 0.5]) refused('bad_reduction', () => paid(back(100), leg(20_000, 'won', { reductionPpm })));
  for (const deadHeat of [{ numerator: 0, denominator: 2 }, { numerator: 3, denominator: 2 }, { numerator: 0.5, denominator: 1 }]) {
    refused('bad_dead_heat', () => paid(back(100), leg(20_000, 'won', { deadHeat })));
    refused('bad_fraction', () => eachWay(100, 20_000, deadHeat));
  }
  refused('bad_result', () => paid(back(100), leg(20_000, 'open' as LegClass)));
  refused('bad_price', () => eachWay(100, 10_003, { numerator: 1, denominator: 5 }));
  refused('bad_amount', () => commissionMinor(1.5, 0, 'down'));
  refused('bad_rate', () => commissionMinor(1, 1_000_001, 'down'));
  refused('too_large', () => paid(back(Number.MAX_SAFE_INTEGER), leg(10_002)));
});

const rounding = fc.constantFrom<Rounding[]>('down', 'up', 'half_up', 'half_even');
const stakeMinor = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 10_000_000 }));
const priceE4 = fc.oneof(fc.integer({ min: 10_001, max: 60_000 }), fc.integer({ min: 10_001, max: 1_000_000 }));
const result: fc.Arbitrary<LegResult> = fc.record({
  result: fc.constantFrom<LegClass[]>('won', 'won', 'half_won', 'half_lost', 'void', 'push', 'lost'),
  deadHeat: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 })).map(([n, more]) => ({ numerator: n, denominator: n + more })),
  rule4Pence: fc.integer({ min: 0, max: 90 }),
  reductionPpm: fc.integer({ min: 0, max: 1_000_000 }),
}, { requiredKeys: ['result'] });
const anyLeg: fc.Arbitrary<Leg> = fc.record({ priceE4, result });
const legs = fc.array(anyLeg, { minLength: 1, maxLength: 4 });
const runs = { numRuns: 1_000 };

/** A leg's factor by the rules' own words, in floating point: how much of the stake comes back, by which price. */
const factor = ({ priceE4: price, result: { result: fate, deadHeat = { numerator: 1, denominator: 1 }, rule4Pence = 0, reductionPpm = 0 } }: Leg): number => {
  const afterReduction = Math.max(1, (price / 1e4) * (1 - reductionPpm / 1e6));
  const afterRule4 = 1 + (afterReduction - 1) * ((100 - rule4Pence) / 100);
  const won = (deadHeat.numerator / deadHeat.denominator) * afterRule4;
  return { won, lost: 0, void: 1, push: 1, half_won: 0.5 * won + 0.5, half_lost: 0.5 }[fate];
};

t.test('a multiple pays the product of its legs, rounded once', async () => {
  fc.assert(fc.property(stakeMinor, legs, (minor, all) => {
    const exact = all.reduce((product, one) => product * factor(one), minor);
    const [down, up] = (['down', 'up'] as const).map((rule) => payoutMinor(back(minor), all, rule));
    const slack = 1e-6 + exact * 1e-12;
    return down !== undefined && up !== undefined && down <= exact + slack && up >= exact - slack && up - down <= 1 && down > exact - 1 - slack;
  }), runs);
});

t.test('the named roundings lie within one unit, nearest where they say so', async () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 99_999 }), priceE4, (minor, price) => {
    const of = (rule: Rounding) => BigInt(payoutMinor(back(minor), [leg(price)], rule));
    const tenThousandths = BigInt(minor) * BigInt(price);
    const rest = tenThousandths % 10_000n;
    const floor = tenThousandths / 10_000n;
    const ceiling = rest === 0n ? floor : floor + 1n;
    const tie = rest === 5_000n;
    return of('down') === floor && of('up') === ceiling && of('half_up') === (rest >= 5_000n ? ceiling : floor)
      && of('half_even') === (tie ? (floor % 2n === 0n ? floor : ceiling) : of('half_up'));
  }), runs);
});

t.test('order changes nothing', async () => {
  const twice = legs.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(fc.property(stakeMinor, twice, rounding, fc.boolean(), (minor, [all, shuffled], rule, isFreeBet) =>
    payoutMinor({ ...back(minor), isFreeBet }, all, rule) === payoutMinor({ ...back(minor), isFreeBet }, shuffled, rule)
    && betClass(all.map((one) => one.result)) === betClass(shuffled.map((one) => one.result))), runs);
});

t.test('backer and layer share what both put down, to the last unit', async () => {
  fc.assert(fc.property(stakeMinor, anyLeg, rounding, (minor, one, rule) => {
    const layer = payoutMinor(lay(minor), [one], rule);
    return layer >= 0 && payoutMinor(back(minor), [one], rule) + layer === minor + heldMinor('lay', minor, one.priceE4);
  }), runs);
});

t.test('a payout lies between nothing and the potential return', async () => {
  fc.assert(fc.property(stakeMinor, legs, rounding, fc.boolean(), (minor, all, rule, isFreeBet) => {
    const stake = { ...back(minor), isFreeBet };
    const most = potentialReturnMinor(stake, all.map((one) => one.priceE4), rule);
    const payout = payoutMinor(stake, all, rule);
    return payout >= 0 && payout <= most && Number.isSafeInteger(payout);
  }), runs);
  fc.assert(fc.property(stakeMinor, anyLeg, rounding, (minor, one, rule) =>
    payoutMinor(lay(minor), [one], rule) <= potentialReturnMinor(lay(minor), [one.priceE4], rule)), runs);
});

t.test('a free bet pays no more than the same bet with money, and the stake less where all was won', async () => {
  fc.assert(fc.property(stakeMinor, legs, rounding, (minor, all, rule) =>
    payoutMinor(free(minor), all, rule) <= payoutMinor(back(minor), all, rule)), runs);
  fc.assert(fc.property(stakeMinor, fc.array(priceE4, { minLength: 1, maxLength: 3 }), rounding, (minor, prices, rule) => {
    const won = prices.map((price) => leg(price));
    return rule === 'half_even' || payoutMinor(free(minor), won, rule) === payoutMinor(back(minor), won, rule) - minor;
  }), runs);
});

t.test('a quarter line is two bets of half the stake on the neighbouring lines', async () => {
  const line = fc.integer({ min: -10, max: 10 }).map((halves) => halves / 2 + 0.25);
  const goals = fc.integer({ min: 0, max: 6 });
  fc.assert(fc.property(line, goals, goals, priceE4, fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(0, 1), (quarterLine, home, away, price, minor, side) => {
    const at = (one: number, stake: number) => payoutMinor(back(stake), [leg(price, scoreResult(`asian_handicap:${one}`, home, away)?.[side])], 'down');
    const whole = at(quarterLine, 2 * minor);
    const halves = at(quarterLine - 0.25, minor) + at(quarterLine + 0.25, minor);
    return whole - halves >= 0 && whole - halves <= 1;
  }), runs);
  fc.assert(fc.property(line, goals, goals, priceE4, fc.integer({ min: 1, max: 1e4 }), (quarterLine, home, away, price, hundreds) => {
    const at = (one: number, stake: number) => payoutMinor(back(stake), [leg(price, scoreResult(`asian_handicap:${one}`, home, away)?.[0])], 'down');
    return at(quarterLine, 20_000 * hundreds) === at(quarterLine - 0.25, 10_000 * hundreds) + at(quarterLine + 0.25, 10_000 * hundreds);
  }), runs);
});
