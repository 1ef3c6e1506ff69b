import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import rdkafka from 'node-rdkafka';
import type { KafkaConsumer } from 'node-rdkafka';
import type { TopicPartition } from '../../runtime/ports.ts';
import type { Brokers } from './brokers.ts';

/** librdkafka before this sends a nonce twice when it logs in by SCRAM (its pull request 4895); Kafka 4.1.1 refuses that. */
const SCRAM_FROM = [2, 6, 1];
/** Whether the librdkafka that runs here can log in by SCRAM. */
export const hasScram = (version = rdkafka.librdkafkaVersion): boolean => {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  const at = SCRAM_FROM.findIndex((wanted, i) => parts[i] !== wanted);
  return at < 0 || parts[at]! > SCRAM_FROM[at]!;
};

/** What to say when librdkafka finds no broker: it does not tell one that is away from one that refuses. */
export const unreachable = (brokers: Brokers, why: string): string => {
  const text = `No Kafka broker answers at ${String(brokers)}: is it running? (${why})`;
  if (typeof brokers === 'string') return text;
  const { login } = brokers;
  const scram = login !== undefined && login.mechanism !== 'PLAIN' && !hasScram() ? ` librdkafka ${rdkafka.librdkafkaVersion} logs in by SCRAM in a way that newer brokers refuse: use PLAIN, or build node-rdkafka with librdkafka ${SCRAM_FROM.join('.')} or newer.` : '';
  return `${text} It may also refuse ${login === undefined ? 'TLS as it is set' : `the login of '${login.username}'`}: its log says so.${scram}`;
};

const { ERRORS } = rdkafka.CODES;
/** A broker's answers where a partition has no leader for a moment: its topic was just made, or leadership moves. */
const LEADERLESS = new Set([ERRORS.ERR_UNKNOWN_TOPIC_OR_PART, ERRORS.ERR_LEADER_NOT_AVAILABLE, ERRORS.ERR_NOT_LEADER_FOR_PARTITION]);
const untilLed = retry(handleWhen((error) => LEADERLESS.has((error as { readonly code?: number }).code!)), { maxAttempts: 50, backoff: new ConstantBackoff(100) });

/** A partition's first and next offset, asked for again for five seconds while it has no leader: the library would not. Rejects with the library's error. */
export const rangeOf = (consumer: Pick<KafkaConsumer, 'queryWatermarkOffsets'>, { topic, partition }: TopicPartition, timeoutMs: number): Promise<{ readonly start: number; readonly end: number }> =>
  untilLed.execute(() => new Promise((resolve, reject) => {
    consumer.queryWatermarkOffsets(topic, partition, timeoutMs, (error, offsets) => {
      if (error) reject(error as unknown as Error); else resolve({ start: offsets.lowOffset, end: offsets.highOffset });
    });
  }));
