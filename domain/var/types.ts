/**
 * The words of risk. From positions and market probabilities come *units* (what is drawn once a path), from those a *plan* (integers alone, which any
 * backend runs alike), from a plan the P&L of each path, and from those the measures.
 */
import type { LegClass } from '../payout.ts';

/** An outcome of a market, as a position's leg has it. */
export interface PositionLeg {
  /** `sport:event_id:market`. */
  readonly market: string;
  readonly outcome: string;
  readonly priceE4: number;
}

/** An open bet. Its P&L is what it pays, less what it holds back (nothing of a free bet), less commission. */
export interface Position {
  readonly id: string;
  /** Net winnings are counted per account, market and provider. */
  readonly account: string;
  readonly provider: string;
  /** One, or several of a multiple. */
  readonly legs: readonly PositionLeg[];
  readonly side: 'back' | 'lay';
  /** Of a lay the backer's stake. In minor units of `currency`. */
  readonly stakeMinor: number;
  readonly currency: string;
  readonly isFreeBet: boolean;
  readonly commissionPpm: number;
  /** Whether we hold the other side of it: its P&L is then the bettor's with the sign turned. */
  readonly isCounterparty: boolean;
}

/** A linear position in a traded asset: its P&L over the horizon is normal, quantity × price × volatility × √horizon × Z. */
export interface AssetPosition {
  readonly id: string;
  readonly quantity: number;
  /** In major units of `currency`. */
  readonly price: number;
  readonly currency: string;
  /** Per square-root year, as a share of the price. */
  readonly volatility: number;
  /** On the model's factors; none where left out. */
  readonly loadings?: readonly number[];
}

export interface Portfolio {
  readonly name: string;
  /** The base currency: all measures are in its minor units. */
  readonly currency: string;
  /** Base minor units of one minor unit of a currency. The base's own is 1 and need not be named. */
  readonly rates: Readonly<Record<string, number>>;
  readonly positions: readonly Position[];
  readonly assets: readonly AssetPosition[];
  readonly horizonMs: number;
}

/** What is drawn once a path: one market, or all markets of an event that go by its score. Exactly one of its states comes true. */
export interface Unit {
  /** `sport:event_id` of a score, else `sport:event_id:market`. Its draws go by this name, whatever else is in the portfolio. */
  readonly id: string;
  /** `sport:event_id`. */
  readonly event: string;
  /** Of each state, in the order of the latent variable: a high latent is a late state. They sum to 1. */
  readonly probabilities: readonly number[];
  /** On each factor; their squares sum to 1 at most. */
  readonly loadings: readonly number[];
  /** By market (`sport:event_id:market`): its outcomes, and what each state makes of each of them, `classes[state][outcome]`. */
  readonly markets: ReadonlyMap<string, { readonly outcomes: readonly string[]; readonly classes: readonly (readonly LegClass[])[] }>;
}

/** What ties the units of a portfolio: names of the factors, and all that is drawn. */
export interface Model {
  /** Draws go by these names. */
  readonly factors: readonly string[];
  readonly units: readonly Unit[];
}

/**
 * A portfolio as integers. A *latent* is `Σ loading × factor + own × ε`, of table values (see latent.ts); all products and sums stay below 2^24, so that
 * arithmetic in 32-bit floats is exact and every backend gives the same P&L on the same path. P&L is in units of `scaleMinor`.
 */
export interface Plan {
  /** Names by which draws go. */
  readonly factorIds: readonly string[];
  readonly unitIds: readonly string[];
  readonly assetIds: readonly string[];
  /** units × factors, then per unit the weight of its own draw; in LOADING_ONE-ths. */
  readonly loadings: Int32Array;
  readonly own: Int32Array;
  /** A unit's states are `[firstState[u], firstState[u + 1])`. */
  readonly firstState: Int32Array;
  /** Per state: it has come true if the latent is below this, and not below the one of the state before. NO_THRESHOLD of a unit's last. */
  readonly thresholds: Int32Array;
  /** Per state: that the unit ends in it, as was asked for (before rounding to thresholds). */
  readonly probabilities: Float64Array;
  /** Per state: P&L of all single bets on the unit's markets, commission taken. */
  readonly pnl: Int32Array;
  /** Multiples: legs of m are `[firstLeg[m], firstLeg[m + 1])`. */
  readonly firstLeg: Int32Array;
  readonly legUnit: Int32Array;
  /** A leg's step of state s of its unit is `steps[firstStep[leg] + s]`; LOST if the leg is lost in it. */
  readonly firstStep: Int32Array;
  readonly steps: Int32Array;
  /** A multiple that has no lost leg pays `payoffs[firstPayoff[m] + Σ steps of its legs]`, one that has pays `lostPnl[m]`. */
  readonly firstPayoff: Int32Array;
  readonly payoffs: Int32Array;
  readonly lostPnl: Int32Array;
  /** assets × factors; own weights; P&L is floor(floor(latent / ASSET_LATENT_STEP) × gain / ASSET_GAIN_ONE). */
  readonly assetLoadings: Int32Array;
  readonly assetOwn: Int32Array;
  readonly assetGain: Int32Array;
  /** Base minor units of one unit of P&L; a power of two, 1 where the worst case allows it. */
  readonly scaleMinor: number;
  /** What rounding to the scale may have moved a path's P&L by at most, base minor units. */
  readonly errorBoundMinor: number;
}

/** A plan as it was compiled from a model, some of whose states it takes as one. */
export interface PortfolioPlan extends Plan {
  /** Per state: the first of its unit's states in the model that it stands for; those up to the next one's pay alike. */
  readonly modelStates: Int32Array;
}

/** A step of a leg that is lost. */
export const LOST = -1;
/** Loadings are whole parts of this. */
export const LOADING_ONE = 128;
/** Latents of the last state of a unit are all below it. 2^24: what a 32-bit float still holds exactly. */
export const NO_THRESHOLD = 2 ** 24;
export const ASSET_LATENT_STEP = 1_024;
export const ASSET_GAIN_ONE = 256;

export interface SimulationOptions {
  /** 0 to 2^32 − 1. The same seed gives the same draws on every backend. */
  readonly seed: number;
  /** Up to 2^24. */
  readonly paths: number;
  /** False: all loadings count as none, and each unit's own draw as the whole latent. */
  readonly isCorrelated: boolean;
}

/** What runs plans. The same plan and options give the same P&L, path for path, on each. */
export interface Backend {
  /** `reference`, `wasm-simd`, `gpu.js webasm`, `gpu.js webgpu`. */
  readonly name: string;
  /** What it ran on, as that calls itself; null where it is the CPU. */
  readonly adapter: string | null;
  /** Whether that is software: a software adapter is not a GPU. */
  readonly isSoftware: boolean;
  /** P&L of each path in units of the plan's scale. */
  readonly simulate: (plan: Plan, options: SimulationOptions) => Promise<Int32Array>;
  readonly close: () => Promise<void>;
}

/** An estimate, and the standard error of it; 0 where it is exact. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/** Losses are positive; all in base minor units but the probability. */
export interface Measures {
  readonly expectedPnl: Estimate;
  readonly probabilityOfLoss: Estimate;
  readonly var95: Estimate;
  readonly cvar95: Estimate;
  readonly var99: Estimate;
  readonly cvar99: Estimate;
  /** The largest loss that was seen; below zero where every path won. */
  readonly largestLoss: number;
}

export type VarErrorCode =
  | 'bad_probabilities' | 'bad_loadings' | 'bad_matrix' | 'bad_grid' | 'no_convergence' | 'market_unknown' | 'outcome_unknown' | 'no_rate' | 'bad_position'
  | 'too_many_combinations' | 'too_many_states' | 'too_many_paths' | 'bad_seed' | 'bad_level' | 'bad_scenario' | 'not_exact' | 'backend_failed';

/** Input from which no risk can be computed, named. Thrown. */
export class VarError extends Error {
  override readonly name = 'VarError';
  readonly code: VarErrorCode;

  constructor(code: VarErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
