import { randomUUID } from 'node:crypto';
import type { ResultInput } from '../../schemas/generated/result.ts';
import { formatRecordKey } from '../../domain/market.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { ValueEncoder } from '../feeds/encoder.ts';
import { inspectionOf } from '../feeds/inspection.ts';
import type { SchemaIds } from '../feeds/outlet.ts';
import type { Brokers } from '../kafka/brokers.ts';
import { cachedPartitioner } from '../kafka/partitioner.ts';
import { connectTransactionalProducer } from '../kafka/transactional-producer.ts';
import { ResultsError } from './errors.ts';
import type { FiledResult } from './file.ts';

export interface SendOptions {
  readonly brokers: Brokers;
  readonly schemas: SchemaIds;
  readonly namespace: string;
  /** What the results were read from, for its errors. */
  readonly file: string;
  readonly onWarning: (message: string) => void;
}

/** Puts results into their topic in one transaction: readers see all of them or none. Throws ResultsError for what the topic's contract forbids, ProducerError, or a registry's error. */
export const sendResults = async (results: readonly FiledResult[], { brokers, schemas, namespace, file, onWarning }: SendOptions): Promise<void> => {
  const topic = topicName(topics.results, namespace), encoder = new ValueEncoder<ResultInput>(topics.results.schema.avsc, await schemas.idOf(topics.results)), inspect = inspectionOf(topics.results);
  const records = results.map(({ where, result }) => {
    const key = formatRecordKey({ sport: result.sport, eventId: result.event_id, market: result.market }), value = Buffer.from(encoder.encode(result));
    const breach = inspect(value, Buffer.from(key));
    if (breach !== undefined) throw new ResultsError('results_malformed', `${file}, ${where}: it breaks the contract of results (${breach}): none was sent`);
    return { key, value };
  });
  // An id of its own for each run: two at once do not end each other.
  const producer = await connectTransactionalProducer({ brokers, clientId: 'oddstream-settle', transactionalId: `oddstream.${topic}.settle.${randomUUID()}`, onWarning });
  try {
    const partition = cachedPartitioner(await producer.partitions(topic));
    for (const { key, value } of records) producer.produce(topic, partition(key), value, key);
    await producer.commit([]).catch((cause: unknown) => {
      throw new ResultsError('results_not_sent', `The results were not sent, or nobody can tell: send ${file} again, since what is said twice changes nothing (${(cause as Error).message})`, { cause });
    });
  } finally {
    await producer.disconnect();
  }
};
