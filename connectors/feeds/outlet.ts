import type { Row } from '../../schemas/codec/columns.ts';
import type { EventRow } from '../../schemas/generated/event.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import type { ResultRow } from '../../schemas/generated/result.ts';
import { topics, topicName } from '../../schemas/topics.ts';
import { controlHeaders, tickHeaders, type WireHeaders } from '../kafka/control.ts';
import { cachedPartitioner } from '../kafka/partitioner.ts';
import type { RecordProducer } from '../kafka/producer.ts';
import { breachOf } from './breach.ts';
import { ValueEncoder } from './encoder.ts';
import type { FeedMessage } from './feed.ts';
import { inspectionOf, type InspectedTopic } from './inspection.ts';
import type { Event, OddsUpdate, Result } from './messages.ts';
import type { Problems } from './problems.ts';
import { StandingQuotes } from './standing.ts';
import { EventTimeTicks, WallTicks } from './ticks.ts';

/** What the outlet needs of a schema registry. */
export interface SchemaIds { idOf(topic: { readonly name: string; readonly schema: { readonly avsc: string } }): Promise<number> }

/** How many records of each kind went out. */
export interface SentCounts { update: number; repeat: number; withdrawal: number; event: number; result: number; tick: number; status: number }

export interface OutletOptions {
  readonly producer: RecordProducer;
  readonly schemas: SchemaIds;
  readonly namespace: string;
  readonly isLive: boolean;
  readonly windowMs: number;
  readonly latenessMs: number;
  readonly refreshMs: number;
  readonly tickAfterMs: number;
  readonly problems: Problems;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
  /** Gives way to timers and the network if they have waited for long. */
  readonly breathe: () => Promise<void> | undefined;
}

/** Where a code alone does not say it. */
const REASONS: Readonly<Record<string, string>> = {
  time_ahead: 'a message\'s time is ahead of the clock, and it was not sent',
  not_encodable: 'a message is none of its topic\'s schema, and was not sent',
};

/** So many repeats go out between two looks at the producer's room, and in one go of a live feed. */
const REPEATS = 1_000;

/** Opens the outlet: asks for schema ids and partition counts. Throws ProducerError or a registry's error. */
export const openOutlet = async (options: OutletOptions): Promise<Outlet> => {
  const { producer, schemas, namespace } = options;
  const opened = async <Given, R extends Row>(topic: InspectedTopic<R> & { readonly name: string }): Promise<OpenTopic<Given>> => {
    const name = topicName(topic, namespace);
    const [partitions, id] = await Promise.all([producer.partitions(name), schemas.idOf(topic)]);
    return { name, partitions, partition: cachedPartitioner(partitions), encoder: new ValueEncoder<Given>(topic.schema.avsc, id), inspect: inspectionOf(topic) };
  };
  const [updates, events, results] = await Promise.all([
    opened<OddsUpdate, OddsUpdateRow>(topics.oddsUpdates), opened<Event, EventRow>(topics.events), opened<Result, ResultRow>(topics.results),
  ]);
  return new Outlet(options, { updates, events, results });
};

interface OpenTopic<Given> {
  readonly name: string;
  readonly partitions: number;
  readonly partition: (key: string) => number;
  readonly encoder: ValueEncoder<Given>;
  readonly inspect: (value: Uint8Array, key: Uint8Array) => string | undefined;
}
interface OpenTopics { readonly updates: OpenTopic<OddsUpdate>; readonly events: OpenTopic<Event>; readonly results: OpenTopic<Result> }

/**
 * The way of a feed's messages into the log: checked, encoded, on their partition, and among them all that a feed owes its readers:
 * ticks, provider status and standing quotes. Times are as they are to be written; the caller has done the rebasing.
 */
export class Outlet {
  readonly sent: SentCounts = { update: 0, repeat: 0, withdrawal: 0, event: 0, result: 0, tick: 0, status: 0 };
  /** The newest event time that was written, epoch ms; -Infinity before the first. */
  eventTimeMs = -Infinity;
  readonly #options: OutletOptions;
  readonly #producer: RecordProducer;
  readonly #topics: OpenTopics;
  readonly #updates: string;
  readonly #standing: StandingQuotes;
  readonly #eventTicks: EventTimeTicks;
  readonly #wallTicks: WallTicks;
  /** The providers that were spoken of, and whether they are up. */
  readonly #providers = new Map<string, boolean>();
  /** The wall time as of the last `setNow`: asked once per batch, not per record. */
  #nowMs: number;

  /** Use `openOutlet`. */
  constructor(options: OutletOptions, open: OpenTopics) {
    this.#options = options;
    this.#producer = options.producer;
    this.#topics = open;
    this.#updates = open.updates.name;
    this.#nowMs = options.now();
    this.#standing = new StandingQuotes(options.refreshMs, open.updates.partition);
    this.#eventTicks = new EventTimeTicks(open.updates.partitions, options.windowMs, options.latenessMs);
    this.#wallTicks = new WallTicks(open.updates.partitions, options.tickAfterMs, this.#nowMs);
  }

  /** How many quotes stand. */
  get standing(): number {
    return this.#standing.size;
  }

  /** Reads the wall clock; what is sent until the next call counts as sent then. */
  setNow(): number {
    return (this.#nowMs = this.#options.now());
  }

  /** The event time, epoch ms, from which `advance` has something to send: a window to close, quotes to repeat. */
  get nextStopMs(): number {
    return Math.min(this.#eventTicks.nextMs, this.#standing.nextDueMs);
  }

  /** Sends a message whose time has come. One that breaks the contract, or is ahead of the clock, is a problem; what it was to replace is withdrawn. */
  send(message: FeedMessage): void {
    if (message.kind === 'problem') {
      this.#options.problems.add(message.code, message.message, message.at);
      return;
    }
    const breach = breachOf(message);
    if (breach !== undefined) {
      this.#reject(breach, message);
      return;
    }
    const timeMs = message.kind === 'status' ? message.timestamp : message.value.timestamp;
    // ARCHITECTURE.md E8: a reader gives up what is more than a lateness ahead of its append time.
    if (timeMs > this.#nowMs + this.#options.latenessMs && timeMs > this.setNow() + this.#options.latenessMs) {
      this.#reject('time_ahead', message);
      return;
    }
    if (timeMs > this.eventTimeMs) this.eventTimeMs = timeMs;
    switch (message.kind) {
      case 'update': this.#sendUpdate(message.value, message); return;
      case 'event': this.#sendEvent(message.value, message); return;
      case 'result': this.#sendResult(message.value, message); return;
      case 'status': this.#sendStatus(message.provider, message.status, message.timestamp);
    }
  }

  /** Takes note of a message without sending it: an earlier run has. */
  note(message: FeedMessage): void {
    if (message.kind === 'problem' || breachOf(message) !== undefined) return;
    this.eventTimeMs = Math.max(this.eventTimeMs, message.kind === 'status' ? message.timestamp : message.value.timestamp);
    if (message.kind === 'update') {
      const market = this.#standing.market(keyOf(message.value));
      if (this.#encode(this.#topics.updates, message.value, market.keyBytes) instanceof Uint8Array) this.#standing.sent(market, message.value);
      else this.#standing.drop(market, message.value.provider);
      if (!this.#providers.has(message.value.provider)) this.#providers.set(message.value.provider, true);
    } else if (message.kind === 'event') this.#noteEvent(message.value);
    else if (message.kind === 'status') this.#noteStatus(message.provider, message.status);
  }

  /** Recordings: event time has come to `timeMs`. Ticks and repeats that were due on the way go out, in order of their times. */
  async advance(timeMs: number, signal: AbortSignal): Promise<void> {
    while (this.#standing.nextDueMs <= timeMs) {
      if (signal.aborted) return;
      const dueMs = Math.max(this.#standing.nextDueMs, this.eventTimeMs);
      this.#moveTo(dueMs);
      for (const quote of this.#standing.takeDue(REPEATS)) this.#standing.repeated(quote, this.#repeat(quote.update!, dueMs));
      await this.room();
    }
    this.#moveTo(timeMs);
  }

  /** Waits until the producer has room, and lets timers and the network have their turn now and then. */
  async room(): Promise<void> {
    await this.#producer.ready();
    await this.#options.breathe();
    this.setNow();
  }

  /** Live feeds: ticks the partitions that are quiet and repeats some of what is due, by the wall clock. */
  pulse(): void {
    const now = this.setNow();
    if (this.#standing.nextDueMs <= now) {
      for (const quote of this.#standing.takeDue(REPEATS)) this.#standing.repeated(quote, this.#repeat(quote.update!, now));
    }
    for (const partition of this.#wallTicks.quiet(now)) this.#tick(partition, now);
  }

  /** Says `up` once more for every provider that is. */
  sayUp(): void {
    const timeMs = this.#statusTimeMs();
    if (timeMs === -Infinity) return;
    for (const [provider, isUp] of this.#providers) if (isUp) this.#control({ control: 'up', provider, timestamp: timeMs });
  }

  /** Sends every standing quote again: after a silence, the clock may have written that its provider is down. */
  async repeatAll(): Promise<void> {
    const timeMs = this.#statusTimeMs();
    if (timeMs === -Infinity) return;
    let count = 0;
    for (const quote of this.#standing.all()) {
      const stamp = this.#repeat(quote.update, timeMs);
      if (stamp > quote.sentMs) quote.sentMs = stamp;
      if (++count % REPEATS === 0) await this.room();
    }
  }

  /** Ends a recording: tells every partition that event time is one window and one lateness past the last record. */
  finish(): void {
    const timeMs = this.endMs;
    for (let partition = 0; partition < this.#topics.updates.partitions; partition++) this.#tick(partition, timeMs);
  }

  /** The time of the ticks that `finish` sends, epoch ms. */
  get endMs(): number {
    return this.eventTimeMs + this.#options.windowMs + this.#options.latenessMs;
  }

  #statusTimeMs(): number {
    return this.#options.isLive ? this.setNow() : this.eventTimeMs;
  }

  #moveTo(timeMs: number): void {
    if (timeMs > this.eventTimeMs) this.eventTimeMs = timeMs;
    for (const partition of this.#eventTicks.crossed(timeMs)) this.#tick(partition, timeMs);
  }

  #sendUpdate(update: OddsUpdate, message: FeedMessage): void {
    const market = this.#standing.market(keyOf(update));
    const bytes = this.#encode(this.#topics.updates, update, market.keyBytes);
    if (typeof bytes === 'string') {
      this.#reject(bytes, message);
      this.#standing.tidy(market);
      return;
    }
    if (!this.#providers.has(update.provider)) this.#sendStatus(update.provider, 'up', update.timestamp);
    this.#produceUpdate(market.partition, bytes, market.keyBytes, update.timestamp);
    const replaced = market.quotes.get(update.provider);
    // A repeat may have outrun this update while that was on its way. To every reader the repeat is newer, and would stand: so the update is repeated as well.
    const isOutrun = replaced?.update !== undefined && replaced.update.timestamp <= update.timestamp && replaced.sentMs > update.timestamp;
    this.#standing.sent(market, update);
    if (isOutrun) replaced.sentMs = this.#repeat(update, replaced.sentMs + 1);
    if (update.repeat === true) this.sent.repeat++;
    else this.sent.update++;
  }

  /** Sends a quote again as of an event time, and returns the timestamp that it was given. */
  #repeat(update: OddsUpdate, timeMs: number): number {
    const timestamp = Math.max(update.timestamp, timeMs);
    const market = this.#standing.market(keyOf(update));
    this.#produceUpdate(market.partition, this.#topics.updates.encoder.encode({ ...update, timestamp, repeat: true }), market.keyBytes, timestamp);
    this.sent.repeat++;
    return timestamp;
  }

  #sendEvent(event: Event, message: FeedMessage): void {
    const key = event.event_id;
    if (!this.#sendKeyed(this.#topics.events, key, event, message)) return;
    this.#noteEvent(event);
    this.sent.event++;
  }

  #sendResult(result: Result, message: FeedMessage): void {
    if (this.#sendKeyed(this.#topics.results, keyOf(result), result, message)) this.sent.result++;
  }

  #sendKeyed<Given>(topic: OpenTopic<Given>, key: string, value: Given, message: FeedMessage): boolean {
    const keyBytes = Buffer.from(key);
    const bytes = this.#encode(topic, value, keyBytes);
    if (typeof bytes === 'string') {
      this.#reject(bytes, message);
      return false;
    }
    this.#producer.produce(topic.name, topic.partition(key), bytes, keyBytes);
    return true;
  }

  #sendStatus(provider: string, status: 'up' | 'down' | 'confirm', timestamp: number): void {
    this.#noteStatus(provider, status);
    this.#control({ control: status, provider, timestamp });
  }

  #noteEvent({ status, event_id: eventId, timestamp }: Event): void {
    const isOver = status === 'finished' || status === 'cancelled' || status === 'abandoned';
    this.#standing.eventIs(isOver ? 'over' : 'on', eventId, timestamp);
  }

  #noteStatus(provider: string, status: 'up' | 'down' | 'confirm'): void {
    if (status === 'down') {
      this.#providers.set(provider, false);
      this.#standing.providerDown(provider);
    } else if (status === 'up' || !this.#providers.has(provider)) this.#providers.set(provider, status === 'up');
  }

  /** Statuses go to all partitions, for each is read on its own. */
  #control(record: { readonly control: 'up' | 'down' | 'confirm'; readonly provider: string; readonly timestamp: number }): void {
    const headers = controlHeaders(record);
    for (let partition = 0; partition < this.#topics.updates.partitions; partition++) this.#produceControl(partition, headers, record.timestamp);
    this.sent.status++;
  }

  #tick(partition: number, timeMs: number): void {
    this.#produceControl(partition, tickHeaders(timeMs), timeMs);
    this.sent.tick++;
  }

  #produceControl(partition: number, headers: WireHeaders, timeMs: number): void {
    this.#producer.produce(this.#updates, partition, null, null, headers);
    this.#wrote(partition, timeMs);
  }

  #produceUpdate(partition: number, bytes: Uint8Array, key: Buffer, timeMs: number): void {
    this.#producer.produce(this.#updates, partition, bytes, key);
    this.#wrote(partition, timeMs);
  }

  #wrote(partition: number, timeMs: number): void {
    if (this.#options.isLive) this.#wallTicks.wrote(partition, this.#nowMs);
    else this.#eventTicks.wrote(partition, timeMs);
  }

  /** The value as it goes out, valid until the next call; or why it must not. */
  #encode<Given>(topic: OpenTopic<Given>, value: Given, key: Uint8Array): Buffer | string {
    let bytes: Buffer;
    try {
      bytes = topic.encoder.encode(value);
    } catch {
      return 'not_encodable';
    }
    return topic.inspect(bytes, key) ?? bytes;
  }

  #reject(code: string, message: FeedMessage): void {
    this.#options.problems.add(code, REASONS[code] ?? 'a message breaks the contract of its topic, and was not sent', placeOf(message));
    if (message.kind === 'update') this.#withdraw(message.value);
  }

  /** A quote that could not be replaced must not go on standing: its successor is unknown, so it offers nothing. */
  #withdraw({ sport, event_id, market, provider, timestamp }: OddsUpdate): void {
    const quote = this.#standing.find(`${sport}:${event_id}:${market}`, provider);
    if (quote?.update === undefined || timestamp < quote.update.timestamp) return;
    const isUsable = timestamp >= quote.update.timestamp && timestamp <= this.#nowMs + this.#options.latenessMs;
    const withdrawal: OddsUpdate = { timestamp: Math.max(isUsable ? timestamp : this.eventTimeMs, quote.sentMs + 1), provider, sport, event_id, market, odds: {} };
    this.#produceUpdate(quote.market.partition, this.#topics.updates.encoder.encode(withdrawal), quote.market.keyBytes, withdrawal.timestamp);
    this.#standing.sent(quote.market, withdrawal);
    this.sent.withdrawal++;
  }
}

/** The key fields of `odds-updates` and `results`, joined: the topics' `keyFields`, spelled out since this runs for each update. */
const keyOf = ({ sport, event_id: eventId, market }: OddsUpdate | Result): string => `${sport}:${eventId}:${market}`;

/** Where in the feed a message is: what it speaks of, since feeds do not number their messages. */
const placeOf = (message: FeedMessage): string => {
  switch (message.kind) {
    case 'update': case 'result': return `${keyOf(message.value)} of ${message.value.provider} at ${message.value.timestamp}`;
    case 'event': return `event ${message.value.event_id} at ${message.value.timestamp}`;
    case 'status': return `status of ${message.provider} at ${message.timestamp}`;
    case 'problem': return message.at;
  }
};
