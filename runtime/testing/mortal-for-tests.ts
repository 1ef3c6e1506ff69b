import { setTimeout as wait } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import pg from 'pg';
import { TransactionalProducer } from '../../connectors/kafka/transactional-producer.ts';

/**
 * How a process dies at a call of a server. `before` it. `during`: it is sent, and the connection is cut at once; whether the server gets to it is chance.
 * `after`: the server has done it, and nobody hears the answer.
 */
export const deaths = ['before', 'during', 'after'] as const;
export type Death = (typeof deaths)[number];

/** From then on nothing that the process calls does anything. It does not pass by itself. */
export class Died extends Error { override readonly name = 'Died'; }

/** Between its being produced and the death a record has so long to reach the broker, ms. */
const ON_ITS_WAY_MS = 60;

/**
 * Makes lives of a process end at their n-th call of PostgreSQL or of a transactional producer. The clients and the servers are the real ones: a connection is cut hard,
 * and a producer falls silent with its transaction open. One life at a time.
 */
export class Mortal {
  /** What the life has called, in order. */
  calls: string[] = [];
  isDead = false;
  readonly #application: string;
  readonly #clients = new Set<ClientBase>();
  readonly #undo: (() => void)[] = [];
  readonly #silent: (() => Promise<void>)[] = [];
  #at = Infinity;
  #death: Death = 'before';

  /** Whose connections: by application_name. */
  constructor(application: string) {
    this.#application = application;
    const mortal = this, { query } = pg.Client.prototype, { produce, commit, disconnect } = TransactionalProducer.prototype; // eslint-disable-line @typescript-eslint/no-this-alias
    pg.Client.prototype.query = function (this: pg.Client & { readonly connectionParameters: { readonly application_name?: string } }, ...args: unknown[]) {
      if (this.connectionParameters.application_name !== mortal.#application) return query.apply(this, args as never);
      mortal.#clients.add(this);
      const [what] = args as [string | { readonly text: string; readonly name?: string }];
      return mortal.#call(typeof what === 'string' ? what : what.name ?? what.text, () => query.apply(this, args as never) as unknown as Promise<unknown>);
    } as never;
    TransactionalProducer.prototype.commit = function (this: TransactionalProducer, ...args) { return mortal.#call('commit of Kafka', () => commit.apply(this, args)); };
    TransactionalProducer.prototype.produce = function (this: TransactionalProducer, ...args) {
      if (mortal.isDead) throw new Died('dead');
      const isIt = mortal.#next('produce');
      if (isIt && mortal.#death === 'before') { mortal.#die(); throw new Died('before produce'); }
      produce.apply(this, args);
      if (isIt) { mortal.#die(); throw new Died('after produce'); }
    };
    TransactionalProducer.prototype.disconnect = function (this: TransactionalProducer) {
      if (!mortal.isDead) return disconnect.call(this);
      mortal.#silent.push(() => disconnect.call(this));
      return wait(ON_ITS_WAY_MS);
    };
    this.#undo.push(() => { pg.Client.prototype.query = query; Object.assign(TransactionalProducer.prototype, { commit, produce, disconnect }); });
  }

  /** A new life, which ends at its call of this number, from 0. */
  begin(at = Infinity, death: Death = 'before'): void {
    this.calls = [];
    this.isDead = false;
    this.#at = at;
    this.#death = death;
    this.#clients.clear();
  }

  /** All clients are as they were. */
  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    for (const close of this.#silent.splice(0)) await close();
  }

  #next(name: string): boolean {
    this.calls.push(name.trim().replace(/\s+/g, ' ').slice(0, 60));
    return this.calls.length - 1 === this.#at;
  }

  async #call(name: string, call: () => Promise<unknown>): Promise<never> {
    if (this.isDead) throw new Died('dead');
    if (!this.#next(name)) return call() as Promise<never>;
    if (this.#death === 'before') { this.#die(); throw new Died(`before ${name}`); }
    const answer = call();
    answer.catch(() => undefined);
    if (this.#death === 'after') await answer;
    this.#die();
    throw new Died(`${this.#death} ${name}`);
  }

  #die(): void {
    this.isDead = true;
    for (const client of this.#clients) (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
