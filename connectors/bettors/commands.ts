import type { TopicPartition } from '../../runtime/ports.ts';
import type { BetCommandInput } from '../../schemas/generated/bet-command.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { ValueEncoder } from '../feeds/encoder.ts';
import { inspectionOf } from '../feeds/inspection.ts';
import type { SchemaIds } from '../feeds/outlet.ts';
import { cachedPartitioner } from '../kafka/partitioner.ts';
import type { RecordProducer } from '../kafka/producer.ts';

/** A command that its topic's contract forbids: it was not sent. `code` is that of the rule, `not_encodable` where it is none of the schema. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  readonly code: string;
  constructor(code: string, options?: ErrorOptions) {
    super(`The command breaks the contract of bet-commands (${code}), and was not sent.`, options);
    this.code = code;
  }
}

export interface BetCommandsOptions {
  readonly producer: RecordProducer;
  readonly schemas: SchemaIds;
  readonly namespace: string;
}

/** Opens the way of commands into `bet-commands`. Throws ProducerError or a registry's error. */
export const openBetCommands = async ({ producer, schemas, namespace }: BetCommandsOptions): Promise<BetCommands> => {
  const topic = topicName(topics.betCommands, namespace);
  const [partitions, id] = await Promise.all([producer.partitions(topic), schemas.idOf(topics.betCommands)]);
  return new BetCommands(producer, topic, partitions, id);
};

/** Puts commands into `bet-commands`, each on its account's partition, and none that the pipeline `bets` would turn away at its door. */
export class BetCommands {
  readonly #producer: RecordProducer;
  readonly #topic: string;
  readonly #partition: (accountId: string) => number;
  readonly #encoder: ValueEncoder<BetCommandInput>;
  readonly #inspect = inspectionOf(topics.betCommands);

  /** Use `openBetCommands`. */
  constructor(producer: RecordProducer, topic: string, partitions: number, schemaId: number) {
    this.#producer = producer;
    this.#topic = topic;
    this.#partition = cachedPartitioner(partitions);
    this.#encoder = new ValueEncoder(topics.betCommands.schema.avsc, schemaId);
  }

  /** Where the account's commands go. What becomes of them is said on the partition of the same number in `bet-events`. */
  placeOf(accountId: string): TopicPartition {
    return { topic: this.#topic, partition: this.#partition(accountId) };
  }

  /** Hands the command to the producer; it is durable after the producer's flush. Throws CommandRefused. */
  send(command: BetCommandInput): void {
    const key = Buffer.from(command.account_id), { topic, partition } = this.placeOf(command.account_id);
    let value: Buffer;
    try {
      value = this.#encoder.encode(command);
    } catch (cause) {
      throw new CommandRefused('not_encodable', { cause });
    }
    const breach = this.#inspect(value, key);
    if (breach !== undefined) throw new CommandRefused(breach);
    this.#producer.produce(topic, partition, value, key);
  }
}
