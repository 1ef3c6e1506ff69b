/** Bugs, planted around a sound engine: in its ports, its topology, or the brokers. The simulation must find each of them. */
import { Observable } from 'rxjs';
import { type Columns, Control } from '../../../schemas/codec/columns.ts';
import type { ProviderStatusRow } from '../../../schemas/generated/provider-status.ts';
import type { Batch } from '../../../stream/batch.ts';
import { CheckpointAborted } from '../../ports.ts';
import type { TopologyPipeline } from '../../pipeline.ts';
import { Snapshots } from '../../snapshots.ts';
import { PartitionLog, type Transaction } from '../partition-log.ts';
import type { Plant } from '../simulate.ts';
import { Standing, standing, type StandingConfig, standingPipeline } from '../standing.ts';
import { Transactions } from '../transactions.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const withTopology = (changes: Partial<TopologyPipeline['topology']>): TopologyPipeline => ({ ...standingPipeline, topology: { ...standingPipeline.topology, ...changes } as TopologyPipeline['topology'] });

/** The highest time of a batch goes before its rows. */
const timeFirst = (source: Observable<Batch>): Observable<Batch> => new Observable((subscriber) => source.subscribe({
  next({ rows, task }) {
    let highest = -Infinity;
    for (let i = 0; i < rows.size; i++) highest = Math.max(highest, rows.timestamp[i]!);
    const after: Columns = rows.empty();
    if (rows.size > 0 && task.rereading === undefined) after.appendControl(Control.tick, rows.row(0).offset, highest, -1);
    for (let i = 0; i < rows.size; i++) after.append(rows, i);
    subscriber.next({ rows: after, task });
  },
  error: (error: unknown) => { subscriber.error(error); },
}));

/** Its timers are not set again when it comes back. */
class Timeless extends Standing {
  #isLoading = false;
  override load(row: ProviderStatusRow): void {
    this.#isLoading = true;
    super.load(row);
    this.#isLoading = false;
  }
  protected override armed(atMs: number, key: number): void { if (!this.#isLoading) super.armed(atMs, key); }
}

/** Lets everybody commit. */
class Unfenced extends Transactions {
  protected override isFenced(): boolean { return false; }
  protected override check(): void { /* members and generations are all the same to it */ }
}

/** Shows what was aborted, too. */
class Uncommitted extends PartitionLog {
  protected override isVisible(transaction: Transaction): boolean { return transaction.isCommitted || this.topic === standingPipeline.topology.source.name; }
}

export const plantedBugs: Readonly<Record<string, Plant>> = {
  'offsets committed before outputs': {
    ports: ({ publisher, ...ports }, { broker, process }) => ({ ...ports, publisher: {
      ...bound(publisher),
      async commit(positions) {
        await process.ask(() => { for (const { partition, offset } of positions) broker.group.committed.set(partition, offset); });
        await publisher.commit(positions);
      },
    } }),
  },
  'watermark not restored': {
    ports: ({ changelog, ...ports }) => ({ ...ports, changelog: {
      topic: changelog.topic,
      read: (partition, take) => changelog.read(partition, (key, value) => { if (!latin1(key).startsWith('window/')) take(key, value); }),
    } }),
  },
  'late judged by batch': {
    pipeline: withTopology({ build: (input, config, stores) => standing.build(timeFirst(input) as Parameters<typeof standing.build>[0], config as StandingConfig, stores as { readonly standing: Standing }) as object as Record<string, never> }),
  },
  'zombie not fenced': {
    parts: { transactions: (network, group) => new Unfenced(network, group) },
  },
  'state not rolled back on abort': {
    ports: ({ publisher, ...ports }, around) => ({ ...ports, publisher: {
      ...bound(publisher),
      async commit(positions) {
        try {
          await publisher.commit(positions);
        } catch (error) {
          if (!(error instanceof CheckpointAborted)) throw error;
          await around.publisher.begin();
        }
      },
    } }),
  },
  'timer lost on restart': { pipeline: withTopology({ stores: { standing: Timeless } }) },
  'outputs not suppressed while restoring': {
    ports: ({ source, changelog, publisher }, { context, pipeline }) => {
      const snapshots = new Snapshots(pipeline.name, changelog, context);
      return { publisher, changelog, source: {
        ...bound(source),
        async committed(partitions) {
          const committed = new Map(await source.committed(partitions));
          for (const at of partitions) {
            const { snapshot } = await snapshots.read(at);
            if (snapshot !== undefined && committed.get(at.partition) !== undefined) committed.set(at.partition, Math.min(snapshot.next_offset, committed.get(at.partition)!));
          }
          return committed;
        },
      } };
    },
  },
  'an aborted transaction read': { parts: { log: (topic, partition) => new Uncommitted(topic, partition) } },
  'a restore that does not wait for a pending changelog': {
    ports: ({ changelog, ...ports }, { broker, process }) => ({ ...ports, changelog: {
      topic: changelog.topic,
      async read(partition, take) {
        const { records } = await process.ask(() => { const log = broker.log(changelog.topic, partition); return log.read(0, log.stableEnd); });
        for (const { written: { key, value } } of records) if (key !== null) take(key, value);
      },
    } }),
  },
  'a restore that does not wait for a pending position': {
    ports: ({ source, ...ports }, { broker, process }) => ({ ...ports, source: {
      ...bound(source),
      committed: (partitions) => process.ask(() => new Map(partitions.map(({ partition }) => [partition, broker.group.committed.get(partition)]))),
    } }),
  },
};

/** A port whose methods can be taken out of it. */
const bound = <P extends object>(port: P): P => {
  const methods: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(port))) {
    const method = (port as Record<string, unknown>)[name];
    if (name !== 'constructor' && typeof method === 'function') methods[name] = (method as (...args: unknown[]) => unknown).bind(port);
  }
  return methods as P;
};
