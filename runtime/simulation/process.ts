import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';

/** An answer that is not there yet: it is asked for again whenever something has changed. */
export const WAIT = Symbol('wait');

/** What lies between processes and brokers: it delays, and keeps who waits for an answer. */
export class Network {
  readonly agenda: Agenda;
  readonly random: Random;
  #waiting: (() => boolean)[] = [];

  constructor(agenda: Agenda, random: Random) { this.agenda = agenda; this.random = random; }

  /** How long a message is under way, ms. */
  latency(): number { return this.random.chance(0.9) ? this.random.below(4) : this.random.below(100); }

  /** Calls again until it returns true, after each change. */
  waitFor(attempt: () => boolean): void { this.#waiting.push(attempt); }

  /** Something that somebody may wait for is another. */
  changed(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of waiting) if (!attempt()) this.#waiting.push(attempt);
  }
}

/**
 * An operating system's process. Whatever it waits for is a message that reaches it by way of the agenda; so it can be killed or paused at each of its awaits,
 * and between none of them does anything else happen.
 */
export class Process {
  readonly name: string;
  isDead = false;
  /** Since when it says nothing to anybody, epoch ms; undefined for a process that is well. */
  silentSinceMs: number | undefined;
  readonly network: Network;
  #isPaused = false;
  readonly #held: (() => void)[] = [];

  constructor(name: string, network: Network) { this.name = name; this.network = network; }

  get isPaused(): boolean { return this.#isPaused; }

  /** Asks a broker: `answer` is called when the question has arrived. What was sent before a death arrives all the same. */
  ask<A>(answer: () => A | typeof WAIT): Promise<A> {
    const { network } = this, { agenda } = network;
    return new Promise<A>((resolve, reject) => {
      const attempt = (): boolean => {
        let reply: () => void;
        try {
          const given = answer();
          if (given === WAIT) return this.isDead;
          reply = () => { resolve(given); };
        } catch (error) {
          reply = () => { reject(error as Error); };
        }
        agenda.after(network.latency(), () => { this.#receive(reply); });
        return true;
      };
      agenda.after(network.latency(), () => { if (!attempt()) network.waitFor(attempt); });
    });
  }

  /** Something reaches it. Messages keep their order. */
  hear(run: () => void): void { this.network.agenda.after(1, () => { this.#receive(run); }); }

  sleep(ms: number): Promise<void> { return new Promise((resolve) => { this.network.agenda.after(ms, () => { this.#receive(resolve); }); }); }

  pause(): void {
    this.#isPaused = true;
    this.silentSinceMs ??= this.network.agenda.nowMs;
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.isDead) this.silentSinceMs = undefined;
    for (const run of this.#held.splice(0)) this.#receive(run);
  }

  kill(): void {
    this.isDead = true;
    this.silentSinceMs ??= this.network.agenda.nowMs;
    this.#held.length = 0;
  }

  #receive(run: () => void): void {
    if (this.isDead) return;
    if (this.#isPaused) { this.#held.push(run); return; }
    this.network.agenda.hasWoken = true;
    run();
  }
}
