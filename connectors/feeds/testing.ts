import avro from 'avsc';
import { z } from 'zod';
import { topics } from '../../schemas/topics.ts';
import { parseControl, type ControlRecord, type WireHeaders } from '../kafka/control.ts';
import type { RecordProducer } from '../kafka/producer.ts';
import type { Feed, FeedBatch, FeedContext, FeedMessage } from './feed.ts';
import type { Event, OddsUpdate, Result } from './messages.ts';
import type { FeedLogger } from './problems.ts';
import { runFeed, type FeedSummary, type RunFeedOptions } from './run.ts';
import type { WallClock } from './wall.ts';

/** A wall clock that only passes while someone sleeps, and then at once. */
export class VirtualClock implements WallClock {
  #nowMs: number;
  readonly #due: { at: number; readonly run: () => void; readonly every: number | undefined }[] = [];
  #sleeping = 0;
  #isPumping = false;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Time passes without anyone having slept: a process that was stopped. Timers fire once, late. */
  jump(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#due) if (timer.every !== undefined && timer.at <= this.#nowMs) { timer.at = this.#nowMs + timer.every; timer.run(); }
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    this.#sleeping++;
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleeping--;
        signal.removeEventListener('abort', early);
        resolve();
      };
      const entry = { at: this.#nowMs + ms, run: wake, every: undefined };
      const early = (): void => { this.#due.splice(this.#due.indexOf(entry), 1); wake(); };
      signal.addEventListener('abort', early);
      this.#due.push(entry);
      if (!this.#isPumping) { this.#isPumping = true; setImmediate(() => this.#pump()); }
    });
  }

  every(ms: number, run: () => void): () => void {
    const entry = { at: this.#nowMs + ms, run, every: ms };
    this.#due.push(entry);
    return () => { this.#due.splice(this.#due.indexOf(entry), 1); };
  }

  breathe(): undefined {}

  #pump(): void {
    if (this.#sleeping === 0) { this.#isPumping = false; return; }
    let next = this.#due[0]!;
    for (const entry of this.#due) if (entry.at < next.at) next = entry;
    this.#nowMs = Math.max(this.#nowMs, next.at);
    if (next.every === undefined) this.#due.splice(this.#due.indexOf(next), 1);
    else next.at += next.every;
    next.run();
    setImmediate(() => this.#pump());
  }
}

/** A record as it was produced, with its value read. */
export interface Produced {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | undefined;
  readonly control: ControlRecord | undefined;
  readonly update: OddsUpdate | undefined;
  readonly event: Event | undefined;
  readonly result: Result | undefined;
  readonly timestamp: number;
  /** The wall clock when it was produced, epoch ms. */
  readonly atMs: number;
}

const typeOf = (topic: { readonly schema: { readonly avsc: string } }): avro.Type => avro.Type.forSchema(JSON.parse(topic.schema.avsc) as avro.Schema);
const types = { 'odds-updates': typeOf(topics.oddsUpdates), events: typeOf(topics.events), results: typeOf(topics.results) };
const kinds = { 'odds-updates': 'update', events: 'event', results: 'result' } as const;

/** A producer whose log is a list. */
export class MemoryProducer implements RecordProducer {
  readonly log: Produced[] = [];
  /** How many records were in the log at each flush. */
  readonly flushes: number[] = [];
  /** Set to make `ready` wait for it. */
  full: Promise<void> | undefined;
  /** Called before each record is taken: to throw, or to look. */
  before: (topic: string) => void = () => undefined;
  readonly #clock: WallClock;
  readonly #partitions: number;

  constructor(clock: WallClock, partitions: number) {
    this.#clock = clock;
    this.#partitions = partitions;
  }

  partitions(): Promise<number> {
    return Promise.resolve(this.#partitions);
  }

  produce(topic: string, partition: number, value: Uint8Array | null, key: Uint8Array | string | null, headers?: WireHeaders): void {
    this.before(topic);
    const base = topic.slice(topic.lastIndexOf('.') + 1) as keyof typeof types;
    const plain = value === null ? undefined : types[base].fromBuffer(Buffer.from(value.subarray(5))) as { timestamp: number };
    const control = parseControl(headers);
    if (control !== undefined && 'code' in control) throw new Error(`a malformed control record was produced: ${control.code}`);
    this.log.push({
      topic, partition, key: key === null ? undefined : Buffer.from(key).toString(), control, update: undefined, event: undefined, result: undefined,
      ...(plain === undefined ? {} : { [kinds[base]]: { ...plain } }), timestamp: plain?.timestamp ?? control?.timestamp ?? NaN, atMs: this.#clock.now(),
    });
  }

  ready(): Promise<void> | undefined {
    return this.full;
  }

  flush(): Promise<void> {
    this.flushes.push(this.log.length);
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }

  /** The updates of the log, in order. */
  get updates(): OddsUpdate[] {
    return this.log.flatMap(({ update }) => update ?? []);
  }
}

/** A feed that says what a test gives it. */
export const scripted = (mode: 'live' | 'recording', read: (context: FeedContext) => AsyncIterable<FeedBatch>, options: Partial<Feed<Record<string, unknown>>> = {}): Feed<Record<string, unknown>> => ({
  name: 'scripted', doc: 'For tests.', config: z.record(z.string(), z.unknown()), mode: () => mode, read: (_, context) => read(context), ...options,
});

/** A recording of single messages, each a batch, its cursor its number. */
export const recordingOf = (messages: readonly FeedMessage[], options: Partial<Feed<Record<string, unknown>>> = {}): Feed<Record<string, unknown>> => {
  const times = messages.flatMap((message) => (message.kind === 'problem' ? [] : message.kind === 'status' ? message.timestamp : message.value.timestamp));
  return scripted('recording', async function* () {
    for (const [index, message] of messages.entries()) yield { messages: [message], cursor: String(index), progress: (index + 1) / messages.length };
  }, { span: async () => ({ firstMs: Math.min(...times), lastMs: Math.max(...times) }), ...options });
};

/** An open three-way quote; a test changes what it is about. */
export const quote = (timestamp: number, changes: Partial<OddsUpdate> = {}): FeedMessage & { kind: 'update' } => ({
  kind: 'update', value: { timestamp, provider: 'acme', sport: 'football', event_id: 'e1', market: '1x2', odds: { home: 2, draw: 3.5, away: 4 }, ...changes },
});

/** A logger that keeps what is said. */
export const listener = (): FeedLogger & { readonly said: { readonly facts: object; readonly message: string }[] } => {
  const said: { facts: object; message: string }[] = [];
  const hear = (facts: object, message: string): void => { said.push({ facts, message }); };
  return { said, info: hear, warn: hear };
};

/** Runs a feed without a broker, on a clock of its own. */
export const rehearse = async (feed: Feed<Record<string, unknown>>, options: Partial<RunFeedOptions> & { readonly clock: VirtualClock; readonly producer: MemoryProducer; readonly stateDir: string }): Promise<FeedSummary> =>
  runFeed(feed, {}, {
    brokers: '', registryUrl: '', namespace: '', signal: new AbortController().signal, logger: listener(), onProgress: () => undefined,
    schemas: { idOf: async () => 7 }, ...options,
  });
