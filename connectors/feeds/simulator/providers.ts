import { american, cents, exchangeSteps, fractions } from './ladder.ts';
import type { Ladder } from './ladder.ts';
import { Random } from '../../random.ts';

/** How a provider makes its prices. */
export interface Provider {
  readonly name: string;
  readonly kind: 'sharp' | 'soft' | 'exchange';
  /** What its implied probabilities sum to above 1, before the ladder: 0.05 for 5 %. Twice as much for a market of three outcomes as of two is custom: see `marginOf`. */
  readonly margin: number;
  /** What is added to the margin while the contest runs. */
  readonly inPlayMargin: number;
  /** How the margin is laid on: equally, or more on the long prices. */
  readonly method: 'proportional' | 'power';
  /** How long the truth takes to reach its prices, before the start and while the contest runs. */
  readonly lagMs: number;
  readonly inPlayLagMs: number;
  /** Standard deviation of its opinion of a contest, and of its prices around that, in log-odds. */
  readonly opinion: number;
  readonly jitter: number;
  /** Share of the markets that it offers, and whether it does so while the contest runs. */
  readonly coverage: number;
  /** The longest price that it keeps up while the contest runs; where one would be longer, the market is suspended. */
  readonly longestInPlay: number;
  readonly inPlay: boolean;
  readonly ladder: Ladder;
  /** Share of net winnings that an exchange keeps. */
  readonly commission: number;
  /** What it would lose at most on one bet, in minor units of currency. */
  readonly payoutMinor: number;
}

export const CURRENCY = 'EUR';

/** Invented: none of them is a bookmaker. The first is the sharp one, the second the exchange. */
const names = [
  'keystrel', 'tidemark_exchange', 'northwatch', 'quillmoor', 'tallyfen', 'redwicket', 'farrowline', 'brightpeg', 'lanternfold', 'copperstile',
  'stakewold', 'ninebarrow', 'velvetgate', 'wagerfen', 'juniperslip', 'ashenfold', 'pennyquire', 'drumlinbet', 'saltcairn', 'oakenstake',
  'marbletote', 'hazelmere_odds', 'ravelbook', 'inkwellbet', 'pillarstake', 'sundrift', 'cobblepunt', 'fernhollow', 'gablebet', 'thistlebook',
  'embertally', 'fathomodds', 'glasshouse_bets', 'heronpunt', 'ivorystake', 'jackdawbet', 'kilnbook', 'lodestake', 'millracebet', 'nettletote',
] as const;

export const MOST_PROVIDERS = names.length;

/** The first `count` providers of a seed: the same names always, characters by the seed. */
export const providersOf = (seed: number, count: number): readonly Provider[] => {
  const random = new Random(seed, -1);
  return names.slice(0, count).map((name, at) => {
    if (at === 0) return sharp(name);
    if (at === 1) return exchange(name, random);
    return soft(name, random);
  });
};

const sharp = (name: string): Provider => ({
  name, kind: 'sharp', margin: 0.025, inPlayMargin: 0.015, method: 'power', lagMs: 200, inPlayLagMs: 200, opinion: 0.004, jitter: 0.003,
  coverage: 1, longestInPlay: 34, inPlay: true, ladder: cents, commission: 0, payoutMinor: 2_000_000,
});

const exchange = (name: string, random: Random): Provider => ({
  name, kind: 'exchange', margin: 0.006, inPlayMargin: 0.01, method: 'proportional', lagMs: 200, inPlayLagMs: 200, opinion: 0.004, jitter: 0.004,
  coverage: 0.9, longestInPlay: 50, inPlay: true, ladder: exchangeSteps, commission: random.pick([0.02, 0.03, 0.05]), payoutMinor: 500_000,
});

const soft = (name: string, random: Random): Provider => {
  // From 0.4 s to 8 s, most of them quick: the logarithm is uniform.
  const lagMs = Math.round(400 * Math.exp(random.share() * Math.log(20)));
  return {
    name,
    kind: 'soft',
    margin: random.between(0.045, 0.085),
    inPlayMargin: random.between(0.03, 0.05),
    method: random.happens(0.6) ? 'proportional' : 'power',
    lagMs,
    inPlayLagMs: Math.round(200 + lagMs * 0.15),
    opinion: random.between(0.005, 0.012),
    jitter: random.between(0.005, 0.01),
    coverage: random.between(0.7, 1),
    longestInPlay: random.pick([15, 21, 26]),
    inPlay: random.happens(0.85),
    ladder: random.pick([cents, cents, cents, fractions, american]),
    commission: 0,
    payoutMinor: Math.round(random.between(50, 600)) * 1000,
  };
};
