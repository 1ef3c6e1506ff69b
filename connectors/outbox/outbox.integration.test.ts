import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { startTestStack } from '../../pipelines/testing/stack-for-tests.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { ValueDecoder } from '../kafka/decode.ts';
import { connectRecords } from '../kafka/records.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { connectTransactionalProducer } from '../kafka/transactional-producer.ts';
import { type OutboxSummary, runOutbox } from './outbox.ts';

t.setTimeout(1_500_000);
const stack = await startTestStack(t);
const { brokers, registryUrl, plain: { betsUrl } } = stack;
const PARTITIONS = topics.betEvents.partitions;

let serial = 0;
/** A namespace of its own, and what a test does with its outbox. */
const prepared = async (t: { readonly teardown: (close: () => Promise<void>) => void }) => {
  const namespace = `outbox${++serial}`, topic = topicName(topics.betEvents, namespace), registry = new SchemaRegistry(registryUrl, { namespace }), warnings: string[] = [];
  await stack.prepare(namespace);
  const client = new pg.Client({ connectionString: betsUrl, options: `-c search_path=${namespace},pg_temp` });
  await client.connect();
  t.teardown(() => client.end());
  const decoder = new ValueDecoder(registry);
  /** Puts events in as the desk does: in one transaction, each partition's head held. */
  const put = async (events: readonly { readonly partition: number; readonly name: string }[], isKept = true): Promise<void> => {
    await client.query('BEGIN');
    for (const { partition, name } of events.toSorted((a, b) => a.partition - b.partition)) {
      await client.query(`INSERT INTO bet_outbox_heads (partition) VALUES ($1) ON CONFLICT DO NOTHING`, [partition]);
      const { rows: [head] } = await client.query<{ sequence: string }>('UPDATE bet_outbox_heads SET next_sequence = next_sequence + 1 WHERE partition = $1 RETURNING next_sequence - 1 AS sequence', [partition]);
      const event: Partial<BetEvent> = {
        timestamp: 1, account_id: name, sequence: Number(head!.sequence), kind: 'deposited', command_id: null, code: null, user_id: null, syndicate_id: null, currency: 'GBP', amount_minor: 5, available_minor: 5,
        source_topic: 'bet-commands', source_partition: partition, source_offset: 0,
      };
      await client.query('INSERT INTO bet_outbox (partition, sequence, event) VALUES ($1, $2, $3)', [partition, head!.sequence, JSON.stringify(event)]);
    }
    await client.query(isKept ? 'COMMIT' : 'ROLLBACK');
  };
  const spread = (from: number, count: number): { partition: number; name: string }[] => Array.from({ length: count }, (_, at) => ({ partition: (from + at) % 3, name: `account ${from + at}` }));
  const table = async (): Promise<string[]> => (await client.query<{ text: string }>(`SELECT format('%s/%s %s', partition, sequence, event->>'account_id') AS text FROM bet_outbox ORDER BY partition, sequence`)).rows.map(({ text }) => text);
  /** What every reader of committed records sees. */
  const published = async (): Promise<string[]> => {
    const records = await connectRecords(brokers), texts: string[] = [];
    try {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const { start, end } = await records.range({ topic, partition });
        for await (const batch of records.read({ topic, partition, offset: start }, end)) {
          for (const { key, value } of batch) {
            const decoded = await decoder.decode(value!);
            if ('error' in decoded) throw new Error(decoded.error);
            const { sequence, account_id: account } = decoded.value as BetEvent;
            texts.push(`${partition}/${sequence} ${account}${Buffer.from(key!).toString() === account ? '' : ' under another key'}`);
          }
        }
      }
    } finally {
      await records.close();
    }
    return texts;
  };
  const start = (): { readonly ended: Promise<OutboxSummary>; stop(): Promise<OutboxSummary> } => {
    const abort = new AbortController();
    const ended = runOutbox({ brokers, registry, postgresUrl: betsUrl, namespace, signal: abort.signal, logger: { info: () => undefined, warn: (_: object, text: string) => { warnings.push(text); } } as never });
    ended.catch(() => undefined);
    return { ended, stop: () => { abort.abort(); return ended; } };
  };
  /** Waits until all of the table is in the topic. */
  const caughtUp = async (): Promise<void> => {
    const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM bet_outbox');
    for (const untilMs = Date.now() + 60_000; ; await wait(100)) {
      const found = await published().then(({ length }) => length, () => -1); //  a topic that was made just now may have no leader yet
      if (found >= rows[0]!.count) return;
      if (Date.now() > untilMs) throw new Error(`${found} of ${rows[0]!.count} events were published`);
    }
  };
  return { namespace, topic, client, put, spread, table, published, start, caughtUp, warnings };
};

await t.test('events go out in order, each once, through stops and starts', async (t) => {
  const o = await prepared(t);
  await o.put(o.spread(0, 50));
  for (let round = 1; round <= 3; round++) {
    const outbox = o.start();
    await o.put(o.spread(round * 100, 40));
    await o.put(o.spread(9_000, 5), false);
    await o.caughtUp();
    t.equal((await outbox.stop()).published, round === 1 ? 90 : 40 + 10);
    await o.put(o.spread(round * 1_000, 10));
  }
  const last = o.start();
  await o.caughtUp();
  await last.stop();
  t.strictSame(await o.published(), await o.table());
  t.strictSame((await o.client.query('SELECT FROM bet_outbox_heads WHERE published_sequence <> next_sequence')).rowCount, 0, 'and it is noted how far');
  t.strictSame(o.warnings, []);
});

await t.test('of two one waits, and takes over', async (t) => {
  const o = await prepared(t), first = o.start();
  await o.put(o.spread(0, 10));
  await o.caughtUp();
  const second = o.start();
  await o.put(o.spread(10, 30));
  await o.caughtUp();
  t.equal((await first.stop()).published, 40);
  await o.put(o.spread(40, 20));
  await o.caughtUp();
  t.equal((await second.stop()).published, 20);
  t.strictSame(await o.published(), await o.table());
});

await t.test('where its connection to the database is cut, it begins again and repeats nothing', async (t) => {
  const o = await prepared(t), outbox = o.start();
  for (let round = 0; round < 8; round++) {
    await o.put(o.spread(round * 100, 100));
    await wait(Math.random() * 100);
    await o.client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oddstream outbox'`);
  }
  await o.caughtUp();
  await outbox.stop();
  t.ok(o.warnings.length > 0, `${o.warnings.length} warnings`);
  t.strictSame(await o.published(), await o.table());
});

await t.test('a tail of aborted transactions and markers hides nothing', async (t) => {
  const o = await prepared(t);
  await o.put(o.spread(0, 20));
  const before = o.start();
  await o.caughtUp();
  await before.stop();
  for (let round = 0; round < 5; round++) {
    const other = await connectTransactionalProducer({ brokers, clientId: 'test', transactionalId: `aborts-${o.namespace}` });
    for (let i = 0; i < 400; i++) other.produce(o.topic, i % 3, Buffer.from('never to be seen'), 'x');
    await other.ready();
    await wait(200);
    await other.disconnect();
  }
  const records = await connectRecords(brokers), { end } = await records.range({ topic: o.topic, partition: 0 });
  await records.close();
  t.ok(end > 300, `the log ends at ${end}`);
  await o.put(o.spread(20, 20));
  // What was noted is lost: the topic alone says where to go on.
  await o.client.query('UPDATE bet_outbox_heads SET published_sequence = 0');
  const outbox = o.start();
  await o.caughtUp();
  t.equal((await outbox.stop()).published, 20);
  t.strictSame(await o.published(), await o.table());
});

/** The outbox as a process. */
const outboxProcess = (namespace: string, ...death: readonly string[]): ChildProcess => spawn(process.execPath, [
  fileURLToPath(new URL('../../ops/program.cjs', import.meta.url)), fileURLToPath(new URL('child-for-tests.ts', import.meta.url)), brokers, registryUrl, betsUrl, namespace, ...death,
], { stdio: ['ignore', 'pipe', 'inherit'] });

await t.test('killed before, during and after each step of its life, each event goes out once', async (t) => {
  const o = await prepared(t), steps = new Map<number, string>();
  let lives = 0, isThrough = false, child: ChildProcess | undefined;
  t.teardown(() => { child?.kill('SIGKILL'); });
  for (let step = 0; !isThrough; step++) {
    for (const death of ['before', 'during', 'after']) {
      await o.put(o.spread(lives++ * 2, 2));
      child = outboxProcess(o.namespace, String(step), death);
      let reached = -1, isOver = false;
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const [, number, name] = /^step (\d+) (.+)$/.exec(line) ?? [];
        if (number !== undefined) steps.set(reached = Number(number), name!);
      });
      const exit = once(child, 'exit').then(() => { isOver = true; });
      // Having noted how far it has come, a life does nothing but look.
      const isLooking = (): boolean => /^SELECT o\.partition/.test(steps.get(reached) ?? '') && /^UPDATE/.test(steps.get(reached - 1) ?? '');
      while (!isOver && !(reached < step && isLooking())) await wait(20);
      isThrough ||= !isOver;
      child.kill('SIGKILL');
      await exit;
    }
  }
  t.comment(`${lives} lives: ${[...steps.values()].join(', ')}`);
  t.match([...steps.values()].join(), /initTransactions,.*SELECT o\.partition.*,produce,commitTransaction,.*,UPDATE bet_outbox_heads/);
  const last = o.start();
  await o.caughtUp();
  await last.stop();
  t.strictSame(await o.published(), await o.table());
});

await t.test('killed at any moment under load, topic and table are equal in the end', async (t) => {
  const o = await prepared(t);
  let isOver = false, said = 0, publishedBefore = 0, kills = 0;
  const load = (async () => { for (let from = 0; !isOver; from += 60) { await o.put(o.spread(from, 60)); await wait(20); } })();
  let child: ChildProcess | undefined;
  t.teardown(async () => { isOver = true; child?.kill('SIGKILL'); await load.catch(() => undefined); });
  for (; kills < 10; kills++) {
    child = outboxProcess(o.namespace);
    const publishing = new Promise<void>((resolve) => { child!.stdout!.on('data', (text: Buffer) => { if (/publishing/.test(text.toString())) { said++; resolve(); } }); });
    await Promise.race([publishing, wait(20_000)]);
    await wait(Math.random() * 3_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  isOver = true;
  await load;
  publishedBefore = (await o.published()).length;
  const last = o.start();
  await o.caughtUp();
  await last.stop();
  t.comment(`${said} of ${kills} lives came to publish, ${publishedBefore} events before the last one`);
  t.ok(said >= 7 && publishedBefore > 0);
  t.strictSame(await o.published(), await o.table());
});

await t.test('where table and topic contradict each other it stops, and says so', async (t) => {
  const o = await prepared(t);
  await o.put(o.spread(0, 9));
  const first = o.start();
  await o.caughtUp();
  await first.stop();
  await o.put(o.spread(9, 9));
  await o.client.query('DELETE FROM bet_outbox WHERE partition = 1 AND sequence = 3');
  await t.rejects(o.start().ended, { code: 'outbox_gap', message: /outbox of partition 1 goes on at 4, but .* needs 3/ });
  t.equal((await o.published()).length, 9, 'nothing of that look went out');

  const restored = await prepared(t);
  await restored.put(restored.spread(0, 9));
  const before = restored.start();
  await restored.caughtUp();
  await before.stop();
  await restored.client.query('DELETE FROM bet_outbox WHERE sequence > 1');
  await restored.client.query('UPDATE bet_outbox_heads SET next_sequence = 2, published_sequence = 2');
  await restored.put(restored.spread(100, 3));
  await restored.client.query('DELETE FROM bet_outbox WHERE partition = 2');
  await restored.client.query('UPDATE bet_outbox_heads SET next_sequence = 2 WHERE partition = 2');
  await t.rejects(restored.start().ended, { code: 'outbox_gap', message: /holds events up to 2, but the outbox has come to 1 only/ }, 'a database of yesterday would give the same numbers again');
});
