import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { ValueEncoder } from '../../connectors/feeds/encoder.ts';
import { PatientRegistry } from '../../connectors/kafka/patient-registry.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { freeBasePort } from '../stack/ports.ts';
import { startStack, wipeStack } from '../stack/stack.ts';
import { Watcher } from './watcher.ts';

t.setTimeout(300_000);
const NAMESPACE = 'watched';
const home = mkdtempSync(join(tmpdir(), 'oddstream-watcher-'));
const basePort = (await freeBasePort(18_000 + (process.pid % 40) * 100)) ?? 18_000;
const { brokers } = await startStack({ home, basePort, only: ['kafka'] });
t.teardown(async () => {
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});

const EVENT_ID = 1, BEST_ID = 2;
const schemas: Readonly<Record<string, string>> = { [EVENT_ID]: topics.events.schema.avsc, [BEST_ID]: topics.bestOdds.schema.avsc };

t.test('a registry\'s answer that never comes costs a view some moments, not its sight', async (t) => {
  // Seen on a busy machine: the server had logged the answer, and nothing came. The view showed no price for as long as it ran.
  const unanswered: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (unanswered.length === 0) { unanswered.push(response); return; }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ schema: schemas[/\d+$/.exec(request.url!)![0]] }));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.teardown(() => { server.closeAllConnections(); server.close(); });

  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }), admin = kafka.admin(), producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  t.teardown(() => Promise.all([admin.disconnect(), producer.disconnect()]));
  await admin.createTopics({ waitForLeaders: true, topics: [topics.events, topics.bestOdds, topics.arbitrage, topics.riskVar].map((topic) => ({ topic: topicName(topic, NAMESPACE), numPartitions: 1 })) });

  const watcher = new Watcher({ brokers, registry: new PatientRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { namespace: NAMESPACE, timeoutMs: 500 }), namespace: NAMESPACE });
  await watcher.start();
  t.teardown(() => watcher.stop());
  const event = new ValueEncoder<object>(topics.events.schema.avsc, EVENT_ID).encode({ timestamp: 1_000, event_id: 'e1', sport: 'football', home: 'Vale', away: 'Orrin', starts_at: 5_000, provider: 'feed' });
  const best = new ValueEncoder<object>(topics.bestOdds.schema.avsc, BEST_ID).encode({
    timestamp: 2_000, sport: 'football', event_id: 'e1', market: 'totals:2.5', in_play: false, providers: 1, inverse_sum: 1.03, source_partition: 0, source_offset: 7,
    outcomes: ['over', 'under'].map((outcome) => ({ outcome, price: 1.94, net_price: 1.94, provider: 'keystrel', limit_minor: null, quoted_at: 1_500, offset: 7 })),
  });
  await producer.send({ topic: topicName(topics.events, NAMESPACE), messages: [{ key: 'e1', value: event }, { key: 'e1', value: 'no value of ours' }] });
  await producer.send({ topic: topicName(topics.bestOdds, NAMESPACE), messages: [{ key: 'football:e1:totals:2.5', value: best }] });

  for (const untilMs = Date.now() + 60_000; (watcher.markets.size === 0 || watcher.nameOf('e1') === 'e1') && Date.now() < untilMs;) await new Promise((resolve) => { setTimeout(resolve, 50); });
  t.equal(unanswered.length, 1, 'the first answer did not come');
  t.match([...watcher.markets.values()], [{ eventId: 'e1', market: 'totals:2.5', outcomes: [{ outcome: 'over', price: 1.94 }, { outcome: 'under' }] }]);
  t.equal(watcher.nameOf('e1'), 'Vale – Orrin');
  t.equal(watcher.problem, undefined);
});
