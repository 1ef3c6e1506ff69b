import t from 'tap';
import type { TransactionalProducer } from './transactional-producer.ts';
import { topics } from '../../schemas/topics.ts';
import { deadEntryOf } from './letter.ts';
import { kafkaDeadLetters, kafkaPublisher } from './publisher.ts';
import { parseControl } from './control.ts';

const stage = () => {
  const records: { topic: string; partition: number; value: string | null; key: string | null; headers: unknown }[] = [], calls: string[] = [];
  let room: Promise<void> | undefined, failure: Error | undefined;
  const text = (bytes: Uint8Array | string | null): string | null => (bytes === null ? null : Buffer.from(bytes as Uint8Array).toString());
  const producer = {
    partitions: () => Promise.resolve(1),
    produce: (topic: string, partition: number, value: Uint8Array | null, key: Uint8Array | string | null, headers: unknown) => { records.push({ topic, partition, value: value === null ? null : Buffer.from(value).toString('hex'), key: text(key), headers }); },
    ready: () => room,
    commit: (positions: unknown) => { calls.push(`commit ${JSON.stringify(positions)}`); return Promise.resolve(); },
    flush: (timeoutMs: number) => { calls.push(`flush ${timeoutMs > 60_000}`); return failure === undefined ? Promise.resolve() : Promise.reject(failure); },
    disconnect: () => { calls.push('disconnect'); return Promise.resolve(); },
  } as unknown as TransactionalProducer;
  return { records, calls, publisher: kafkaPublisher(producer), deadLetters: kafkaDeadLetters(producer), fill: (full: Promise<void>) => { room = full; }, fail: (error: Error | undefined) => { failure = error; } };
};

t.test('values go out as encoders leave them, each with its key, on the partition that is named; a tombstone is null', (t) => {
  const { records, publisher } = stage();
  const writer = topics.fairOdds.schema.writer();
  writer.schemaId = 258;
  for (const [key, isOver] of [['one', false], ['over', true], ['two', false]] as const) {
    if (isOver) { writer.tombstone(Buffer.from(key)); continue; }
    writer.begin(Buffer.from(key));
    writer.timestamp(1);
    writer.sport('s');
    writer.eventId('e');
    writer.market(key);
    writer.inPlay(false);
    writer.method(0);
    writer.outcomesStart(0);
    writer.outcomesEnd();
    writer.providersStart(0);
    writer.providersEnd();
    writer.sourcePartition(0);
    writer.sourceOffset(0);
    writer.end();
  }
  publisher.publish('fair-odds', 5, writer);
  t.match(records, [{ topic: 'fair-odds', partition: 5, key: 'one', value: /^0000000102/ }, { topic: 'fair-odds', partition: 5, key: 'over', value: null }, { topic: 'fair-odds', partition: 5, key: 'two', value: /^0000000102/ }]);
  t.ok(records[0]!.value!.includes(Buffer.from('one').toString('hex')) && !records[0]!.value!.includes(Buffer.from('two').toString('hex')), 'a value is no more than itself');
  t.equal(records.length, 3);
  t.end();
});

t.test('entries of a changelog go under their prefix and their own key', (t) => {
  const { records, publisher } = stage();
  const writer = topics.fairOdds.schema.writer();
  writer.tombstone(Buffer.from('föö'));
  publisher.keep('best-odds.changelog', 2, 'book/', writer);
  t.strictSame(records, [{ topic: 'best-odds.changelog', partition: 2, key: 'book/föö', value: null, headers: undefined }]);
  t.end();
});

t.test('a tick is a control record; where the broker refuses null keys it has one', (t) => {
  const { records, publisher } = stage();
  publisher.tick('best-odds', false, 3, 1_700_000_000_000);
  publisher.tick('market-books', true, 4, 1_700_000_000_000);
  t.match(records, [{ topic: 'best-odds', partition: 3, key: null, value: null }, { topic: 'market-books', partition: 4, key: '@control', value: null }]);
  for (const { headers } of records) t.same(parseControl(headers as Record<string, string>[]), { control: 'tick', timestamp: 1_700_000_000_000 });
  t.end();
});

t.test('a dead letter is the record as it was, with why and where', (t) => {
  const { records, publisher } = stage();
  publisher.dead({ deadTopic: 'odds-updates.dead', topic: 'odds-updates', partition: 6, offset: 12_345, pipeline: 'best-odds', code: 'truncated', message: 'the value ends', key: Buffer.from('k'), value: Buffer.from([1, 2]) });
  publisher.dead({ deadTopic: 'odds-updates.dead', topic: 'odds-updates', partition: 6, offset: 12_346, pipeline: 'best-odds', code: 'null_value', message: 'it is null', key: null, value: null });
  t.match(records, [{ topic: 'odds-updates.dead', partition: 6, key: 'k', value: '0102' }, { key: null, value: null }]);
  t.strictSame(Object.assign({}, ...(records[0]!.headers as object[])), {
    'oddstream-dead-code': 'truncated', 'oddstream-dead-message': 'the value ends', 'oddstream-dead-pipeline': 'best-odds',
    'oddstream-dead-topic': 'odds-updates', 'oddstream-dead-partition': '6', 'oddstream-dead-offset': '12345',
  });
  publisher.dead({ deadTopic: 'odds-updates.dead', topic: 'odds-updates', partition: 6, offset: 20_000, pipeline: 'best-odds', code: 'truncated', message: 'again', key: null, value: null, origin: 'odds-updates/6/12345' });
  t.same(records.map(({ headers }) => deadEntryOf(headers as Record<string, string>[])).map((entry) => entry?.kind === 'letter' && [entry.origin.offset, entry.at.offset, entry.message]),
    [[12_345, 12_345, 'the value ends'], [12_346, 12_346, 'it is null'], [12_345, 20_000, 'again']], 'a replayed record that fails again goes on with the story of the first');
  t.end();
});

t.test('it is ready when its producer is; what it commits is the producer\'s to commit', async (t) => {
  const { publisher, calls, fill } = stage();
  await publisher.ready();
  let isReady = false, makeRoom = (): void => undefined;
  fill(new Promise((resolve) => { makeRoom = resolve; }));
  const ready = publisher.ready().then(() => { isReady = true; });
  await new Promise((resolve) => { setImmediate(resolve); });
  t.equal(isReady, false);
  makeRoom();
  await ready;
  await publisher.commit([{ topic: 'odds-updates', partition: 1, offset: 7 }]);
  await publisher.close();
  t.strictSame(calls, ['commit [{"topic":"odds-updates","partition":1,"offset":7}]', 'disconnect']);
});

t.test('dead letters of a sink: a flush has time for a broker to restart, where there is something to flush', async (t) => {
  const { deadLetters, calls, fail } = stage(), letter = { deadTopic: 'odds-updates.dead', topic: 'odds-updates', partition: 6, offset: 1, pipeline: 'best-odds', code: 'truncated', message: 'the value ends', key: null, value: null };
  await deadLetters.flush();
  t.strictSame(calls, [], 'nothing is waited for');
  deadLetters.dead(letter);
  fail(new Error('the broker is gone'));
  await t.rejects(deadLetters.flush(), { message: 'the broker is gone' });
  fail(undefined);
  await deadLetters.flush();
  await deadLetters.flush();
  t.strictSame(calls, ['flush true', 'flush true'], 'what failed is not durable, and what is durable is not flushed again');
  await deadLetters.close();
  t.strictSame(calls.slice(2), ['disconnect']);
});
