/**
 * The outbox as a process of its own, to be killed: `<brokers> <registry> <database> <namespace> [<step> <death>]`. With a step it kills itself there. A step is a call of PostgreSQL or
 * of Kafka's producer, and all calls of the same kind that follow each other directly are one; it tells each.
 */
import { writeSync } from 'node:fs';
import pg from 'pg';
import rdkafka from 'node-rdkafka';
import { SchemaRegistry } from '../kafka/registry.ts';
import { runOutbox } from './outbox.ts';

const [brokers, registryUrl, postgresUrl, namespace, dieAt, death] = process.argv.slice(2) as [string, string, string, string, string?, ('before' | 'during' | 'after')?];
const say = (text: string): void => { writeSync(1, `${text}\n`); };
/** How long what was produced has to be sent before a death after it, ms: more than the producer lingers. */
const SENT_MS = 50;

let step = -1, before = '';
const die = (): void => { process.kill(process.pid, 'SIGKILL'); };
/** Passes a call on, unless this is where it ends: before it, once it is on its way, or once it is done. */
const passing = <A>(name: string, call: (done: () => void) => A): A => {
  const isNew = name !== before;
  before = name;
  if (isNew) say(`step ${++step} ${name}`);
  const isLast = isNew && step === Number(dieAt);
  if (isLast && death === 'before') die();
  const answer = call(isLast && death === 'after' ? die : () => undefined);
  if (isLast && death === 'during') die();
  return answer;
};

if (dieAt !== undefined) {
  const query = pg.Client.prototype.query as (...args: unknown[]) => Promise<unknown>;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    return passing(String(args[0]).trim().replace(/\s+/g, ' ').slice(0, 40), (done) => {
      const answer = query.apply(this, args);
      answer.then(done, () => undefined);
      return answer;
    });
  } as never;
  const producer = rdkafka.Producer.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ['initTransactions', 'beginTransaction', 'commitTransaction']) {
    const original = producer[name]!;
    producer[name] = function (this: unknown, ...args: unknown[]) {
      const answered = args.at(-1) as (...answer: unknown[]) => void;
      return passing(name, (done) => original.call(this, ...args.slice(0, -1), (...answer: unknown[]) => { done(); answered(...answer); }));
    };
  }
  const produce = producer['produce']!;
  producer['produce'] = function (this: unknown, ...args: unknown[]) {
    return passing('produce', (done) => {
      setTimeout(done, SENT_MS);
      return produce.apply(this, args);
    });
  };
}

const logger = { info: (_: object, text: string) => { say(text); }, warn: (_: object, text: string) => { say(text); } };
await runOutbox({ brokers, registry: new SchemaRegistry(registryUrl, { namespace }), postgresUrl, namespace, signal: new AbortController().signal, logger: logger as never });
