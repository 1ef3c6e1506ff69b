// Generated from schemas/avro/event.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const EventStatus = { scheduled: 0, live: 1, finished: 2, postponed: 3, cancelled: 4, abandoned: 5 } as const;
export type EventStatus = (typeof EventStatus)[keyof typeof EventStatus];
/** The symbol of each index. */
export const eventStatusSymbols = ['scheduled', 'live', 'finished', 'postponed', 'cancelled', 'abandoned'] as const;

/** What is known of a sporting contest. The newest record of an event replaces the older one. */
export interface Event {
  /** Event time, epoch ms UTC. */
  readonly timestamp: number;
  readonly event_id: string;
  readonly sport: string;
  readonly competition: string | null;
  readonly home: string | null;
  readonly away: string | null;
  /** Latest known start, epoch ms UTC. It may move. */
  readonly starts_at: number;
  readonly status: keyof typeof EventStatus;
  /** At the end of ordinary time once finished. */
  readonly home_score: number | null;
  readonly away_score: number | null;
  /** Who says so. */
  readonly provider: string;
}

/** What a producer gives: fields with a default may be left out. */
export interface EventInput extends Omit<Event, 'competition' | 'home' | 'away' | 'status' | 'home_score' | 'away_score' | 'provider'> {
  readonly competition?: string | null;
  readonly home?: string | null;
  readonly away?: string | null;
  readonly status?: keyof typeof EventStatus;
  readonly home_score?: number | null;
  readonly away_score?: number | null;
  readonly provider?: string;
}

/** A view of one Event in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class EventRow implements Row {
  index = 0;
  readonly #columns: EventColumns;
  constructor(columns: EventColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** String id. */
  get eventId(): number { return this.#columns.eventId[this.index]!; }
  /** String id. */
  get sport(): number { return this.#columns.sport[this.index]!; }
  /** String id; -1 for null. */
  get competition(): number { return this.#columns.competition[this.index]!; }
  /** String id; -1 for null. */
  get home(): number { return this.#columns.home[this.index]!; }
  /** String id; -1 for null. */
  get away(): number { return this.#columns.away[this.index]!; }
  /** Latest known start, epoch ms UTC. It may move. */
  get startsAt(): number { return this.#columns.startsAt[this.index]!; }
  get status(): EventStatus { return this.#columns.status[this.index]! as EventStatus; }
  /** At the end of ordinary time once finished. NaN for null. */
  get homeScore(): number { return this.#columns.homeScore[this.index]!; }
  /** NaN for null. */
  get awayScore(): number { return this.#columns.awayScore[this.index]!; }
  /** Who says so. String id. */
  get provider(): number { return this.#columns.provider[this.index]!; }

  toObject(): Event {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      event_id: this.text(columns.eventId[row]!),
      sport: this.text(columns.sport[row]!),
      competition: columns.competition[row] === -1 ? null : this.text(columns.competition[row]!),
      home: columns.home[row] === -1 ? null : this.text(columns.home[row]!),
      away: columns.away[row] === -1 ? null : this.text(columns.away[row]!),
      starts_at: columns.startsAt[row]!,
      status: eventStatusSymbols[columns.status[row]!]!,
      home_score: orNull(columns.homeScore[row]!),
      away_score: orNull(columns.awayScore[row]!),
      provider: this.text(columns.provider[row]!),
    };
  }
}

/** Columns of Event. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class EventColumns implements Columns<EventRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  eventId = new Int32Array(16);
  sport = new Int32Array(16);
  competition = new Int32Array(16);
  home = new Int32Array(16);
  away = new Int32Array(16);
  startsAt = new Float64Array(16);
  status = new Uint8Array(16);
  homeScore = new Float64Array(16);
  awayScore = new Float64Array(16);
  provider = new Int32Array(16);

  readonly #row = new EventRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): EventRow { this.#row.index = index; return this.#row; }
  empty(): EventColumns { return new EventColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: EventColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.eventId[row] = from.eventId[index]!;
    this.sport[row] = from.sport[index]!;
    this.competition[row] = from.competition[index]!;
    this.home[row] = from.home[index]!;
    this.away[row] = from.away[index]!;
    this.startsAt[row] = from.startsAt[index]!;
    this.status[row] = from.status[index]!;
    this.homeScore[row] = from.homeScore[index]!;
    this.awayScore[row] = from.awayScore[index]!;
    this.provider[row] = from.provider[index]!;

    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.competition[row] = -1;
    this.home[row] = -1;
    this.away[row] = -1;
    this.startsAt[row] = 0;
    this.status[row] = 0;
    this.homeScore[row] = NaN;
    this.awayScore[row] = NaN;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.eventId, this.size, strings);
    markIds(this.sport, this.size, strings);
    markIds(this.competition, this.size, strings);
    markIds(this.home, this.size, strings);
    markIds(this.away, this.size, strings);
    markIds(this.provider, this.size, strings);
  }

  /** Room for twice as many rows. */
  grow(): void {
    this.capacity *= 2;
    this.key = grown(this.key, this.capacity);
    this.offset = grown(this.offset, this.capacity);
    this.control = grown(this.control, this.capacity);
    this.subject = grown(this.subject, this.capacity);
    this.dead = grown(this.dead, this.capacity);
    this.timestamp = grown(this.timestamp, this.capacity);
    this.eventId = grown(this.eventId, this.capacity);
    this.sport = grown(this.sport, this.capacity);
    this.competition = grown(this.competition, this.capacity);
    this.home = grown(this.home, this.capacity);
    this.away = grown(this.away, this.capacity);
    this.startsAt = grown(this.startsAt, this.capacity);
    this.status = grown(this.status, this.capacity);
    this.homeScore = grown(this.homeScore, this.capacity);
    this.awayScore = grown(this.awayScore, this.capacity);
    this.provider = grown(this.provider, this.capacity);

  }

  #appendBlank(key: number, control: Control, offset: number, timestamp: number, subject: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = key;
    this.offset[row] = offset;
    this.control[row] = control;
    this.subject[row] = subject;
    this.dead[row] = 0;
    this.timestamp[row] = timestamp;
    this.eventId[row] = -1;
    this.sport[row] = -1;
    this.competition[row] = -1;
    this.home[row] = -1;
    this.away[row] = -1;
    this.startsAt[row] = 0;
    this.status[row] = 0;
    this.homeScore[row] = NaN;
    this.awayScore[row] = NaN;
    this.provider[row] = -1;
    this.size = row + 1;
  }
}

/** Encodes values of Event: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class EventWriter extends ValueWriter {
  protected readonly lastPlace = 11;

  /** Event time, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  /** undefined for null. */
  competition(value: Uint8Array | string | undefined): void { this.sink.turn(3, 4); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** undefined for null. */
  home(value: Uint8Array | string | undefined): void { this.sink.turn(4, 5); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** undefined for null. */
  away(value: Uint8Array | string | undefined): void { this.sink.turn(5, 6); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Latest known start, epoch ms UTC. It may move. */
  startsAt(value: number): void { this.sink.turn(6, 7); this.sink.long(value); }
  status(value: EventStatus): void { this.sink.turn(7, 8); this.sink.symbol(value, 6); }
  /** At the end of ordinary time once finished. NaN for null. */
  homeScore(value: number): void { this.sink.turn(8, 9); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.int(value); } }
  /** NaN for null. */
  awayScore(value: number): void { this.sink.turn(9, 10); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.int(value); } }
  /** Who says so. */
  provider(value: Uint8Array | string): void { this.sink.turn(10, 11); this.sink.string(value); }
}

/** Event as registered, with its row, columns and writer. */
export const EventSchema: AvroSchema<Event, EventRow, EventWriter> = {
  name: 'oddstream.Event',
  columns: (dictionaries) => new EventColumns(dictionaries),
  writer: () => new EventWriter(),
  avsc: `{
  "type": "record", "name": "Event", "namespace": "oddstream",
  "doc": "What is known of a sporting contest. The newest record of an event replaces the older one.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time, epoch ms UTC." },
    { "name": "event_id", "type": "string" },
    { "name": "sport", "type": "string" },
    { "name": "competition", "type": ["null", "string"], "default": null },
    { "name": "home", "type": ["null", "string"], "default": null },
    { "name": "away", "type": ["null", "string"], "default": null },
    { "name": "starts_at", "type": "long", "doc": "Latest known start, epoch ms UTC. It may move." },
    { "name": "status", "type": { "type": "enum", "name": "EventStatus", "symbols": ["scheduled", "live", "finished", "postponed", "cancelled", "abandoned"], "default": "scheduled" }, "default": "scheduled" },
    { "name": "home_score", "type": ["null", "int"], "default": null, "doc": "At the end of ordinary time once finished." },
    { "name": "away_score", "type": ["null", "int"], "default": null },
    { "name": "provider", "type": "string", "default": "", "doc": "Who says so." }
  ]
}`,
};
