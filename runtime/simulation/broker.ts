import { Agenda } from './agenda.ts';
import { Group } from './group.ts';
import { PartitionLog } from './partition-log.ts';
import { Network } from './process.ts';
import type { Random } from './random.ts';
import { Transactions } from './transactions.ts';

/** What a simulated broker is made of; a test puts a broken part in. */
export interface BrokerParts {
  readonly log: (topic: string, partition: number) => PartitionLog;
  readonly transactions: (network: Network, group: Group) => Transactions;
}

export const soundParts: BrokerParts = {
  log: (topic, partition) => new PartitionLog(topic, partition),
  transactions: (network, group) => new Transactions(network, group),
};

/** Epoch ms at which every simulation begins. */
const START_MS = 1_700_000_000_000;

/** Kafka in memory, as far as the engine can tell: logs, a group, transactions, and a network in virtual time. */
export class Broker {
  readonly agenda = new Agenda(START_MS);
  readonly network: Network;
  readonly group: Group;
  readonly transactions: Transactions;
  readonly input: readonly PartitionLog[];
  readonly #logs = new Map<string, PartitionLog[]>();
  readonly #parts: BrokerParts;
  readonly #partitions: number;

  constructor(random: Random, inputTopic: string, partitions: number, parts: BrokerParts) {
    this.#parts = parts;
    this.#partitions = partitions;
    this.network = new Network(this.agenda, random);
    this.input = Array.from({ length: partitions }, (_, partition) => this.log(inputTopic, partition));
    this.group = new Group(this.network, this.input);
    this.transactions = parts.transactions(this.network, this.group);
  }

  /** A partition of a topic, which is there as soon as it is named. */
  log(topic: string, partition: number): PartitionLog {
    let logs = this.#logs.get(topic);
    if (logs === undefined) this.#logs.set(topic, logs = Array.from({ length: this.#partitions }, (_, partition) => this.#parts.log(topic, partition)));
    return logs[partition]!;
  }
}
