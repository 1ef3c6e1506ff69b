import type pg from 'pg';
import { Control } from '../../schemas/codec/columns.ts';
import { type EventRow, eventStatusSymbols } from '../../schemas/generated/event.ts';
import { Fate } from '../../stream/fates.ts';
import { storable, timeText } from './copy-text.ts';
import type { Destination, RecordSource } from './sink.ts';

interface Waiting {
  readonly timestamp: number;
  readonly partition: number;
  readonly offset: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly count: (fate: Fate) => void;
}

/**
 * `events`: one row per contest, each as its newest record has it, by (timestamp, offset), compared in the database. A tombstone changes
 * nothing: that a topic forgets a contest is no reason for history to. What became of a record is known, and said, when it is committed.
 */
export class EventsDestination implements Destination<EventRow> {
  readonly relations = ['events'] as const;
  readonly #waiting = new Map<string, Waiting>();

  get buffered(): number { return this.#waiting.size; }
  get records(): number { return this.#waiting.size; }

  write(row: EventRow, partition: number, count: (fate: Fate) => void): void {
    if (row.control === Control.tombstone) { count(Fate.unchanged); return; }
    const event = storable(row.text(row.eventId)), { timestamp, offset } = row;
    const held = this.#waiting.get(event);
    if (held !== undefined && held.timestamp > timestamp) { count(Fate.stale); return; }
    held?.count(Fate.applied); //  and replaced at once
    this.#waiting.set(event, { timestamp, partition, offset, count, values: {
      event_id: event, sport_id: storable(row.text(row.sport)), starts_at: timeText(row.startsAt), status: eventStatusSymbols[row.status],
      competition: textOrNull(row, row.competition), home: textOrNull(row, row.home), away: textOrNull(row, row.away), provider: textOrNull(row, row.provider),
      home_score: numberOrNull(row.homeScore), away_score: numberOrNull(row.awayScore),
      updated_at: timeText(timestamp), source_partition: partition, source_offset: offset,
    } });
  }

  sourceOf(record: number): RecordSource { return Array.from(this.#waiting.values())[record]!; }

  async put(client: pg.ClientBase, from: number, until: number): Promise<void> {
    if (from === until) return;
    const part = Array.from(this.#waiting).slice(from, until);
    for (const [event] of part) this.#applied.delete(event); //  of a try that was rolled back
    // In order of the key, as odds_note_quotes() locks them, so that two sinks cannot lock each other out.
    const { rows } = await client.query<{ event_id: string }>(`
      INSERT INTO events AS e (event_id, sport_id, starts_at, status, competition, home, away, provider, home_score, away_score, updated_at, source_partition, source_offset)
      SELECT * FROM jsonb_to_recordset($1::jsonb) n (event_id text, sport_id text, starts_at timestamptz, status text, competition text, home text, away text, provider text,
                                                     home_score int, away_score int, updated_at timestamptz, source_partition int, source_offset bigint)
       ORDER BY n.event_id
      ON CONFLICT (event_id) DO UPDATE SET (sport_id, starts_at, status, competition, home, away, provider, home_score, away_score, updated_at, source_partition, source_offset)
        = (excluded.sport_id, excluded.starts_at, excluded.status, excluded.competition, excluded.home, excluded.away, excluded.provider, excluded.home_score, excluded.away_score,
           excluded.updated_at, excluded.source_partition, excluded.source_offset)
       WHERE (e.updated_at, e.source_offset) < (excluded.updated_at, excluded.source_offset)
      RETURNING event_id`, [JSON.stringify(part.map(([, { values }]) => values))]);
    for (const { event_id } of rows) this.#applied.add(event_id);
  }

  readonly #applied = new Set<string>();

  committed(): void {
    for (const [event, { count }] of this.#waiting) count(this.#applied.has(event) ? Fate.applied : Fate.stale);
    this.discard();
  }

  discard(): void {
    this.#waiting.clear();
    this.#applied.clear();
  }
}

const textOrNull = (row: EventRow, id: number): string | null => (id < 0 ? null : storable(row.text(id)));
const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
