import type { Addressed } from '../../runtime/ports.ts';
import { EARLIEST_MS, LATEST_MS } from '../../schemas/contract.ts';

/** What a control record says (ARCHITECTURE.md section 3): event time goes on; a provider is up, down, or everything of it that stands was seen again. */
export type ControlName = 'tick' | 'up' | 'down' | 'confirm';

export type ControlRecord =
  | { readonly control: 'tick'; readonly timestamp: number; readonly provider?: undefined }
  | { readonly control: 'up' | 'down' | 'confirm'; readonly timestamp: number; readonly provider: string };

/** A control record that cannot be read: why, as a dead letter's code. */
export interface ControlBreach { readonly code: 'control_unknown' | 'control_time_malformed' | 'time_absurd' | 'control_provider_missing' | 'control_header_repeated' }

/** A record that is for one pipeline alone, and does not say for which or what it once was. */
export interface AddressBreach { readonly code: 'address_malformed' }

/** Headers as node-rdkafka takes them. */
export type WireHeaders = { [name: string]: string }[];

/** A control record has a null key, except where the broker refuses those: in a compacted topic its key is this one. */
export const CONTROL_KEY = '@control';

const HEADER = 'oddstream-control';
const HEADER_TIME = 'oddstream-time';
const HEADER_PROVIDER = 'oddstream-provider';

const HEADER_FOR = 'oddstream-for';
const HEADER_ORIGIN = 'oddstream-origin';
/** `<topic>/<partition>/<offset>`: a topic's name has no slash in it. */
const PLACE = /^[^/]+\/\d{1,10}\/\d{1,16}$/;

const CONTROLS: ReadonlySet<string> = new Set<ControlName>(['tick', 'up', 'down', 'confirm']);
/** At most sixteen digits: beyond them a double is no longer exact. */
const DECIMAL = /^-?\d{1,16}$/;

const decoder = new TextDecoder();

/** The key of a control record on a topic. */
export const controlKey = (topic: { readonly cleanup: 'delete' | 'compact' }): string | null => (topic.cleanup === 'compact' ? CONTROL_KEY : null);

/** The headers of a tick at an event time, epoch ms. */
export const tickHeaders = (timestamp: number): WireHeaders => [{ [HEADER]: 'tick' }, { [HEADER_TIME]: String(Math.trunc(timestamp)) }];

/** The headers of a control record. Its value is null, and its key `controlKey(topic)`. */
export const controlHeaders = (record: ControlRecord): WireHeaders => {
  if (record.control === 'tick') return tickHeaders(record.timestamp);
  return [{ [HEADER]: record.control }, { [HEADER_TIME]: String(Math.trunc(record.timestamp)) }, { [HEADER_PROVIDER]: record.provider }];
};

/**
 * What the headers of a record say: undefined where it is no control record, a code where it is one that cannot be read.
 * Headers that are not ours are passed over; one of ours that comes twice is malformed, since readers would differ in which they believe.
 */
export const parseControl = (headers: readonly Readonly<Record<string, Uint8Array | string>>[] | undefined): ControlRecord | ControlBreach | undefined => {
  if (headers === undefined) return undefined;
  let control: string | undefined;
  let time: string | undefined;
  let provider: string | undefined;
  let isRepeated = false;
  for (const header of headers) {
    for (const name in header) {
      if (name === HEADER) { isRepeated ||= control !== undefined; control = textOf(header[name]!); }
      else if (name === HEADER_TIME) { isRepeated ||= time !== undefined; time = textOf(header[name]!); }
      else if (name === HEADER_PROVIDER) { isRepeated ||= provider !== undefined; provider = textOf(header[name]!); }
    }
  }
  if (control === undefined) return undefined;
  if (isRepeated) return { code: 'control_header_repeated' };
  if (!CONTROLS.has(control)) return { code: 'control_unknown' };
  if (time === undefined || !DECIMAL.test(time)) return { code: 'control_time_malformed' };
  const timestamp = Number(time);
  if (!(timestamp >= EARLIEST_MS && timestamp < LATEST_MS)) return { code: 'time_absurd' };
  if (control === 'tick') return { control, timestamp };
  if (provider === undefined || provider === '') return { code: 'control_provider_missing' };
  return { control: control as 'up' | 'down' | 'confirm', timestamp, provider };
};

/** The headers of a dead letter that is replayed: for its pipeline alone, and the same story as the record that was refused first. */
export const addressHeaders = ({ pipeline, origin }: Addressed): WireHeaders => [{ [HEADER_FOR]: pipeline }, { [HEADER_ORIGIN]: origin }];

/** Whom the headers of a record name: undefined where it is for all who read, a code where they do so in a way in which readers might differ. */
export const parseAddress = (headers: readonly Readonly<Record<string, Uint8Array | string>>[]): Addressed | AddressBreach | undefined => {
  let pipeline: string | undefined;
  let origin: string | undefined;
  let isRepeated = false;
  for (const header of headers) {
    for (const name in header) {
      if (name === HEADER_FOR) { isRepeated ||= pipeline !== undefined; pipeline = textOf(header[name]!); }
      else if (name === HEADER_ORIGIN) { isRepeated ||= origin !== undefined; origin = textOf(header[name]!); }
    }
  }
  if (pipeline === undefined) return undefined;
  if (isRepeated || pipeline === '' || origin === undefined || !PLACE.test(origin)) return { code: 'address_malformed' };
  return { pipeline, origin };
};

const textOf = (value: Uint8Array | string): string => (typeof value === 'string' ? value : decoder.decode(value));
