import type { PartitionLog, Transaction } from './partition-log.ts';
import { type Network, type Process, WAIT } from './process.ts';

/** How long a member may be silent before its partitions are given to others, ms. */
export const SESSION_MS = 10_000;

/** A member's side of its membership. */
export interface Session {
  readonly process: Process;
  readonly instance: string;
  /** As the client knows them: what it sends with the positions that it commits. */
  memberId: number;
  generation: number;
  assigned(partitions: readonly number[]): void;
  revoked(partitions: readonly number[], release: () => void): void;
  /** The group goes on without it. */
  lost(): void;
}

interface Member { readonly id: number; session: Session; readonly owned: Set<number>; readonly revoking: Set<number> }

/**
 * The coordinator of a consumer group: who owns which partition, in which generation, and the positions. Members are static: one that comes again within its
 * session takes its partitions back without a rebalance, and fences its earlier life. Partitions move cooperatively: the others are read on meanwhile.
 */
export class Group {
  generation = 0;
  readonly committed = new Map<number, number>();
  readonly #members = new Map<number, Member>();
  /** Who is to own each partition. */
  readonly #target = new Map<number, number>();
  readonly #pending = new Map<number, Set<Transaction>>();
  readonly #network: Network;
  readonly #partitions: readonly PartitionLog[];
  #nextId = 1;

  constructor(network: Network, partitions: readonly PartitionLog[]) { this.#network = network; this.#partitions = partitions; }

  join(session: Session): void {
    // Its connection is gone, and the broker knows it.
    if (session.process.isDead) return;
    const earlier = [...this.#members.values()].find(({ session: { instance } }) => instance === session.instance);
    const id = this.#nextId++;
    const owned = new Set([...earlier?.owned ?? []].filter((partition) => !earlier!.revoking.has(partition)));
    this.#members.set(id, { id, session, owned, revoking: new Set() });
    session.process.hear(() => { session.memberId = id; });
    if (session.process.isPaused) this.silent(session.process);
    if (earlier === undefined) { this.#rebalance(); return; }
    this.#members.delete(earlier.id);
    for (const [partition, owner] of this.#target) if (owner === earlier.id) this.#target.set(partition, id);
    this.#tellGeneration(session);
    if (owned.size > 0) session.process.hear(() => { session.assigned([...owned]); });
    this.#distribute();
  }

  leave(memberId: number): void { if (this.#members.delete(memberId)) this.#rebalance(); }

  /** A process has fallen silent: unless it is heard of again in time, its partitions go to others. */
  silent(process: Process): void {
    for (const { id, session } of this.#members.values()) {
      if (session.process !== process) continue;
      const sinceMs = process.silentSinceMs;
      this.#network.agenda.after(SESSION_MS, () => {
        if (!this.#members.has(id) || process.silentSinceMs !== sinceMs) return;
        this.#members.delete(id);
        process.hear(() => { session.lost(); });
        this.#rebalance();
      });
    }
  }

  /** Refuses positions of who is no member any more, or of another generation. */
  check({ memberId, generation }: Session): void {
    if (!this.#members.has(memberId)) throw new Error(`the group knows no member ${memberId}`);
    if (generation !== this.generation) throw new Error(`the group's generation is ${this.generation}, not ${generation}`);
  }

  /** Positions that will be committed with a transaction, if that is. */
  prepare(transaction: Transaction, offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) {
      transaction.offsets.set(partition, offset);
      let pending = this.#pending.get(partition);
      if (pending === undefined) this.#pending.set(partition, pending = new Set());
      pending.add(transaction);
    }
  }

  /** Writes down how a transaction ended. */
  mark(transaction: Transaction): void {
    for (const [partition, offset] of transaction.offsets) {
      if (transaction.isCommitted) this.committed.set(partition, offset);
      this.#pending.get(partition)!.delete(transaction);
    }
  }

  /** Where the group has committed; waits while a transaction that may move it is not over. */
  stable(partition: number): number | undefined | typeof WAIT {
    return (this.#pending.get(partition)?.size ?? 0) > 0 ? WAIT : this.committed.get(partition);
  }

  #rebalance(): void {
    this.generation++;
    const members = this.#network.random.shuffled([...this.#members.values()]);
    this.#target.clear();
    if (members.length === 0) return;
    this.#network.random.shuffled(this.#partitions).forEach(({ partition }, i) => this.#target.set(partition, members[i % members.length]!.id));
    for (const member of members) {
      const { id, session, owned, revoking } = member;
      this.#tellGeneration(session);
      const over = [...owned].filter((partition) => this.#target.get(partition) !== id && !revoking.has(partition));
      if (over.length === 0) continue;
      for (const partition of over) revoking.add(partition);
      session.process.hear(() => { session.revoked(over, () => { this.#release(member, over); }); });
    }
    this.#distribute();
  }

  #tellGeneration(session: Session): void {
    const { generation } = this;
    session.process.hear(() => { session.generation = generation; });
  }

  #release(member: Member, partitions: readonly number[]): void {
    for (const partition of partitions) { member.owned.delete(partition); member.revoking.delete(partition); }
    if (this.#members.get(member.id) === member) this.#distribute();
  }

  /** Gives partitions that nobody owns to whom they are meant for. */
  #distribute(): void {
    const given = new Map<Member, number[]>(), owned = new Set([...this.#members.values()].flatMap((member) => [...member.owned]));
    for (const [partition, id] of this.#target) {
      const member = this.#members.get(id);
      if (member === undefined || owned.has(partition)) continue;
      member.owned.add(partition);
      const of = given.get(member);
      if (of === undefined) given.set(member, [partition]); else of.push(partition);
    }
    for (const [{ session }, partitions] of given) session.process.hear(() => { session.assigned(partitions); });
  }
}
