import { latestValues } from '../../connectors/kafka/latest-values.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import type { PortfolioKind } from '../../domain/bets/portfolios.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { exposureOf } from '../../pipelines/exposure/exposure-of.ts';
import type { WatchOptions } from '../../pipelines/market-var/watch.ts';
import { Watch } from '../../pipelines/market-var/watch.ts';
import { topicName } from '../../schemas/topics.ts';
import type { Config } from '../config/config.ts';

export interface ListedExposure {
  readonly portfolio: string;
  readonly bets: number;
  /** Staked on them, and the worst that can be lost, base minor units. */
  readonly stakedMinor: number;
  readonly lossMinor: number;
  readonly isBound: boolean;
}

/** The exposure of every portfolio of a kind that has open bets, as the topics have them now; the largest first. */
export const exposuresOf = async ({ brokers, registryUrl, namespace }: Config, kind: PortfolioKind, options: Omit<WatchOptions, 'kinds'>, onWarning: (message: string) => void): Promise<ListedExposure[]> => {
  const schemas = new SchemaRegistry(registryUrl, { namespace }), opened: LatestValues[] = [];
  try {
    const watch = await Watch.open({
      namespace,
      latestValues: async (topic, onChange) => {
        const values = await latestValues({ brokers, topic: topicName(topic, namespace), schemaOf: (id) => schemas.schemaOf(id), onWarning, ...(onChange === undefined ? {} : { onChange }) });
        opened.push(values);
        return values;
      },
    }, { ...options, kinds: [kind] });
    return [...watch.touched()].map((portfolio) => watch.snapshot(portfolio, Infinity)).filter(({ activeBets }) => activeBets > 0)
      .map((snapshot) => ({ portfolio: snapshot.portfolio, bets: snapshot.activeBets, stakedMinor: snapshot.stakedMinor, ...exposureOf(snapshot, options) }))
      .sort((a, b) => b.lossMinor - a.lossMinor || (a.portfolio < b.portfolio ? -1 : 1));
  } finally {
    for (const values of opened) await values.close();
  }
};
