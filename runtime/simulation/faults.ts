import type { Broker } from './broker.ts';
import { SESSION_MS } from './group.ts';
import type { Member } from './member.ts';
import type { Random } from './random.ts';

/** What can go wrong. */
export type Fault = 'kill' | 'kill at a commit' | 'zombie' | 'zombie at a commit' | 'pause' | 'stop' | 'another joins' | 'commit fails' | 'markers are slow';

const kinds: readonly Fault[] = ['kill', 'kill', 'kill at a commit', 'zombie', 'zombie at a commit', 'pause', 'stop', 'another joins', 'commit fails', 'markers are slow'];
const FEWEST = 3, MOST = 4;
/** Within so many events they happen; a schedule without faults has some 300. */
const WITHIN = 300;

export interface Planned { readonly fault: Fault; readonly afterEvents: number; readonly who: number }

export const faultsOf = (random: Random, members: number): Planned[] =>
  Array.from({ length: random.between(FEWEST, MOST) }, () => ({ fault: random.pick(kinds), afterEvents: random.below(WITHIN), who: random.below(members) }))
    .sort((a, b) => a.afterEvents - b.afterEvents);

/** Brings faults upon a simulation, and sees to it that they pass. */
export class Faults {
  readonly planned: readonly Planned[];
  readonly #broker: Broker;
  readonly #members: readonly Member[];
  readonly #another: Member;
  readonly #trace: (line: string) => void;
  #next = 0;
  #passing = 0;

  constructor(broker: Broker, members: readonly Member[], another: Member, trace: (line: string) => void) {
    this.#broker = broker;
    this.#members = members;
    this.#another = another;
    this.#trace = trace;
    this.planned = faultsOf(broker.network.random, members.length);
  }

  /** All have been, and have passed. */
  get areOver(): boolean { return this.#next === this.planned.length && this.#passing === 0; }

  /** Lets those happen that are due: all of them, where there is little left to disturb. */
  inflict(events: number): void {
    while (this.#next < this.planned.length && this.planned[this.#next]!.afterEvents <= events) this.#inflict(this.planned[this.#next++]!);
  }

  #later(ms: number, run: () => void): void {
    this.#passing++;
    this.#broker.agenda.after(ms, () => { this.#passing--; run(); });
  }

  #inflict({ fault, who }: Planned): void {
    const { transactions, network: { random } } = this.#broker, member = this.#members[who]!, another = this.#another;
    /** Within the session, or beyond it. */
    const comeBack = (): void => { this.#later(random.chance(0.7) ? random.below(3_000) : SESSION_MS + random.below(4_000), () => { member.start(); }); };
    const kill = (): void => { member.kill(); comeBack(); };
    const pause = (ms: number): void => { member.pause(); this.#later(ms, () => { member.resume(); }); };
    const sleep = (): void => { pause(SESSION_MS + random.below(4_000)); };
    /** At one of the steps of the next commit. */
    const atCommit = (run: () => void): void => { transactions.onOffsets = () => { transactions.onOffsets = undefined; this.#later(random.below(8), run); }; };
    switch (fault) {
      case 'kill': kill(); break;
      case 'kill at a commit': atCommit(kill); break;
      case 'zombie': sleep(); break;
      case 'zombie at a commit': atCommit(sleep); break;
      case 'pause': pause(random.below(SESSION_MS - 1_000)); break;
      case 'stop': member.stop(comeBack); break;
      case 'another joins': another.start(); this.#later(random.between(200, 6_000), () => { if (random.chance(0.5)) another.stop(); else another.kill(); }); break;
      case 'commit fails': transactions.failing++; this.#trace('the next commit fails'); break;
      case 'markers are slow':
        this.#trace('markers are slow');
        transactions.markerMs = 4_000;
        this.#later(random.between(500, 6_000), () => { transactions.markerMs = 3; });
    }
  }
}
