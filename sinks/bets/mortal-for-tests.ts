import type { ClientBase } from 'pg';
import pg from 'pg';

/**
 * How a process dies at a call of the database. `before` it. `during`: it is sent, and the connection is cut at once; whether the server gets to it is chance.
 * `after`: the server has done it, and nobody hears the answer.
 */
export const deaths = ['before', 'during', 'after'] as const;
export type Death = (typeof deaths)[number];

/** From then on nothing that the process calls does anything. It does not pass by itself. */
export class Died extends Error { override readonly name = 'Died'; }

/** Makes lives of a process end at their n-th call of PostgreSQL. Clients and server are the real ones: connections are cut hard. One life at a time. */
export class Mortal {
  /** What the life has called, in order. */
  calls: string[] = [];
  isDead = false;
  readonly #clients = new Set<ClientBase>();
  readonly #query = pg.Client.prototype.query;
  #at = Infinity;
  #death: Death = 'before';

  /** Whose connections: by application_name. */
  constructor(application: string) {
    const mortal = this, query = this.#query; // eslint-disable-line @typescript-eslint/no-this-alias
    pg.Client.prototype.query = function (this: pg.Client & { readonly connectionParameters: { readonly application_name?: string } }, ...args: unknown[]) {
      if (this.connectionParameters.application_name !== application) return query.apply(this, args as never);
      mortal.#clients.add(this);
      const [what] = args as [string | { readonly text: string; readonly name?: string }];
      return mortal.#call(typeof what === 'string' ? what : what.name ?? what.text, () => query.apply(this, args as never) as unknown as Promise<unknown>);
    } as never;
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
  close(): void { pg.Client.prototype.query = this.#query; }

  async #call(name: string, call: () => Promise<unknown>): Promise<never> {
    if (this.isDead) throw new Died('dead');
    this.calls.push(name.trim().replace(/\s+/g, ' ').slice(0, 60));
    if (this.calls.length - 1 !== this.#at) return call() as Promise<never>;
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
