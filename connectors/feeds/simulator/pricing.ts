import { HIGHEST_PRICE, LOWEST_PRICE, rungBelow } from './ladder.ts';
import type { Provider } from './providers.ts';
import type { Contest } from './contest.ts';
import type { Random } from '../../random.ts';

/** How fast a provider's price around its opinion wanders back. */
const WANDER_MS = 20_000;
/** Beyond this a market is as good as decided, and nobody prices it. */
const DECIDED = 1e-9;

/** What a market is to a provider: priced, withheld (too certain, or too near the end, to be priced), or decided. */
export type Verdict = 'priced' | 'withheld' | 'decided';

/** Prices of the market and provider priced last: one per outcome, and of an exchange what laying costs. */
export interface Prices {
  count: number;
  readonly back: Float64Array;
  readonly lay: Float64Array;
}

export const noPrices = (): Prices => ({ count: 0, back: new Float64Array(3), lay: new Float64Array(3) });

/**
 * The margin of a provider: what the implied probabilities of a market sum to above 1 before prices go down to its ladder. A market of
 * three outcomes bears a quarter more than one of two.
 */
export const marginOf = (provider: Provider, outcomes: number, inPlay: boolean): number =>
  (provider.margin + (inPlay ? provider.inPlayMargin : 0)) * (outcomes === 3 ? 1.25 : 1);

/** What a margin may miss before it is put right in proportion. */
const CLOSE = 0.001;

const logs = new Float64Array(3);
const implied = new Float64Array(3);

/**
 * Lays a margin on shares that sum to 1, so that they sum to 1 + margin: in proportion, or as powers p^k (k found by Newton's method from
 * `guess`; the last thousandths in proportion). Returns k. Source: Clarke, Kovalchik, Ingram, "Adjusting bookmaker's odds" (2017).
 */
export const layOn = (shares: Float64Array, count: number, margin: number, method: 'proportional' | 'power', guess: number): number => {
  let power = 1;
  let sum = 1;
  if (method === 'power') {
    power = guess;
    for (let i = 0; i < count; i += 1) logs[i] = Math.log(shares[i]!);
    for (let tries = 5; tries > 0; tries -= 1) {
      let slope = 0;
      sum = 0;
      for (let i = 0; i < count; i += 1) {
        const value = Math.exp(power * logs[i]!);
        shares[i] = value;
        sum += value;
        slope += value * logs[i]!;
      }
      const missing = 1 + margin - sum;
      if (Math.abs(missing) < CLOSE) break;
      power = Math.min(1, Math.max(0.3, power + missing / slope));
    }
  }
  const scale = (1 + margin) / sum;
  for (let i = 0; i < count; i += 1) shares[i]! *= scale;
  return power;
};

/**
 * Prices a market as a provider sees it now: the truth of some time ago, its opinion, the wander of its price and its mistakes, its margin,
 * its ladder. Written into `prices`. Allocates nothing.
 */
export const price = (contest: Contest, market: number, at: number, provider: Provider, nowMs: number, random: Random, slot: number, prices: Prices): Verdict => {
  const inPlay = contest.inPlay && nowMs - contest.timing.startsMs > provider.inPlayLagMs;
  const lagMs = contest.lagMs(provider, inPlay);
  const first = contest.firstAgo(market, lagMs);
  const draw = contest.drawAgo(market, lagMs);
  const last = 1 - first - draw;
  if (first < DECIDED || last < DECIDED) return 'decided';
  if (contest.model.closing) return 'withheld';

  // The wander is an Ornstein-Uhlenbeck process, taken on by the time since it was last looked at.
  const decay = WANDER_MS / (WANDER_MS + nowMs - contest.pricedMs[slot]!);
  contest.pricedMs[slot] = nowMs;
  const wander = contest.wander[slot]! * decay + provider.jitter * Math.sqrt(1 - decay * decay) * random.normal();
  contest.wander[slot] = wander;

  // Moves the log-odds of the first outcome against the last by the sum of the errors.
  const tilt = Math.exp(contest.opinion[at]! + wander + contest.mistake[slot]!);
  const count = draw > 0 ? 3 : 2;
  const sum = first * tilt + draw + last;
  implied[0] = (first * tilt) / sum;
  implied[count - 1] = last / sum;
  if (count === 3) implied[1] = draw / sum;

  const margin = marginOf(provider, count, inPlay);
  contest.power[slot] = layOn(implied, count, margin, provider.method, contest.power[slot]!);

  prices.count = count;
  const { ladder } = provider;
  for (let i = 0; i < count; i += 1) {
    const fair = 1 / implied[i]!;
    if (fair < LOWEST_PRICE || fair > (inPlay ? provider.longestInPlay : HIGHEST_PRICE)) return 'withheld';
    const rung = rungBelow(ladder, fair);
    if (rung < 0) return 'withheld';
    prices.back[i] = ladder[rung]!;
    // Whoever lays asks as much above the fair price as whoever backs asks below it.
    if (provider.kind === 'exchange') prices.lay[i] = ladder[Math.min(ladder.length - 1, rungBelow(ladder, fair * (1 + margin) ** 2) + 1)]!;
  }
  return 'priced';
};
