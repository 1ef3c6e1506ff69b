import type { Group, Session } from './group.ts';
import { type PartitionLog, Transaction, type Written } from './partition-log.ts';
import { type Network, WAIT } from './process.ts';

/** How long a transaction may stay open, ms. */
export const TRANSACTION_MS = 10_000;

interface Producer { epoch: number; transaction: Transaction | undefined }

/** A producer that was fenced, or whose transaction was ended for it. */
const fenced = (id: string, epoch: number): Error => new Error(`producer '${id}' of epoch ${epoch} is fenced`);

/** The coordinator of transactions: producers with epochs, and how what they wrote ends. */
export class Transactions {
  readonly #producers = new Map<string, Producer>();
  readonly #network: Network;
  readonly #group: Group;
  /** So many commits from now on fail. */
  failing = 0;
  /** How long a marker takes to be written at most, ms. */
  markerMs = 3;
  /** Told when somebody sends positions: a commit is under way. */
  onOffsets: (() => void) | undefined;

  constructor(network: Network, group: Group) { this.#network = network; this.#group = group; }

  /** Begins a new epoch of a producer, once what an earlier one left open is over. */
  begin(id: string): number | typeof WAIT {
    let producer = this.#producers.get(id);
    if (producer === undefined) this.#producers.set(id, producer = { epoch: 0, transaction: undefined });
    const { transaction } = producer;
    if (transaction?.state === 'open') {
      producer.epoch++; //  at once: the earlier life must not go on meanwhile
      this.finish(transaction, false);
    }
    if (transaction?.state === 'ending') return WAIT;
    return ++producer.epoch;
  }

  produce(id: string, epoch: number, records: readonly (readonly [PartitionLog, Written])[]): typeof WAIT | undefined {
    const producer = this.#of(id, epoch);
    if (producer.transaction?.state === 'ending') return WAIT;
    if (records.length === 0) return undefined;
    const transaction = this.#openOf(producer);
    for (const [log, written] of records) log.append(written, transaction);
    this.#network.changed();
    return undefined;
  }

  sendOffsets(id: string, epoch: number, session: Session, offsets: ReadonlyMap<number, number>): typeof WAIT | undefined {
    const producer = this.#of(id, epoch);
    if (producer.transaction?.state === 'ending') return WAIT;
    this.onOffsets?.();
    this.check(session);
    this.#group.prepare(this.#openOf(producer), offsets);
    return undefined;
  }

  end(id: string, epoch: number, isCommitted: boolean): void {
    const producer = this.#of(id, epoch), { transaction } = producer;
    if (transaction?.state !== 'open') return;
    if (isCommitted && this.failing > 0) {
      this.failing--;
      producer.epoch++;
      this.finish(transaction, false);
      throw fenced(id, epoch);
    }
    this.finish(transaction, isCommitted);
  }

  /** The decision has been made; it is written wherever the transaction was, sooner or later, in any order. */
  finish(transaction: Transaction, isCommitted: boolean): void {
    const { agenda, random } = this.#network;
    transaction.state = 'ending';
    transaction.isCommitted = isCommitted;
    let left = transaction.logs.size + 1;
    const written = (): void => {
      if (--left === 0) transaction.state = 'over';
      this.#network.changed();
    };
    for (const log of transaction.logs) agenda.after(random.below(this.markerMs), () => { log.mark(transaction); written(); });
    agenda.after(random.below(this.markerMs), () => { this.#group.mark(transaction); written(); });
  }

  protected isFenced(producer: { readonly epoch: number }, epoch: number): boolean { return producer.epoch !== epoch; }

  protected check(session: Session): void { this.#group.check(session); }

  #of(id: string, epoch: number): Producer {
    const producer = this.#producers.get(id)!;
    if (this.isFenced(producer, epoch)) throw fenced(id, epoch);
    return producer;
  }

  #openOf(producer: Producer): Transaction {
    if (producer.transaction?.state === 'open') return producer.transaction;
    const transaction = producer.transaction = new Transaction(), { epoch } = producer;
    this.#network.agenda.after(TRANSACTION_MS, () => {
      if (transaction.state !== 'open') return;
      if (producer.epoch === epoch) producer.epoch++;
      this.finish(transaction, false);
    });
    return transaction;
  }
}
