import t from 'tap';
import { ProducerError } from '../../connectors/kafka/producer.ts';
import { RegistryRefused, RegistryUnavailable } from '../../connectors/kafka/registry.ts';
import { KafkaSourceError } from '../../connectors/kafka/source.ts';
import { PartitionFailure } from '../../runtime/context.ts';
import { detailOf, lineOf, verdictOf } from './errors.ts';

const coded = (code: string, message = code): Error => Object.assign(new Error(message), { code });

t.test('what passes by itself is waited for', (t) => {
  for (const error of [
    new KafkaSourceError('consume_failed', 'x'), new ProducerError('delivery_failed', 'x'), new RegistryUnavailable('x'),
    coded('ECONNREFUSED'), coded('57P01', 'terminating connection due to administrator command'), coded('08006'), coded('40001'),
    new Error('Connection terminated unexpectedly'), new Error('the database system is starting up'),
    Object.assign(new Error('Broker: Group rebalance in progress'), { code: 27, origin: 'kafka' }),
    new Error('the sink failed', { cause: coded('ECONNRESET') }),
  ]) t.equal(verdictOf(error), 'passing', `${error.name} ${error.message}`);
  t.end();
});

t.test('what a person must put right is refused at once', (t) => {
  for (const error of [new ProducerError('topic_missing', 'x'), new RegistryRefused('schema_not_registered', 'x'), coded('28P01'), coded('42P01'), coded('database_not_migrated'),
    new KafkaSourceError('format_unknown', 'x'), new KafkaSourceError('versions_unknown', 'x'), new KafkaSourceError('access_refused', 'x')]) {
    t.equal(verdictOf(error), 'refusal', String((error as { code?: string }).code));
  }
  t.end();
});

t.test('all else is a bug', (t) => {
  for (const error of [new TypeError('x is undefined'), coded('22003', 'numeric field overflow'), new PartitionFailure({ topic: 'a', partition: 0 }, { from: 0, to: 1 }, new RangeError('x')), 'text', undefined]) t.equal(verdictOf(error), 'bug', String(error));
  t.end();
});

t.test('one line for a person, and the rest apart', (t) => {
  t.equal(lineOf(new Error('first\nsecond')), 'first');
  t.equal(detailOf(new Error('first\nsecond')), 'second');
  t.equal(detailOf(Object.assign(new Error('first'), { detail: 'of its log' })), 'of its log');
  t.match(lineOf(Object.assign(new AggregateError([coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9')], ''), { code: 'ECONNREFUSED' })), /^connect ECONNREFUSED 127\.0\.0\.1:9: a server does not answer/);
  t.match(lineOf(coded('EADDRINUSE', 'listen EADDRINUSE: address already in use 127.0.0.1:15600')), /127\.0\.0\.1:15600.*--metrics-port/);
  t.end();
});
