import rdkafka, { type KafkaConsumer } from 'node-rdkafka';
import t from 'tap';
import { rangeOf } from './librdkafka.ts';

const { ERRORS } = rdkafka.CODES;

/** A consumer that answers so, one question after another. */
const answering = (...codes: readonly (number | undefined)[]) => {
  let asked = 0;
  const queryWatermarkOffsets = ((_topic: string, _partition: number, _timeoutMs: number, done: (error: unknown, offsets: unknown) => void) => {
    const code = codes[asked++];
    done(code === undefined ? null : Object.assign(new Error(`code ${code}`), { code }), code === undefined ? { lowOffset: 3, highOffset: 7 } : undefined);
  }) as unknown as KafkaConsumer['queryWatermarkOffsets'];
  return { consumer: { queryWatermarkOffsets }, asked: () => asked };
};
const partition = { topic: 'market-books', partition: 2 };

t.test('a partition whose topic was just made has no leader for a moment: its range is asked for again', async (t) => {
  const { consumer, asked } = answering(ERRORS.ERR_UNKNOWN_TOPIC_OR_PART, ERRORS.ERR_LEADER_NOT_AVAILABLE, ERRORS.ERR_NOT_LEADER_FOR_PARTITION, undefined);
  t.same(await rangeOf(consumer, partition, 1_000), { start: 3, end: 7 });
  t.equal(asked(), 4);
});

t.test('another trouble is told at once', async (t) => {
  const { consumer, asked } = answering(ERRORS.ERR_TOPIC_AUTHORIZATION_FAILED, undefined);
  await t.rejects(rangeOf(consumer, partition, 1_000), { code: ERRORS.ERR_TOPIC_AUTHORIZATION_FAILED });
  t.equal(asked(), 1);
});
