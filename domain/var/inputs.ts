/** All that a risk is computed from, as it is kept beside the result: plain values, so that the same numbers come out again. */
import type { LegClass } from '../payout.ts';
import type { Portfolio } from './types.ts';

/** What is known of an event. */
export interface EventState {
  /** `sport:event_id`. */
  readonly id: string;
  readonly competition: string | null;
  /** Epoch ms UTC. */
  readonly startsAtMs: number | null;
  readonly isInPlay: boolean;
  /** As it stands in play; null where nobody has said. */
  readonly score: { readonly home: number; readonly away: number } | null;
}

/** What a market's outcomes are worth. */
export interface MarketState {
  /** `sport:event_id:market`. */
  readonly market: string;
  readonly outcomes: readonly string[];
  /** Fair, given that nothing is pushed; they sum to how many win. */
  readonly probabilities: readonly number[];
  /** Of a market whose score is final, what that makes of each outcome: nothing is drawn then. */
  readonly decided: readonly LegClass[] | null;
}

/** A market that could not be valued as it should be: `price_missing`, `price_unknown`; or on which there are bets in a currency without a rate, `no_rate`. */
export interface Flag {
  readonly market: string;
  readonly code: string;
}

/** How strongly events move together: shares of each kind of factor in the latent variable; their squares sum to 1 at most. */
export interface CorrelationSettings {
  readonly general: number;
  readonly sport: number;
  readonly competition: number;
  readonly day: number;
  /** What a factor favours: home sides, or favourites. */
  readonly sign: 'home' | 'favourite';
}

/** Correlations of the units' latents by name: positive where late states (away, under, no) come together. Units that it does not name go alone; names of others change nothing. */
export interface CorrelationMatrix {
  readonly units: readonly string[];
  readonly correlations: readonly (readonly number[])[];
}

/** Fair probabilities that count instead of a market's own, by market and outcome: all of a market's outcomes, and they sum to how many win. */
export type Overrides = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface RiskInputs {
  readonly portfolio: Portfolio;
  readonly events: readonly EventState[];
  readonly markets: readonly MarketState[];
  readonly correlation: CorrelationSettings | CorrelationMatrix;
  /** Left out where there are none. */
  readonly overrides?: Overrides;
  readonly seed: number;
  readonly paths: number;
}
