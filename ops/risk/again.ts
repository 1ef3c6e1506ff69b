import { connectRecords } from '../../connectors/kafka/records.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { valuesUpTo } from '../../connectors/kafka/values-up-to.ts';
import { kindOf } from '../../domain/bets/portfolios.ts';
import type { Overrides, RiskInputs } from '../../domain/var/inputs.ts';
import { reverseStress } from '../../domain/var/reverse-stress.ts';
import { riskOf, type RiskResult } from '../../domain/var/risk.ts';
import { modelOf } from '../../domain/var/units.ts';
import { backendOf } from '../../pipelines/market-var/backends/backend-of.ts';
import { inputsKept, keptOf } from '../../pipelines/market-var/kept.ts';
import { inputsOf } from '../../pipelines/market-var/pipeline.ts';
import { recordOf } from '../../pipelines/market-var/record.ts';
import { Watch } from '../../pipelines/market-var/watch.ts';
import { topicName } from '../../schemas/topics.ts';
import { figureNames, type StoredRisk } from '../cli/stored-risks.ts';
import type { Config } from '../config/config.ts';

export interface AgainOptions {
  readonly config: Config;
  readonly stored: StoredRisk;
  /** Out of the log, and not out of what was kept. */
  readonly isFromLog: boolean;
  readonly backend: string;
  readonly onWarning: (message: string) => void;
}

export interface Again {
  readonly from: 'the log' | 'what was kept';
  readonly backend: string;
  readonly tookMs: number;
  /** Each in one line; none where the same came out. */
  readonly differences: readonly string[];
}

/** Computes a recorded risk again, and holds it against the record. */
export const computedAgain = async ({ config, stored, isFromLog, backend: name, onWarning }: AgainOptions): Promise<Again> => {
  const kept = inputsKept(stored.model, stored.model_hash), differences: string[] = [];
  const inputs = isFromLog ? await inputsOfLog(config, stored, kept) : kept;
  if (keptOf(inputs).modelHash !== stored.model_hash) differences.push(`the log no longer gives what it was computed from: ${differenceOf(kept, inputs)}. It was compacted since, or a price was the last known one (see what is flagged)`);
  const backend = await backendOf(name, onWarning);
  try {
    const beganMs = performance.now(), result = await riskOf(inputs, backend), tookMs = performance.now() - beganMs;
    const { portfolio, horizonMs, currency } = { ...inputs.portfolio, portfolio: stored.portfolio };
    const record = recordOf({ portfolio, timestampMs: stored.timestampMs, currency, horizonMs, activeBets: 0, dailyPnlMinor: 0, flags: [], inputs: [], seed: inputs.seed, result, kept: keptOf(inputs) });
    for (const figure of figureNames) if (record[figure] !== stored[figure]) differences.push(`${figure} is ${record[figure]}, and was ${stored[figure]}`);
    return { from: isFromLog ? 'the log' : 'what was kept', backend: result.method === 'exact' ? 'exact' : backend.name, tookMs, differences };
  } finally {
    await backend.close();
  }
};

/** What a recorded portfolio's risk were with other probabilities, all else as it was then. Throws a VarError where they are none of it. */
export const riskWith = async ({ model, model_hash: hash }: Pick<StoredRisk, 'model' | 'model_hash'>, overrides: Overrides, { backend: name, onWarning }: Pick<AgainOptions, 'backend' | 'onWarning'>): Promise<RiskResult> => {
  const inputs = inputsKept(model, hash), backend = await backendOf(name, onWarning);
  try {
    return await riskOf({ ...inputs, overrides: { ...inputs.overrides, ...overrides } }, backend);
  } finally {
    await backend.close();
  }
};

/** Outcomes by which a portfolio loses. */
export interface Loss {
  /** Base minor units: below zero. */
  readonly pnlMinor: number;
  readonly probability: number;
  /** Whether none is likelier. */
  readonly isExact: boolean;
  /** Which outcomes win, of the markets that it has bets on. */
  readonly ends: readonly { readonly market: string; readonly won: readonly string[] }[];
}

/** The likeliest outcomes by which a recorded portfolio loses so much, base minor units; undefined where none are found. */
export const lossOf = ({ model: kept, model_hash: hash }: Pick<StoredRisk, 'model' | 'model_hash'>, lossMinor: number): Loss | undefined => {
  const inputs = inputsKept(kept, hash), { portfolio } = inputs, found = reverseStress(portfolio, modelOf(inputs).model, lossMinor);
  if (found === undefined) return undefined;
  const bet = new Set(portfolio.positions.flatMap(({ legs }) => legs.map(({ market }) => market)));
  return { ...found, ends: found.ends.flatMap(({ won }) => Array.from(won, ([market, outcomes]) => ({ market, won: outcomes })).filter(({ market }) => bet.has(market))) };
};

/** What the pipeline would have computed from, had it read up to those offsets: by the settings that it had then. */
const inputsOfLog = async ({ brokers, registryUrl, namespace }: Config, { portfolio, inputs }: StoredRisk, kept: RiskInputs): Promise<RiskInputs> => {
  const records = await connectRecords(brokers), schemas = new SchemaRegistry(registryUrl, { namespace });
  try {
    let before = Promise.resolve(); //  one range at a time
    const watch = await Watch.open({
      namespace,
      latestValues: (topic, onChange = () => undefined) => {
        const name = topicName(topic, namespace), nextOffsets = new Map(inputs.filter((input) => input.topic === name).map(({ partition, next_offset: next }) => [partition, next]));
        const read = before.then(() => valuesUpTo({ records, topic: name, nextOffsets, schemaOf: (id) => schemas.schemaOf(id), onChange }));
        before = read.then(() => undefined, () => undefined);
        return read;
      },
    }, { kinds: [kindOf(portfolio)], currency: kept.portfolio.currency, rates: kept.portfolio.rates });
    watch.touched();
    const { horizonMs, currency, rates, assets } = kept.portfolio;
    return inputsOf(watch.snapshot(portfolio, horizonMs), { currency, rates, horizonMs, assets: assets.map((asset) => ({ ...asset, portfolio })), correlation: kept.correlation, seed: kept.seed, paths: kept.paths, overrides: kept.overrides ?? {} });
  } finally {
    await records.close();
  }
};

/** Where two inputs part, in words. */
const differenceOf = (kept: RiskInputs, now: RiskInputs): string => {
  const of = (name: string, was: readonly unknown[], is: readonly unknown[]): string | undefined => {
    const texts = new Set(was.map((one) => JSON.stringify(one))), other = is.filter((one) => !texts.has(JSON.stringify(one))).length;
    return other === 0 && was.length === is.length ? undefined : `${other} of ${is.length} ${name} are others, and there were ${was.length}`;
  };
  return [of('bets', kept.portfolio.positions, now.portfolio.positions), of('markets', kept.markets, now.markets), of('events', kept.events, now.events)].filter((part) => part !== undefined).join('; ');
};
