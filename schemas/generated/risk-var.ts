// Generated from schemas/avro/risk-var.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const RiskMethod = { exact: 0, simulated: 1 } as const;
export type RiskMethod = (typeof RiskMethod)[keyof typeof RiskMethod];
/** The symbol of each index. */
export const riskMethodSymbols = ['exact', 'simulated'] as const;

export interface RiskContribution {
  readonly component: string;
  readonly cvar_95_minor: number;
}

export interface RiskBet {
  readonly bet_id: string;
  readonly cvar_95_minor: number;
}

export interface RiskStress {
  readonly scenario: string;
  readonly pnl_minor: number;
}

export interface RiskFlag {
  readonly market: string;
  readonly code: string;
}

export interface RiskInput {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: number;
}

/** What a portfolio of open bets can lose until a horizon. A loss is positive; amounts are minor units of the currency. Errors are standard errors, 0 where it was computed exactly. */
export interface RiskVar {
  /** Event time of the newest input, epoch ms UTC. */
  readonly timestamp: number;
  /** As in `syndicate:alpha`. */
  readonly portfolio: string;
  readonly currency: string;
  /** How far ahead it looks: bets on contests that start later are not in it. */
  readonly horizon_ms: number;
  readonly active_bets: number;
  /** The worst loss over all outcomes. */
  readonly total_exposure_minor: number;
  /** The worst loss is not more than that, and may be less. */
  readonly exposure_is_bound: boolean;
  /** What bets that were settled today (UTC) have won. */
  readonly daily_pnl_minor: number;
  readonly expected_pnl_minor: number;
  readonly expected_pnl_error: number;
  readonly probability_of_loss: number;
  readonly probability_of_loss_error: number;
  /** The loss that is not exceeded with a probability of 95 %. */
  readonly var_95_minor: number;
  readonly var_95_error: number;
  /** The mean loss of the worst 5 %. */
  readonly cvar_95_minor: number;
  readonly cvar_95_error: number;
  readonly var_99_minor: number;
  readonly var_99_error: number;
  readonly cvar_99_minor: number;
  readonly cvar_99_error: number;
  /** Of all that was computed. */
  readonly largest_loss_minor: number;
  /** CVaR 95 less what it were if all contests were independent. */
  readonly correlation_impact_minor: number;
  readonly seed: number;
  /** 0 where it was computed exactly. */
  readonly paths: number;
  readonly method: keyof typeof RiskMethod;
  /** What computed it. */
  readonly backend: string;
  /** The graphics adapter, as it names itself. */
  readonly adapter: string | null;
  /** The adapter is an emulation. */
  readonly is_software: boolean;
  /** The largest amount; the backend computes in parts of it. */
  readonly scale_minor: number;
  /** How far the backend's arithmetic may be off in one path. */
  readonly error_bound_minor: number;
  /** What each component has in the CVaR 95: the largest 50 of event (sport:event_id), multiple (bet:<id>) and asset (asset:<id>), which all together add up to it. */
  readonly contributions: readonly RiskContribution[];
  /** What single bets and multiples have in the CVaR 95: the largest 50. */
  readonly bets: readonly RiskBet[];
  readonly stress: readonly RiskStress[];
  /** Markets that could not be modelled as they should be, and why. */
  readonly flags: readonly RiskFlag[];
  /** Lineage: all that was read, of each partition up to an offset. */
  readonly inputs: readonly RiskInput[];
  /** All that it was computed from: canonical JSON, gzip, base64. */
  readonly model: string;
  readonly model_hash: string;
}

/** What a producer gives: fields with a default may be left out. */
export interface RiskVarInput extends Omit<RiskVar, 'adapter' | 'contributions' | 'bets' | 'stress' | 'flags' | 'inputs'> {
  readonly adapter?: string | null;
  readonly contributions?: readonly RiskContribution[];
  readonly bets?: readonly RiskBet[];
  readonly stress?: readonly RiskStress[];
  readonly flags?: readonly RiskFlag[];
  readonly inputs?: readonly RiskInput[];
}

/** A view of one RiskVar in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class RiskVarRow implements Row {
  index = 0;
  readonly #columns: RiskVarColumns;
  constructor(columns: RiskVarColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** As in `syndicate:alpha`. String id. */
  get portfolio(): number { return this.#columns.portfolio[this.index]!; }
  /** String id. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  /** How far ahead it looks: bets on contests that start later are not in it. */
  get horizonMs(): number { return this.#columns.horizonMs[this.index]!; }
  get activeBets(): number { return this.#columns.activeBets[this.index]!; }
  /** The worst loss over all outcomes. */
  get totalExposureMinor(): number { return this.#columns.totalExposureMinor[this.index]!; }
  /** The worst loss is not more than that, and may be less. */
  get exposureIsBound(): boolean { return this.#columns.exposureIsBound[this.index] === 1; }
  /** What bets that were settled today (UTC) have won. */
  get dailyPnlMinor(): number { return this.#columns.dailyPnlMinor[this.index]!; }
  get expectedPnlMinor(): number { return this.#columns.expectedPnlMinor[this.index]!; }
  get expectedPnlError(): number { return this.#columns.expectedPnlError[this.index]!; }
  get probabilityOfLoss(): number { return this.#columns.probabilityOfLoss[this.index]!; }
  get probabilityOfLossError(): number { return this.#columns.probabilityOfLossError[this.index]!; }
  /** The loss that is not exceeded with a probability of 95 %. */
  get var95Minor(): number { return this.#columns.var95Minor[this.index]!; }
  get var95Error(): number { return this.#columns.var95Error[this.index]!; }
  /** The mean loss of the worst 5 %. */
  get cvar95Minor(): number { return this.#columns.cvar95Minor[this.index]!; }
  get cvar95Error(): number { return this.#columns.cvar95Error[this.index]!; }
  get var99Minor(): number { return this.#columns.var99Minor[this.index]!; }
  get var99Error(): number { return this.#columns.var99Error[this.index]!; }
  get cvar99Minor(): number { return this.#columns.cvar99Minor[this.index]!; }
  get cvar99Error(): number { return this.#columns.cvar99Error[this.index]!; }
  /** Of all that was computed. */
  get largestLossMinor(): number { return this.#columns.largestLossMinor[this.index]!; }
  /** CVaR 95 less what it were if all contests were independent. */
  get correlationImpactMinor(): number { return this.#columns.correlationImpactMinor[this.index]!; }
  get seed(): number { return this.#columns.seed[this.index]!; }
  /** 0 where it was computed exactly. */
  get paths(): number { return this.#columns.paths[this.index]!; }
  get method(): RiskMethod { return this.#columns.method[this.index]! as RiskMethod; }
  /** What computed it. String id. */
  get backend(): number { return this.#columns.backend[this.index]!; }
  /** The graphics adapter, as it names itself. String id; -1 for null. */
  get adapter(): number { return this.#columns.adapter[this.index]!; }
  /** The adapter is an emulation. */
  get isSoftware(): boolean { return this.#columns.isSoftware[this.index] === 1; }
  /** The largest amount; the backend computes in parts of it. */
  get scaleMinor(): number { return this.#columns.scaleMinor[this.index]!; }
  /** How far the backend's arithmetic may be off in one path. */
  get errorBoundMinor(): number { return this.#columns.errorBoundMinor[this.index]!; }
  /** What each component has in the CVaR 95: the largest 50 of event (sport:event_id), multiple (bet:<id>) and asset (asset:<id>), which all together add up to it. */
  get contributionsStart(): number { return this.#columns.contributionsStart[this.index]!; }
  get contributionsEnd(): number { return this.#columns.contributionsStart[this.index + 1]!; }
  /** String id. */
  contributionsComponent(at: number): number { return this.#columns.contributionsComponent[at]!; }
  contributionsCvar95Minor(at: number): number { return this.#columns.contributionsCvar95Minor[at]!; }
  /** What single bets and multiples have in the CVaR 95: the largest 50. */
  get betsStart(): number { return this.#columns.betsStart[this.index]!; }
  get betsEnd(): number { return this.#columns.betsStart[this.index + 1]!; }
  /** String id. */
  betsBetId(at: number): number { return this.#columns.betsBetId[at]!; }
  betsCvar95Minor(at: number): number { return this.#columns.betsCvar95Minor[at]!; }
  /** The items of stress are those from its start to its end. */
  get stressStart(): number { return this.#columns.stressStart[this.index]!; }
  get stressEnd(): number { return this.#columns.stressStart[this.index + 1]!; }
  /** String id. */
  stressScenario(at: number): number { return this.#columns.stressScenario[at]!; }
  stressPnlMinor(at: number): number { return this.#columns.stressPnlMinor[at]!; }
  /** Markets that could not be modelled as they should be, and why. */
  get flagsStart(): number { return this.#columns.flagsStart[this.index]!; }
  get flagsEnd(): number { return this.#columns.flagsStart[this.index + 1]!; }
  /** String id. */
  flagsMarket(at: number): number { return this.#columns.flagsMarket[at]!; }
  /** String id. */
  flagsCode(at: number): number { return this.#columns.flagsCode[at]!; }
  /** Lineage: all that was read, of each partition up to an offset. */
  get inputsStart(): number { return this.#columns.inputsStart[this.index]!; }
  get inputsEnd(): number { return this.#columns.inputsStart[this.index + 1]!; }
  /** String id. */
  inputsTopic(at: number): number { return this.#columns.inputsTopic[at]!; }
  inputsPartition(at: number): number { return this.#columns.inputsPartition[at]!; }
  inputsNextOffset(at: number): number { return this.#columns.inputsNextOffset[at]!; }
  /** All that it was computed from: canonical JSON, gzip, base64. String id. */
  get model(): number { return this.#columns.model[this.index]!; }
  /** String id. */
  get modelHash(): number { return this.#columns.modelHash[this.index]!; }

  toObject(): RiskVar {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      portfolio: this.text(columns.portfolio[row]!),
      currency: this.text(columns.currency[row]!),
      horizon_ms: columns.horizonMs[row]!,
      active_bets: columns.activeBets[row]!,
      total_exposure_minor: columns.totalExposureMinor[row]!,
      exposure_is_bound: columns.exposureIsBound[row] === 1,
      daily_pnl_minor: columns.dailyPnlMinor[row]!,
      expected_pnl_minor: columns.expectedPnlMinor[row]!,
      expected_pnl_error: columns.expectedPnlError[row]!,
      probability_of_loss: columns.probabilityOfLoss[row]!,
      probability_of_loss_error: columns.probabilityOfLossError[row]!,
      var_95_minor: columns.var95Minor[row]!,
      var_95_error: columns.var95Error[row]!,
      cvar_95_minor: columns.cvar95Minor[row]!,
      cvar_95_error: columns.cvar95Error[row]!,
      var_99_minor: columns.var99Minor[row]!,
      var_99_error: columns.var99Error[row]!,
      cvar_99_minor: columns.cvar99Minor[row]!,
      cvar_99_error: columns.cvar99Error[row]!,
      largest_loss_minor: columns.largestLossMinor[row]!,
      correlation_impact_minor: columns.correlationImpactMinor[row]!,
      seed: columns.seed[row]!,
      paths: columns.paths[row]!,
      method: riskMethodSymbols[columns.method[row]!]!,
      backend: this.text(columns.backend[row]!),
      adapter: columns.adapter[row] === -1 ? null : this.text(columns.adapter[row]!),
      is_software: columns.isSoftware[row] === 1,
      scale_minor: columns.scaleMinor[row]!,
      error_bound_minor: columns.errorBoundMinor[row]!,
      contributions: listed(columns.contributionsStart, row, (at) => ({
        component: this.text(columns.contributionsComponent[at]!),
        cvar_95_minor: columns.contributionsCvar95Minor[at]!,
      })),
      bets: listed(columns.betsStart, row, (at) => ({
        bet_id: this.text(columns.betsBetId[at]!),
        cvar_95_minor: columns.betsCvar95Minor[at]!,
      })),
      stress: listed(columns.stressStart, row, (at) => ({
        scenario: this.text(columns.stressScenario[at]!),
        pnl_minor: columns.stressPnlMinor[at]!,
      })),
      flags: listed(columns.flagsStart, row, (at) => ({
        market: this.text(columns.flagsMarket[at]!),
        code: this.text(columns.flagsCode[at]!),
      })),
      inputs: listed(columns.inputsStart, row, (at) => ({
        topic: this.text(columns.inputsTopic[at]!),
        partition: columns.inputsPartition[at]!,
        next_offset: columns.inputsNextOffset[at]!,
      })),
      model: this.text(columns.model[row]!),
      model_hash: this.text(columns.modelHash[row]!),
    };
  }
}

/** Columns of RiskVar. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class RiskVarColumns implements Columns<RiskVarRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  portfolio = new Int32Array(16);
  currency = new Int32Array(16);
  horizonMs = new Float64Array(16);
  activeBets = new Int32Array(16);
  totalExposureMinor = new Float64Array(16);
  exposureIsBound = new Uint8Array(16);
  dailyPnlMinor = new Float64Array(16);
  expectedPnlMinor = new Float64Array(16);
  expectedPnlError = new Float64Array(16);
  probabilityOfLoss = new Float64Array(16);
  probabilityOfLossError = new Float64Array(16);
  var95Minor = new Float64Array(16);
  var95Error = new Float64Array(16);
  cvar95Minor = new Float64Array(16);
  cvar95Error = new Float64Array(16);
  var99Minor = new Float64Array(16);
  var99Error = new Float64Array(16);
  cvar99Minor = new Float64Array(16);
  cvar99Error = new Float64Array(16);
  largestLossMinor = new Float64Array(16);
  correlationImpactMinor = new Float64Array(16);
  seed = new Float64Array(16);
  paths = new Int32Array(16);
  method = new Uint8Array(16);
  backend = new Int32Array(16);
  adapter = new Int32Array(16);
  isSoftware = new Uint8Array(16);
  scaleMinor = new Float64Array(16);
  errorBoundMinor = new Float64Array(16);
  model = new Int32Array(16);
  modelHash = new Int32Array(16);
  contributionsCapacity = 512;
  contributionsStart = new Int32Array(17);
  contributionsComponent = new Int32Array(512);
  contributionsCvar95Minor = new Float64Array(512);
  betsCapacity = 512;
  betsStart = new Int32Array(17);
  betsBetId = new Int32Array(512);
  betsCvar95Minor = new Float64Array(512);
  stressCapacity = 512;
  stressStart = new Int32Array(17);
  stressScenario = new Int32Array(512);
  stressPnlMinor = new Float64Array(512);
  flagsCapacity = 512;
  flagsStart = new Int32Array(17);
  flagsMarket = new Int32Array(512);
  flagsCode = new Int32Array(512);
  inputsCapacity = 512;
  inputsStart = new Int32Array(17);
  inputsTopic = new Int32Array(512);
  inputsPartition = new Int32Array(512);
  inputsNextOffset = new Float64Array(512);
  readonly #row = new RiskVarRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): RiskVarRow { this.#row.index = index; return this.#row; }
  empty(): RiskVarColumns { return new RiskVarColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: RiskVarColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.portfolio[row] = from.portfolio[index]!;
    this.currency[row] = from.currency[index]!;
    this.horizonMs[row] = from.horizonMs[index]!;
    this.activeBets[row] = from.activeBets[index]!;
    this.totalExposureMinor[row] = from.totalExposureMinor[index]!;
    this.exposureIsBound[row] = from.exposureIsBound[index]!;
    this.dailyPnlMinor[row] = from.dailyPnlMinor[index]!;
    this.expectedPnlMinor[row] = from.expectedPnlMinor[index]!;
    this.expectedPnlError[row] = from.expectedPnlError[index]!;
    this.probabilityOfLoss[row] = from.probabilityOfLoss[index]!;
    this.probabilityOfLossError[row] = from.probabilityOfLossError[index]!;
    this.var95Minor[row] = from.var95Minor[index]!;
    this.var95Error[row] = from.var95Error[index]!;
    this.cvar95Minor[row] = from.cvar95Minor[index]!;
    this.cvar95Error[row] = from.cvar95Error[index]!;
    this.var99Minor[row] = from.var99Minor[index]!;
    this.var99Error[row] = from.var99Error[index]!;
    this.cvar99Minor[row] = from.cvar99Minor[index]!;
    this.cvar99Error[row] = from.cvar99Error[index]!;
    this.largestLossMinor[row] = from.largestLossMinor[index]!;
    this.correlationImpactMinor[row] = from.correlationImpactMinor[index]!;
    this.seed[row] = from.seed[index]!;
    this.paths[row] = from.paths[index]!;
    this.method[row] = from.method[index]!;
    this.backend[row] = from.backend[index]!;
    this.adapter[row] = from.adapter[index]!;
    this.isSoftware[row] = from.isSoftware[index]!;
    this.scaleMinor[row] = from.scaleMinor[index]!;
    this.errorBoundMinor[row] = from.errorBoundMinor[index]!;
    this.model[row] = from.model[index]!;
    this.modelHash[row] = from.modelHash[index]!;
    this.#appendContributions(from, index, row);
    this.#appendBets(from, index, row);
    this.#appendStress(from, index, row);
    this.#appendFlags(from, index, row);
    this.#appendInputs(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.horizonMs[row] = 0;
    this.activeBets[row] = 0;
    this.totalExposureMinor[row] = 0;
    this.exposureIsBound[row] = 0;
    this.dailyPnlMinor[row] = 0;
    this.expectedPnlMinor[row] = 0;
    this.expectedPnlError[row] = 0;
    this.probabilityOfLoss[row] = 0;
    this.probabilityOfLossError[row] = 0;
    this.var95Minor[row] = 0;
    this.var95Error[row] = 0;
    this.cvar95Minor[row] = 0;
    this.cvar95Error[row] = 0;
    this.var99Minor[row] = 0;
    this.var99Error[row] = 0;
    this.cvar99Minor[row] = 0;
    this.cvar99Error[row] = 0;
    this.largestLossMinor[row] = 0;
    this.correlationImpactMinor[row] = 0;
    this.seed[row] = 0;
    this.paths[row] = 0;
    this.method[row] = 0;
    this.adapter[row] = -1;
    this.isSoftware[row] = 0;
    this.scaleMinor[row] = 0;
    this.errorBoundMinor[row] = 0;
    this.contributionsStart[row + 1] = this.contributionsStart[row]!;
    this.betsStart[row + 1] = this.betsStart[row]!;
    this.stressStart[row + 1] = this.stressStart[row]!;
    this.flagsStart[row + 1] = this.flagsStart[row]!;
    this.inputsStart[row + 1] = this.inputsStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.portfolio, this.size, strings);
    markIds(this.currency, this.size, strings);
    markIds(this.backend, this.size, strings);
    markIds(this.adapter, this.size, strings);
    markIds(this.contributionsComponent, this.contributionsStart[this.size]!, strings);
    markIds(this.betsBetId, this.betsStart[this.size]!, strings);
    markIds(this.stressScenario, this.stressStart[this.size]!, strings);
    markIds(this.flagsMarket, this.flagsStart[this.size]!, strings);
    markIds(this.flagsCode, this.flagsStart[this.size]!, strings);
    markIds(this.inputsTopic, this.inputsStart[this.size]!, strings);
    markIds(this.model, this.size, strings);
    markIds(this.modelHash, this.size, strings);
  }

  /** Room for twice as many rows. */
  grow(): void {
    this.capacity *= 2;
    this.key = grown(this.key, this.capacity);
    this.offset = grown(this.offset, this.capacity);
    this.control = grown(this.control, this.capacity);
    this.subject = grown(this.subject, this.capacity);
    this.dead = grown(this.dead, this.capacity);
    this.timestamp = grown(this.timestamp, this.capacity);
    this.portfolio = grown(this.portfolio, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.horizonMs = grown(this.horizonMs, this.capacity);
    this.activeBets = grown(this.activeBets, this.capacity);
    this.totalExposureMinor = grown(this.totalExposureMinor, this.capacity);
    this.exposureIsBound = grown(this.exposureIsBound, this.capacity);
    this.dailyPnlMinor = grown(this.dailyPnlMinor, this.capacity);
    this.expectedPnlMinor = grown(this.expectedPnlMinor, this.capacity);
    this.expectedPnlError = grown(this.expectedPnlError, this.capacity);
    this.probabilityOfLoss = grown(this.probabilityOfLoss, this.capacity);
    this.probabilityOfLossError = grown(this.probabilityOfLossError, this.capacity);
    this.var95Minor = grown(this.var95Minor, this.capacity);
    this.var95Error = grown(this.var95Error, this.capacity);
    this.cvar95Minor = grown(this.cvar95Minor, this.capacity);
    this.cvar95Error = grown(this.cvar95Error, this.capacity);
    this.var99Minor = grown(this.var99Minor, this.capacity);
    this.var99Error = grown(this.var99Error, this.capacity);
    this.cvar99Minor = grown(this.cvar99Minor, this.capacity);
    this.cvar99Error = grown(this.cvar99Error, this.capacity);
    this.largestLossMinor = grown(this.largestLossMinor, this.capacity);
    this.correlationImpactMinor = grown(this.correlationImpactMinor, this.capacity);
    this.seed = grown(this.seed, this.capacity);
    this.paths = grown(this.paths, this.capacity);
    this.method = grown(this.method, this.capacity);
    this.backend = grown(this.backend, this.capacity);
    this.adapter = grown(this.adapter, this.capacity);
    this.isSoftware = grown(this.isSoftware, this.capacity);
    this.scaleMinor = grown(this.scaleMinor, this.capacity);
    this.errorBoundMinor = grown(this.errorBoundMinor, this.capacity);
    this.model = grown(this.model, this.capacity);
    this.modelHash = grown(this.modelHash, this.capacity);
    this.contributionsStart = grown(this.contributionsStart, this.capacity + 1);
    this.betsStart = grown(this.betsStart, this.capacity + 1);
    this.stressStart = grown(this.stressStart, this.capacity + 1);
    this.flagsStart = grown(this.flagsStart, this.capacity + 1);
    this.inputsStart = grown(this.inputsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growContributions(needed: number): void {
    while (this.contributionsCapacity < needed) this.contributionsCapacity *= 2;
    this.contributionsComponent = grown(this.contributionsComponent, this.contributionsCapacity);
    this.contributionsCvar95Minor = grown(this.contributionsCvar95Minor, this.contributionsCapacity);
  }

  /** Room for so many items. */
  growBets(needed: number): void {
    while (this.betsCapacity < needed) this.betsCapacity *= 2;
    this.betsBetId = grown(this.betsBetId, this.betsCapacity);
    this.betsCvar95Minor = grown(this.betsCvar95Minor, this.betsCapacity);
  }

  /** Room for so many items. */
  growStress(needed: number): void {
    while (this.stressCapacity < needed) this.stressCapacity *= 2;
    this.stressScenario = grown(this.stressScenario, this.stressCapacity);
    this.stressPnlMinor = grown(this.stressPnlMinor, this.stressCapacity);
  }

  /** Room for so many items. */
  growFlags(needed: number): void {
    while (this.flagsCapacity < needed) this.flagsCapacity *= 2;
    this.flagsMarket = grown(this.flagsMarket, this.flagsCapacity);
    this.flagsCode = grown(this.flagsCode, this.flagsCapacity);
  }

  /** Room for so many items. */
  growInputs(needed: number): void {
    while (this.inputsCapacity < needed) this.inputsCapacity *= 2;
    this.inputsTopic = grown(this.inputsTopic, this.inputsCapacity);
    this.inputsPartition = grown(this.inputsPartition, this.inputsCapacity);
    this.inputsNextOffset = grown(this.inputsNextOffset, this.inputsCapacity);
  }

  #appendBlank(key: number, control: Control, offset: number, timestamp: number, subject: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = key;
    this.offset[row] = offset;
    this.control[row] = control;
    this.subject[row] = subject;
    this.dead[row] = 0;
    this.timestamp[row] = timestamp;
    this.portfolio[row] = -1;
    this.currency[row] = -1;
    this.horizonMs[row] = 0;
    this.activeBets[row] = 0;
    this.totalExposureMinor[row] = 0;
    this.exposureIsBound[row] = 0;
    this.dailyPnlMinor[row] = 0;
    this.expectedPnlMinor[row] = 0;
    this.expectedPnlError[row] = 0;
    this.probabilityOfLoss[row] = 0;
    this.probabilityOfLossError[row] = 0;
    this.var95Minor[row] = 0;
    this.var95Error[row] = 0;
    this.cvar95Minor[row] = 0;
    this.cvar95Error[row] = 0;
    this.var99Minor[row] = 0;
    this.var99Error[row] = 0;
    this.cvar99Minor[row] = 0;
    this.cvar99Error[row] = 0;
    this.largestLossMinor[row] = 0;
    this.correlationImpactMinor[row] = 0;
    this.seed[row] = 0;
    this.paths[row] = 0;
    this.method[row] = 0;
    this.backend[row] = -1;
    this.adapter[row] = -1;
    this.isSoftware[row] = 0;
    this.scaleMinor[row] = 0;
    this.errorBoundMinor[row] = 0;
    this.model[row] = -1;
    this.modelHash[row] = -1;
    this.contributionsStart[row + 1] = this.contributionsStart[row]!;
    this.betsStart[row + 1] = this.betsStart[row]!;
    this.stressStart[row + 1] = this.stressStart[row]!;
    this.flagsStart[row + 1] = this.flagsStart[row]!;
    this.inputsStart[row + 1] = this.inputsStart[row]!;
    this.size = row + 1;
  }

  #appendContributions(from: RiskVarColumns, index: number, row: number): void {
    const start = from.contributionsStart[index]!, end = from.contributionsStart[index + 1]!;
    let at = this.contributionsStart[row]!;
    if (at + end - start > this.contributionsCapacity) this.growContributions(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.contributionsComponent[at] = from.contributionsComponent[i]!;
      this.contributionsCvar95Minor[at] = from.contributionsCvar95Minor[i]!;
    }
    this.contributionsStart[row + 1] = at;
  }

  #appendBets(from: RiskVarColumns, index: number, row: number): void {
    const start = from.betsStart[index]!, end = from.betsStart[index + 1]!;
    let at = this.betsStart[row]!;
    if (at + end - start > this.betsCapacity) this.growBets(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.betsBetId[at] = from.betsBetId[i]!;
      this.betsCvar95Minor[at] = from.betsCvar95Minor[i]!;
    }
    this.betsStart[row + 1] = at;
  }

  #appendStress(from: RiskVarColumns, index: number, row: number): void {
    const start = from.stressStart[index]!, end = from.stressStart[index + 1]!;
    let at = this.stressStart[row]!;
    if (at + end - start > this.stressCapacity) this.growStress(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.stressScenario[at] = from.stressScenario[i]!;
      this.stressPnlMinor[at] = from.stressPnlMinor[i]!;
    }
    this.stressStart[row + 1] = at;
  }

  #appendFlags(from: RiskVarColumns, index: number, row: number): void {
    const start = from.flagsStart[index]!, end = from.flagsStart[index + 1]!;
    let at = this.flagsStart[row]!;
    if (at + end - start > this.flagsCapacity) this.growFlags(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.flagsMarket[at] = from.flagsMarket[i]!;
      this.flagsCode[at] = from.flagsCode[i]!;
    }
    this.flagsStart[row + 1] = at;
  }

  #appendInputs(from: RiskVarColumns, index: number, row: number): void {
    const start = from.inputsStart[index]!, end = from.inputsStart[index + 1]!;
    let at = this.inputsStart[row]!;
    if (at + end - start > this.inputsCapacity) this.growInputs(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.inputsTopic[at] = from.inputsTopic[i]!;
      this.inputsPartition[at] = from.inputsPartition[i]!;
      this.inputsNextOffset[at] = from.inputsNextOffset[i]!;
    }
    this.inputsStart[row + 1] = at;
  }
}

/** Encodes values of RiskVar: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class RiskVarWriter extends ValueWriter {
  protected readonly lastPlace = 53;
  #contributionsLeft = 0;
  #betsLeft = 0;
  #stressLeft = 0;
  #flagsLeft = 0;
  #inputsLeft = 0;

  /** Event time of the newest input, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** As in `syndicate:alpha`. */
  portfolio(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  currency(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  /** How far ahead it looks: bets on contests that start later are not in it. */
  horizonMs(value: number): void { this.sink.turn(3, 4); this.sink.long(value); }
  activeBets(value: number): void { this.sink.turn(4, 5); this.sink.int(value); }
  /** The worst loss over all outcomes. */
  totalExposureMinor(value: number): void { this.sink.turn(5, 6); this.sink.long(value); }
  /** The worst loss is not more than that, and may be less. */
  exposureIsBound(value: boolean): void { this.sink.turn(6, 7); this.sink.boolean(value); }
  /** What bets that were settled today (UTC) have won. */
  dailyPnlMinor(value: number): void { this.sink.turn(7, 8); this.sink.long(value); }
  expectedPnlMinor(value: number): void { this.sink.turn(8, 9); this.sink.double(value); }
  expectedPnlError(value: number): void { this.sink.turn(9, 10); this.sink.double(value); }
  probabilityOfLoss(value: number): void { this.sink.turn(10, 11); this.sink.double(value); }
  probabilityOfLossError(value: number): void { this.sink.turn(11, 12); this.sink.double(value); }
  /** The loss that is not exceeded with a probability of 95 %. */
  var95Minor(value: number): void { this.sink.turn(12, 13); this.sink.double(value); }
  var95Error(value: number): void { this.sink.turn(13, 14); this.sink.double(value); }
  /** The mean loss of the worst 5 %. */
  cvar95Minor(value: number): void { this.sink.turn(14, 15); this.sink.double(value); }
  cvar95Error(value: number): void { this.sink.turn(15, 16); this.sink.double(value); }
  var99Minor(value: number): void { this.sink.turn(16, 17); this.sink.double(value); }
  var99Error(value: number): void { this.sink.turn(17, 18); this.sink.double(value); }
  cvar99Minor(value: number): void { this.sink.turn(18, 19); this.sink.double(value); }
  cvar99Error(value: number): void { this.sink.turn(19, 20); this.sink.double(value); }
  /** Of all that was computed. */
  largestLossMinor(value: number): void { this.sink.turn(20, 21); this.sink.double(value); }
  /** CVaR 95 less what it were if all contests were independent. */
  correlationImpactMinor(value: number): void { this.sink.turn(21, 22); this.sink.double(value); }
  seed(value: number): void { this.sink.turn(22, 23); this.sink.long(value); }
  /** 0 where it was computed exactly. */
  paths(value: number): void { this.sink.turn(23, 24); this.sink.int(value); }
  method(value: RiskMethod): void { this.sink.turn(24, 25); this.sink.symbol(value, 2); }
  /** What computed it. */
  backend(value: Uint8Array | string): void { this.sink.turn(25, 26); this.sink.string(value); }
  /** The graphics adapter, as it names itself. Undefined for null. */
  adapter(value: Uint8Array | string | undefined): void { this.sink.turn(26, 27); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** The adapter is an emulation. */
  isSoftware(value: boolean): void { this.sink.turn(27, 28); this.sink.boolean(value); }
  /** The largest amount; the backend computes in parts of it. */
  scaleMinor(value: number): void { this.sink.turn(28, 29); this.sink.double(value); }
  /** How far the backend's arithmetic may be off in one path. */
  errorBoundMinor(value: number): void { this.sink.turn(29, 30); this.sink.double(value); }
  /** What each component has in the CVaR 95: the largest 50 of event (sport:event_id), multiple (bet:<id>) and asset (asset:<id>), which all together add up to it. */
  contributionsStart(count: number): void { this.sink.turn(30, count > 0 ? 31 : 33); this.#contributionsLeft = count; this.sink.items(count); }
  contributionsComponent(value: Uint8Array | string): void { this.sink.turn(31, 32); this.sink.string(value); }
  contributionsCvar95Minor(value: number): void { this.sink.turn(32, --this.#contributionsLeft > 0 ? 31 : 33); this.sink.double(value); }
  contributionsEnd(): void { this.sink.turn(33, 34); this.sink.endOfItems(); }
  /** What single bets and multiples have in the CVaR 95: the largest 50. */
  betsStart(count: number): void { this.sink.turn(34, count > 0 ? 35 : 37); this.#betsLeft = count; this.sink.items(count); }
  betsBetId(value: Uint8Array | string): void { this.sink.turn(35, 36); this.sink.string(value); }
  betsCvar95Minor(value: number): void { this.sink.turn(36, --this.#betsLeft > 0 ? 35 : 37); this.sink.double(value); }
  betsEnd(): void { this.sink.turn(37, 38); this.sink.endOfItems(); }
  stressStart(count: number): void { this.sink.turn(38, count > 0 ? 39 : 41); this.#stressLeft = count; this.sink.items(count); }
  stressScenario(value: Uint8Array | string): void { this.sink.turn(39, 40); this.sink.string(value); }
  stressPnlMinor(value: number): void { this.sink.turn(40, --this.#stressLeft > 0 ? 39 : 41); this.sink.double(value); }
  stressEnd(): void { this.sink.turn(41, 42); this.sink.endOfItems(); }
  /** Markets that could not be modelled as they should be, and why. */
  flagsStart(count: number): void { this.sink.turn(42, count > 0 ? 43 : 45); this.#flagsLeft = count; this.sink.items(count); }
  flagsMarket(value: Uint8Array | string): void { this.sink.turn(43, 44); this.sink.string(value); }
  flagsCode(value: Uint8Array | string): void { this.sink.turn(44, --this.#flagsLeft > 0 ? 43 : 45); this.sink.string(value); }
  flagsEnd(): void { this.sink.turn(45, 46); this.sink.endOfItems(); }
  /** Lineage: all that was read, of each partition up to an offset. */
  inputsStart(count: number): void { this.sink.turn(46, count > 0 ? 47 : 50); this.#inputsLeft = count; this.sink.items(count); }
  inputsTopic(value: Uint8Array | string): void { this.sink.turn(47, 48); this.sink.string(value); }
  inputsPartition(value: number): void { this.sink.turn(48, 49); this.sink.int(value); }
  inputsNextOffset(value: number): void { this.sink.turn(49, --this.#inputsLeft > 0 ? 47 : 50); this.sink.long(value); }
  inputsEnd(): void { this.sink.turn(50, 51); this.sink.endOfItems(); }
  /** All that it was computed from: canonical JSON, gzip, base64. */
  model(value: Uint8Array | string): void { this.sink.turn(51, 52); this.sink.string(value); }
  modelHash(value: Uint8Array | string): void { this.sink.turn(52, 53); this.sink.string(value); }
}

/** RiskVar as registered, with its row, columns and writer. */
export const RiskVarSchema: AvroSchema<RiskVar, RiskVarRow, RiskVarWriter> = {
  name: 'oddstream.RiskVar',
  columns: (dictionaries) => new RiskVarColumns(dictionaries),
  writer: () => new RiskVarWriter(),
  avsc: `{
  "type": "record", "name": "RiskVar", "namespace": "oddstream",
  "doc": "What a portfolio of open bets can lose until a horizon. A loss is positive; amounts are minor units of the currency. Errors are standard errors, 0 where it was computed exactly.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of the newest input, epoch ms UTC." },
    { "name": "portfolio", "type": "string", "doc": "As in \`syndicate:alpha\`." },
    { "name": "currency", "type": "string" },
    { "name": "horizon_ms", "type": "long", "doc": "How far ahead it looks: bets on contests that start later are not in it." },
    { "name": "active_bets", "type": "int" },
    { "name": "total_exposure_minor", "type": "long", "doc": "The worst loss over all outcomes." },
    { "name": "exposure_is_bound", "type": "boolean", "doc": "The worst loss is not more than that, and may be less." },
    { "name": "daily_pnl_minor", "type": "long", "doc": "What bets that were settled today (UTC) have won." },
    { "name": "expected_pnl_minor", "type": "double" },
    { "name": "expected_pnl_error", "type": "double" },
    { "name": "probability_of_loss", "type": "double" },
    { "name": "probability_of_loss_error", "type": "double" },
    { "name": "var_95_minor", "type": "double", "doc": "The loss that is not exceeded with a probability of 95 %." },
    { "name": "var_95_error", "type": "double" },
    { "name": "cvar_95_minor", "type": "double", "doc": "The mean loss of the worst 5 %." },
    { "name": "cvar_95_error", "type": "double" },
    { "name": "var_99_minor", "type": "double" },
    { "name": "var_99_error", "type": "double" },
    { "name": "cvar_99_minor", "type": "double" },
    { "name": "cvar_99_error", "type": "double" },
    { "name": "largest_loss_minor", "type": "double", "doc": "Of all that was computed." },
    { "name": "correlation_impact_minor", "type": "double", "doc": "CVaR 95 less what it were if all contests were independent." },
    { "name": "seed", "type": "long" },
    { "name": "paths", "type": "int", "doc": "0 where it was computed exactly." },
    { "name": "method", "type": { "type": "enum", "name": "RiskMethod", "symbols": ["exact", "simulated"] } },
    { "name": "backend", "type": "string", "doc": "What computed it." },
    { "name": "adapter", "type": ["null", "string"], "default": null, "doc": "The graphics adapter, as it names itself." },
    { "name": "is_software", "type": "boolean", "doc": "The adapter is an emulation." },
    { "name": "scale_minor", "type": "double", "doc": "The largest amount; the backend computes in parts of it." },
    { "name": "error_bound_minor", "type": "double", "doc": "How far the backend's arithmetic may be off in one path." },
    { "name": "contributions", "default": [], "doc": "What each component has in the CVaR 95: the largest 50 of event (sport:event_id), multiple (bet:<id>) and asset (asset:<id>), which all together add up to it.", "type": { "type": "array", "items": {
      "type": "record", "name": "RiskContribution", "fields": [
        { "name": "component", "type": "string" },
        { "name": "cvar_95_minor", "type": "double" }
      ] } } },
    { "name": "bets", "default": [], "doc": "What single bets and multiples have in the CVaR 95: the largest 50.", "type": { "type": "array", "items": {
      "type": "record", "name": "RiskBet", "fields": [
        { "name": "bet_id", "type": "string" },
        { "name": "cvar_95_minor", "type": "double" }
      ] } } },
    { "name": "stress", "default": [], "type": { "type": "array", "items": {
      "type": "record", "name": "RiskStress", "fields": [
        { "name": "scenario", "type": "string" },
        { "name": "pnl_minor", "type": "double" }
      ] } } },
    { "name": "flags", "default": [], "doc": "Markets that could not be modelled as they should be, and why.", "type": { "type": "array", "items": {
      "type": "record", "name": "RiskFlag", "fields": [
        { "name": "market", "type": "string" },
        { "name": "code", "type": "string" }
      ] } } },
    { "name": "inputs", "default": [], "doc": "Lineage: all that was read, of each partition up to an offset.", "type": { "type": "array", "items": {
      "type": "record", "name": "RiskInput", "fields": [
        { "name": "topic", "type": "string" },
        { "name": "partition", "type": "int" },
        { "name": "next_offset", "type": "long" }
      ] } } },
    { "name": "model", "type": "string", "doc": "All that it was computed from: canonical JSON, gzip, base64." },
    { "name": "model_hash", "type": "string" }
  ]
}`,
};
