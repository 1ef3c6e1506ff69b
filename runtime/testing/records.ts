import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Control } from '../../schemas/codec/columns.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import type { ControlRecord, Poll, RawRecord } from '../ports.ts';

/** Event time of a log's beginning, epoch ms. */
export const START_MS = 1_700_000_000_000;
/** Ids under which the tests' registry knows the versions of odds-updates. */
export const V1 = 1, V2 = 2;
export const avscOf = (version: number): string => readFileSync(new URL(`../../schemas/avro/history/odds-update.v${version}.avsc`, import.meta.url), 'utf8');

const types = new Map([V1, V2].map((version) => [version, avro.Type.forSchema(JSON.parse(avscOf(version)) as avro.Schema)]));

/** A record as a test writes it into a partition. */
export interface LogRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly control?: ControlRecord | { readonly code: string };
  /** Epoch ms. */
  readonly appendTimeMs: number;
}

/** An open quote of acme's on 1x2; a test changes what it is about. */
export const updateOf = (changes: Partial<OddsUpdate> = {}): OddsUpdate => ({
  timestamp: START_MS, provider: 'acme', sport: 'football', event_id: 'e1', market: '1x2', odds: { home: 2, draw: 3.5, away: 4 }, volume: null,
  status: 'open', in_play: false, starts_at: null, observed_at: null, sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {}, ...changes,
});

/** Confluent wire format. */
export const wireOf = (update: OddsUpdate, version = V2, id = version): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, types.get(version)!.toBuffer(update)]);
};
export const keyOf = (update: OddsUpdate): Buffer => Buffer.from(topics.oddsUpdates.keyFields.map((field) => update[field]).join(':'));

/** A record of an update, appended at its own time. */
export const quote = (changes: Partial<OddsUpdate> = {}, record: Partial<LogRecord> = {}): LogRecord => {
  const update = updateOf(changes);
  return { key: keyOf(update), value: wireOf(update), appendTimeMs: update.timestamp, ...record };
};
export const tick = (timestamp: number, appendTimeMs = timestamp): LogRecord => ({ key: null, value: null, appendTimeMs, control: { control: Control.tick, timestamp, provider: '' } });
export const status = (control: 'up' | 'down' | 'confirm', provider: string, timestamp: number): LogRecord =>
  ({ key: null, value: null, appendTimeMs: timestamp, control: { control: Control[control], timestamp, provider } });

/** Records of one partition as a poll; undefined is an offset without a record for us. Keys and values lie somewhere inside of their bytes. */
export const pollOf = (records: readonly (LogRecord | undefined)[], firstOffset = 0, { partition = 0, topic = 'odds-updates', endOffset = firstOffset + records.length } = {}): Poll => {
  const there = records.flatMap((record, i) => (record === undefined ? [] : [{ ...record, offset: firstOffset + i }]));
  return {
    topic, partition, size: there.length, nextOffset: firstOffset + records.length, endOffset,
    record(index): RawRecord {
      const { offset, appendTimeMs, key, value, control } = there[index]!;
      return { offset, appendTimeMs, ...placed('key', key), ...placed('value', value), control } as RawRecord;
    },
  };
};

const placed = (name: 'key' | 'value', bytes: Uint8Array | null): Record<string, unknown> => {
  const around = Buffer.concat([Buffer.from('//'), bytes ?? Buffer.alloc(0), Buffer.from('//')]);
  return { [`${name}Bytes`]: around, [`${name}Start`]: bytes === null ? -1 : 2, [`${name}End`]: bytes === null ? -1 : around.length - 2 };
};
