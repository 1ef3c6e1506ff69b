import { topicName } from '../../schemas/topics.ts';
import { type ControlRecord, parseAddress, parseControl } from './control.ts';
import type { ValueDecoder } from './decode.ts';
import { type Place, placeOfText, textOfPlace } from './letter.ts';
import type { LoggedRecord, Missing, RecordReader } from './records.ts';

/** A topic as far as lineage goes. */
export interface TracedTopic { readonly name: string; readonly eventTime: string }

/** What a record turned out to be. */
export type Content =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'control'; readonly control: ControlRecord }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'unreadable'; readonly error: string; readonly bytes: Uint8Array }
  /** There is none; the log holds the offsets from `start` up to `end`. */
  | { readonly kind: 'missing'; readonly why: Missing; readonly start: number; readonly end: number };

/** A record, and those that it depends on. */
export interface Trace {
  readonly place: Place;
  /** What it is to the record above: the fields that name it. Empty at the top. */
  readonly roles: readonly string[];
  readonly key: string | undefined;
  /** Epoch ms, as far as they are known. */
  readonly eventTimeMs: number | undefined;
  readonly appendTimeMs: number | undefined;
  readonly content: Content;
  readonly inputs: readonly Trace[];
}

export interface LineageOptions {
  readonly records: RecordReader;
  readonly decoder: ValueDecoder;
  readonly namespace: string;
  /** The topic that the topology reads which writes this one; undefined for what no topology writes. */
  readonly sourceOf: (topic: TracedTopic) => TracedTopic | undefined;
}

/** A wish for an input: where it lies, and the field that names it. */
interface Wanted { readonly topic: TracedTopic; readonly place: Place; readonly role: string }

/** Follows records to what they depend on, down to what feeds wrote (ARCHITECTURE.md E18). One record is held at a time, besides the tree. */
export class Lineage {
  readonly #options: LineageOptions;

  constructor(options: LineageOptions) { this.#options = options; }

  /** The record at a place, and all that it depends on. */
  async trace(topic: TracedTopic, partition: number, offset: number): Promise<Trace> {
    return this.#trace(topic, { topic: topicName(topic, this.#options.namespace), partition, offset }, []);
  }

  async #trace(topic: TracedTopic, place: Place, roles: readonly string[]): Promise<Trace> {
    const { records, decoder } = this.#options;
    const found = await records.at(place);
    if (typeof found === 'string') {
      const content: Content = { kind: 'missing', why: found, ...await records.range(place) };
      return { place, roles, key: undefined, eventTimeMs: undefined, appendTimeMs: undefined, content, inputs: [] };
    }
    const content = await contentOf(found, decoder);
    return {
      place, roles, key: found.key === null ? undefined : Buffer.from(found.key).toString(), eventTimeMs: eventTimeOf(topic, content), appendTimeMs: found.appendTimeMs, content,
      inputs: [...await this.#replayed(topic, found), ...(content.kind === 'value' ? await this.#inputs(topic, place, content.value) : [])],
    };
  }

  /** A replayed record is what was refused first, or was made of it. */
  async #replayed(topic: TracedTopic, { headers }: LoggedRecord): Promise<Trace[]> {
    const addressed = parseAddress(headers);
    if (addressed === undefined || 'code' in addressed) return [];
    return [await this.#trace(topic, placeOfText(addressed.origin)!, [`replayed for ${addressed.pipeline}`])];
  }

  /**
   * `source_offset` lies in the topic that the topology reads. Rows (outcomes, legs, quotes) name the quotes of feeds, also where the topology took them from
   * another's output: those that the tree shows below that are not shown twice.
   */
  async #inputs(topic: TracedTopic, { partition: own }: Place, value: unknown): Promise<Trace[]> {
    const source = this.#options.sourceOf(topic);
    if (source === undefined || !isObject(value)) return [];
    const partition = typeof value['source_partition'] === 'number' ? value['source_partition'] : own;
    const placeIn = (of: TracedTopic, offset: number): Place => ({ topic: topicName(of, this.#options.namespace), partition, offset });
    const root = this.#rootOf(source);
    const rows: Wanted[] = rowsOf(value).map(({ offset, role }) => ({ topic: root, place: placeIn(root, offset), role }));
    const newest = value['source_offset'];
    const wanted = typeof newest === 'number' && newest >= 0 ? [{ topic: source, place: placeIn(source, newest), role: 'source_offset' }] : [];
    if (root.name === source.name) return this.#all([...rows, ...wanted]);
    const above = await this.#all(wanted);
    const shown = new Set(above.flatMap(placesIn));
    return [...above, ...await this.#all(rows.filter(({ place }) => !shown.has(textOfPlace(place))))];
  }

  #rootOf(topic: TracedTopic): TracedTopic {
    const source = this.#options.sourceOf(topic);
    return source === undefined ? topic : this.#rootOf(source);
  }

  /** One after another, each place once, with all the fields that name it. */
  async #all(wanted: readonly Wanted[]): Promise<Trace[]> {
    const byPlace = new Map<string, { readonly topic: TracedTopic; readonly place: Place; readonly roles: string[] }>();
    for (const { topic, place, role } of wanted) {
      const name = textOfPlace(place), known = byPlace.get(name);
      if (known === undefined) byPlace.set(name, { topic, place, roles: [role] }); else known.roles.push(role);
    }
    const traces: Trace[] = [];
    for (const { topic, place, roles } of byPlace.values()) traces.push(await this.#trace(topic, place, roles));
    return traces;
  }
}

const contentOf = async ({ headers, value }: LoggedRecord, decoder: ValueDecoder): Promise<Content> => {
  const control = parseControl(headers);
  if (control !== undefined) return 'code' in control ? { kind: 'unreadable', error: `a control record that cannot be read: ${control.code}`, bytes: value ?? new Uint8Array(0) } : { kind: 'control', control };
  if (value === null) return { kind: 'tombstone' };
  const decoded = await decoder.decode(value);
  return 'error' in decoded ? { kind: 'unreadable', error: decoded.error, bytes: value } : { kind: 'value', value: decoded.value };
};

/** Event time of a record, epoch ms; undefined where it cannot be read or has none. */
export const eventTimeOfRecord = async (topic: TracedTopic, record: LoggedRecord, decoder: ValueDecoder): Promise<number | undefined> => eventTimeOf(topic, await contentOf(record, decoder));

const eventTimeOf = (topic: TracedTopic, content: Content): number | undefined => {
  if (content.kind === 'control') return content.control.timestamp;
  const time = content.kind === 'value' && isObject(content.value) ? content.value[topic.eventTime] : undefined;
  return typeof time === 'number' ? time : undefined;
};

/** The rows of a value that name an offset, and what they are called: the list's name and the row's first names, as in `legs home back acme`. */
const rowsOf = (value: Readonly<Record<string, unknown>>): { readonly offset: number; readonly role: string }[] => Object.entries(value).flatMap(([field, list]) => {
  if (!Array.isArray(list)) return [];
  return list.flatMap((row: unknown) => {
    if (!isObject(row) || typeof row['offset'] !== 'number' || row['offset'] < 0) return [];
    const names = ['outcome', 'side', 'provider'].map((name) => row[name]).filter((name) => typeof name === 'string');
    return [{ offset: row['offset'], role: [field, ...names].join(' ') }];
  });
});

const placesIn = ({ place, inputs }: Trace): string[] => [textOfPlace(place), ...inputs.flatMap(placesIn)];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
