import fc from 'fast-check';
import t from 'tap';
import { routeStake } from './routing.ts';
import type { Offer, RoutedPart, RoutingRequest } from './routing.ts';

const offer = (provider: string, price: number, limitMinor?: number, more: Partial<Offer> = {}): Offer =>
  ({ provider, priceE4: Math.round(price * 10_000), commissionPpm: 0, limitMinor, currency: 'GBP', ...more });
const back = (stakeMinor: number, more: Partial<RoutingRequest> = {}): RoutingRequest =>
  ({ side: 'back', stakeMinor, currency: 'GBP', minPriceE4: 10_001, maxParts: 3, ...more });
const lay = (stakeMinor: number, more: Partial<RoutingRequest> = {}): RoutingRequest =>
  back(stakeMinor, { side: 'lay', minPriceE4: 1_000_000_000, ...more });

const placed = (offers: readonly Offer[], request: RoutingRequest): string => {
  const routed = routeStake(offers, request);
  if (!routed.ok) return `${routed.error.code} ${routed.error.availableMinor}`;
  return routed.value.map(({ provider, stakeMinor, priceE4 }) => `${provider} ${stakeMinor}@${priceE4 / 10_000}`).join(', ');
};

t.test('best net price first, within the limits', async (t) => {
  const offers = [offer('a', 2, 1_000), offer('b', 2.1, 300), offer('c', 2.1, 500)];
  t.equal(placed(offers, back(500)), 'c 500@2.1', 'of equals the larger limit');
  t.equal(placed(offers, back(1_000)), 'c 500@2.1, b 300@2.1, a 200@2');
  t.equal(placed([offer('b', 2.1), offer('a', 2.1)], back(500)), 'a 500@2.1', 'then the name');
  t.equal(placed([offer('a', 2.1), offer('b', 2.1, 500)], back(500)), 'b 500@2.1', 'a limit that is known before one that is not');
  t.equal(placed([offer('x', 2.12, undefined, { commissionPpm: 20_000 }), offer('a', 2.1)], back(5)), 'a 5@2.1', '2.12 less 2 % is 2.0976');
  t.equal(placed([offer('a', 2.1, 10, { currency: null })], back(10)), 'a 10@2.1', 'a currency that is not known is not in the way');
});

t.test('where parts are few, larger offers stand in for better ones', async (t) => {
  const offers = [offer('a', 2, 10), offer('b', 1.9, 10), offer('c', 1.8, 100), offer('d', 1.7, 100)];
  t.equal(placed(offers, back(50, { maxParts: 2 })), 'a 10@2, c 40@1.8');
  t.equal(placed(offers, back(50, { maxParts: 3 })), 'a 10@2, b 10@1.9, c 30@1.8');
  t.equal(placed(offers, back(101, { maxParts: 1 })), 'limit_exceeded 100');
  t.equal(placed(offers, back(500)), 'limit_exceeded 210');
});

t.test('a lay pays least of liability for what it wins after commission', async (t) => {
  t.equal(placed([offer('a', 3), offer('b', 2.98)], lay(10)), 'b 10@2.98');
  t.equal(placed([offer('a', 3), offer('b', 2.98, undefined, { commissionPpm: 20_000 })], lay(10)), 'a 10@3', '1.98 for 0.98 is worse than 2 for 1');
  t.equal(placed([offer('a', 3), offer('b', 2.9)], lay(10, { minPriceE4: 28_999 })), 'price_moved 0', 'not above the price asked for');
});

t.test('refusals by name', async (t) => {
  t.equal(placed([offer('a', 2)], back(10, { minPriceE4: 20_001 })), 'price_moved 0');
  t.equal(placed([offer('a', 2)], back(10, { minPriceE4: 20_000 })), 'a 10@2');
  t.equal(placed([], back(10)), 'price_moved 0');
  t.equal(placed([offer('a', 2, 10, { commissionPpm: 1_000_000 })], back(10)), 'price_moved 0', 'nothing is left of the winnings');
  t.equal(placed([offer('a', 2, 10, { currency: 'EUR' })], back(10)), 'currency_mismatch 0');
  t.equal(placed([offer('a', 2, 100, { currency: 'EUR' }), offer('b', 1.5, 4)], back(10)), 'limit_exceeded 4');
  t.equal(placed([offer('a', 2, 0)], back(10)), 'limit_exceeded 0');
  for (const wrong of [{ stakeMinor: 0 }, { stakeMinor: 1.5 }, { maxParts: 0 }, { minPriceE4: Number.NaN }]) {
    t.equal(placed([offer('a', 2)], back(10, wrong)), 'bad_request 0');
  }
  for (const wrong of [{ priceE4: 10_000 }, { commissionPpm: -1 }, { limitMinor: 0.5 }]) {
    t.equal(placed([offer('a', 2, 5, wrong)], back(10)), 'bad_offer 0');
  }
});

const anyOffer: fc.Arbitrary<Offer> = fc.record({
  provider: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  priceE4: fc.oneof(fc.constantFrom(18_000, 20_000, 20_100), fc.integer({ min: 10_001, max: 60_000 })),
  commissionPpm: fc.constantFrom(0, 0, 20_000, 50_000),
  limitMinor: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined, freq: 6 }),
  currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'EUR', null),
});
const anyRequest: fc.Arbitrary<RoutingRequest> = fc.record({
  side: fc.constantFrom<('back' | 'lay')[]>('back', 'lay'), stakeMinor: fc.integer({ min: 1, max: 20 }), currency: fc.constant('GBP'),
  minPriceE4: fc.oneof(fc.constantFrom(10_001, 60_000), fc.integer({ min: 15_000, max: 25_000 })), maxParts: fc.integer({ min: 1, max: 3 }),
});

/** Net price of a unit backed, or the net lay price as a cost, in plain numbers. */
const worthOf = (side: 'back' | 'lay', price: number, commission: number): number =>
  side === 'back' ? 1 + (price - 1) * (1 - commission) : -(1 + (price - 1) / (1 - commission));

/** The best that any split of the stake, unit by unit, is worth in all; -Infinity where none places it. */
const bruteForce = (offers: readonly Offer[], { side, stakeMinor, currency, minPriceE4, maxParts }: RoutingRequest): number => {
  const usable = offers.filter((one) => (one.currency ?? currency) === currency
    && (side === 'back' ? one.priceE4 >= minPriceE4 : one.priceE4 <= minPriceE4));
  const table = new Map<string, number>();
  const best = (at: number, rest: number, parts: number): number => {
    if (rest === 0) return 0;
    const here = usable[at];
    if (here === undefined || parts === 0) return -Infinity;
    const key = `${at} ${rest} ${parts}`;
    let most = table.get(key);
    if (most === undefined) {
      most = best(at + 1, rest, parts);
      const worth = worthOf(side, here.priceE4 / 1e4, here.commissionPpm / 1e6);
      const takes = Math.min(rest, here.limitMinor ?? rest);
      for (let stake = 1; stake <= takes; stake += 1) most = Math.max(most, stake * worth + best(at + 1, rest - stake, parts - 1));
      table.set(key, most);
    }
    return most;
  };
  return best(0, stakeMinor, maxParts);
};

/** The offer that each part was made of, no offer twice; undefined where one has none. */
const offersOf = (parts: readonly RoutedPart[], offers: readonly Offer[], request: RoutingRequest): Offer[] | undefined => {
  const left = [...offers].sort((a, b) => a.commissionPpm - b.commissionPpm);
  const used: Offer[] = [];
  for (const part of parts) {
    const at = left.findIndex((one) => one.provider === part.provider && one.priceE4 === part.priceE4
      && part.stakeMinor <= (one.limitMinor ?? Infinity) && (one.currency ?? request.currency) === request.currency);
    if (at < 0) return undefined;
    used.push(...left.splice(at, 1));
  }
  return used;
};

t.test('no split of the stake has a better average net price', async () => {
  const offers = fc.uniqueArray(anyOffer, { maxLength: 7, selector: ({ provider, priceE4 }) => `${provider} ${priceE4}` });
  fc.assert(fc.property(offers, anyRequest, (all, request) => {
    const most = bruteForce(all, request);
    const routed = routeStake(all, request);
    if (!routed.ok) return most === -Infinity;
    const parts = routed.value;
    const used = offersOf(parts, all, request);
    if (used === undefined || parts.length > request.maxParts) return false;
    const worth = parts.reduce((sum, part, i) =>
      sum + part.stakeMinor * worthOf(request.side, part.priceE4 / 1e4, (used[i]?.commissionPpm ?? 0) / 1e6), 0);
    return parts.reduce((sum, part) => sum + part.stakeMinor, 0) === request.stakeMinor
      && parts.every(({ stakeMinor, priceE4 }) =>
        stakeMinor > 0 && (request.side === 'back' ? priceE4 >= request.minPriceE4 : priceE4 <= request.minPriceE4))
      && Math.abs(worth - most) < 1e-9;
  }), { numRuns: 3_000 });
});

t.test('what is said to be there can be had, and not one unit more', async (t) => {
  let refusals = 0;
  fc.assert(fc.property(fc.array(anyOffer, { maxLength: 6 }), anyRequest, (all, request) => {
    const routed = routeStake(all, request);
    if (routed.ok || routed.error.code !== 'limit_exceeded') return true;
    refusals += 1;
    const available = routed.error.availableMinor;
    return available < request.stakeMinor && !routeStake(all, { ...request, stakeMinor: available + 1 }).ok
      && (available === 0 || routeStake(all, { ...request, stakeMinor: available }).ok);
  }), { numRuns: 2_000 });
  t.ok(refusals > 100);
});

t.test('the order of the offers changes nothing', async () => {
  const twice = fc.array(anyOffer, { maxLength: 7 }).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(fc.property(twice, anyRequest, ([all, shuffled], request) => placed(all, request) === placed(shuffled, request)), { numRuns: 2_000 });
});

t.test('forty offers and few parts are searched at once', async (t) => {
  const offers = Array.from({ length: 40 }, (_, i) => offer(`p${i}`, 3 - i / 1_000, 100 + ((i * 37) % 41) * 10));
  const started = performance.now();
  const routed = routeStake(offers, back(2_700, { maxParts: 6 }));
  t.ok(routed.ok && routed.value.reduce((sum, part) => sum + part.stakeMinor, 0) === 2_700);
  t.ok(performance.now() - started < 1_000, `${performance.now() - started} ms`);
});
