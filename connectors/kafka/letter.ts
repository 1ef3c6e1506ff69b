import type { DeadLetter } from '../../runtime/ports.ts';
import type { WireHeaders } from './control.ts';

/** Headers of a record as clients give them: each an object with one name, in order. */
export type ReadHeaders = readonly Readonly<Record<string, Uint8Array | string>>[];

const CODE = 'oddstream-dead-code', MESSAGE = 'oddstream-dead-message', PIPELINE = 'oddstream-dead-pipeline';
const TOPIC = 'oddstream-dead-topic', PARTITION = 'oddstream-dead-partition', OFFSET = 'oddstream-dead-offset';
/** The same name as on a replayed record: it is the same story. */
const ORIGIN = 'oddstream-origin';
/** Only on a marker: the offset of the record as which a letter was replayed. */
const REPLAYED_AS = 'oddstream-replayed-as';

/** A place in a topic. */
export interface Place { readonly topic: string; readonly partition: number; readonly offset: number }

export const textOfPlace = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`;

/** Undefined for what is no `<topic>/<partition>/<offset>`. */
export const placeOfText = (text: string): Place | undefined => {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,10})\/(\d{1,16})$/.exec(text) ?? [];
  return topic === undefined ? undefined : { topic, partition: Number(partition), offset: Number(offset) };
};

/** What a dead letter's headers say: who refused which record, and why. */
export const letterHeaders = ({ topic, partition, offset, pipeline, code, message, origin }: DeadLetter): WireHeaders => [
  { [CODE]: code }, { [MESSAGE]: message }, { [PIPELINE]: pipeline }, { [TOPIC]: topic }, { [PARTITION]: String(partition) }, { [OFFSET]: String(offset) },
  ...(origin === undefined ? [] : [{ [ORIGIN]: origin }]),
];

/** The headers of the marker that stands behind a letter once it was replayed, in the same transaction as the replayed record. */
export const markerHeaders = (pipeline: string, origin: string, replayedAs: number): WireHeaders => [{ [PIPELINE]: pipeline }, { [ORIGIN]: origin }, { [REPLAYED_AS]: String(replayedAs) }];

/** What stands in a dead letter topic: a letter, or the marker of one that was replayed. `origin` is the record that was refused first. */
export type DeadEntry =
  | { readonly kind: 'letter'; readonly pipeline: string; readonly origin: Place; readonly code: string; readonly message: string; /** The record that it is a copy of. */ readonly at: Place }
  | { readonly kind: 'replayed'; readonly pipeline: string; readonly origin: Place; readonly replayedAs: number };

/** Undefined for a record that is neither: whoever wrote it, it is no dead letter of ours. */
export const deadEntryOf = (headers: ReadHeaders): DeadEntry | undefined => {
  const said = new Map<string, string>();
  for (const header of headers) for (const name in header) said.set(name, Buffer.from(header[name]! as Uint8Array).toString());
  const pipeline = said.get(PIPELINE), replayedAs = said.get(REPLAYED_AS);
  const at = placeOfText(`${said.get(TOPIC)}/${said.get(PARTITION)}/${said.get(OFFSET)}`);
  const origin = said.has(ORIGIN) ? placeOfText(said.get(ORIGIN)!) : at;
  if (pipeline === undefined || origin === undefined) return undefined;
  if (replayedAs !== undefined) return /^\d{1,16}$/.test(replayedAs) ? { kind: 'replayed', pipeline, origin, replayedAs: Number(replayedAs) } : undefined;
  return at === undefined ? undefined : { kind: 'letter', pipeline, origin, code: said.get(CODE) ?? '', message: said.get(MESSAGE) ?? '', at };
};
