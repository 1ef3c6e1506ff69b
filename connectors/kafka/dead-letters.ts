import { deadTopicName } from '../../schemas/topics.ts';
import { deadEntryOf, type Place } from './letter.ts';
import type { LoggedRecord, RecordReader } from './records.ts';

/** A topic as far as its dead letters go. */
export interface LetteredTopic { readonly name: string; readonly readBy: readonly string[]; readonly cleanup: 'delete' | 'compact' }

/**
 * What became of one record that one pipeline refused, through replays that failed again. It is told of once, however often its letter was written:
 * a pipeline that goes back to its checkpoint writes letters again.
 */
export interface Story {
  readonly pipeline: string;
  /** The record that was refused first. */
  readonly origin: Place;
  /** The one that was refused last: a replay of it, or itself. */
  readonly at: Place;
  /** Where the letter of that one lies. */
  readonly letter: Place;
  readonly code: string;
  readonly message: string;
  /** When that letter was written, epoch ms. */
  readonly diedAtMs: number;
  /** How often it was refused. */
  readonly tries: number;
  /** The record as which it was replayed since; undefined where it was not. Whether its pipeline took it, a letter behind it would say. */
  readonly replayed: { readonly as: Place; readonly atMs: number } | undefined;
}

/** Which stories are asked for; what is left out does not narrow. Times are those of the letter, epoch ms. */
export interface StoryFilter {
  readonly pipeline?: string;
  readonly code?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Of the record that was refused first or last. */
  readonly partition?: number;
  readonly offset?: number;
}

/** A partition holds more stories than are held in memory. */
export class TooManyLetters extends Error {
  override readonly name = 'TooManyLetters';
  readonly code = 'too_many_letters';
}

/** No pipeline has refused this record. */
export class LetterUnknown extends Error {
  override readonly name = 'LetterUnknown';
  readonly code = 'letter_unknown';
}

export interface ReadStoriesOptions {
  readonly records: RecordReader;
  readonly topics: readonly LetteredTopic[];
  readonly namespace: string;
  readonly filter: StoryFilter;
  /** Told of each batch: how many offsets of this partition have been passed, of how many. */
  readonly onProgress?: (deadTopic: string, partition: number, done: number, of: number) => void;
}

/** Stories of one partition that are held at a time: some 300 MB. */
const MAX_STORIES = 1_000_000;
/** Longest message that is kept of a story. */
const MAX_MESSAGE = 300;

/**
 * The stories of dead letter topics as they are now, a partition at a time, each in the order in which they began. Topics that are not there are passed
 * over. Memory holds one partition's stories, without keys and values. Throws TooManyLetters.
 */
export async function* readStories({ records, topics, namespace, filter, onProgress }: ReadStoriesOptions): AsyncGenerator<readonly Story[]> {
  for (const topic of topics) {
    const deadTopic = deadTopicName(topic, namespace);
    const partitions = await records.partitions(deadTopic) ?? 0;
    for (let partition = 0; partition < partitions; partition++) {
      if (filter.partition !== undefined && filter.partition !== partition) continue;
      const told = new Tellings(deadTopic, partition);
      const { start, end } = await records.range({ topic: deadTopic, partition });
      const from = filter.sinceMs === undefined ? start : Math.max(start, await records.offsetAt({ topic: deadTopic, partition }, filter.sinceMs));
      for await (const batch of records.read({ topic: deadTopic, partition, offset: from }, end)) {
        for (const record of batch) told.take(record);
        onProgress?.(deadTopic, partition, batch.at(-1)!.offset + 1 - from, end - from);
      }
      yield told.stories((story) => matches(story, filter));
    }
  }
}

const matches = (story: Story, { pipeline, code, sinceMs = -Infinity, untilMs = Infinity, offset }: StoryFilter): boolean =>
  (pipeline === undefined || story.pipeline === pipeline) && (code === undefined || story.code === code) && story.diedAtMs >= sinceMs && story.diedAtMs < untilMs &&
  (offset === undefined || story.origin.offset === offset || story.at.offset === offset);

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** The stories of one partition of a dead letter topic. A record's letters lie on the partition of its own number, and so do those of its replays. */
class Tellings {
  readonly #deadTopic: string;
  readonly #partition: number;
  /** By pipeline, then by the place of the record that was refused first. */
  readonly #byPipeline = new Map<string, Map<number, Mutable<Story>>>();
  /** Codes and messages are few: each is held once. */
  readonly #texts = new Map<string, string>();
  #size = 0;

  constructor(deadTopic: string, partition: number) {
    this.#deadTopic = deadTopic;
    this.#partition = partition;
  }

  take(record: LoggedRecord): void {
    const entry = deadEntryOf(record.headers);
    if (entry === undefined) return;
    let of = this.#byPipeline.get(entry.pipeline);
    if (of === undefined) this.#byPipeline.set(entry.pipeline, of = new Map());
    const known = of.get(entry.origin.offset);
    if (entry.kind === 'replayed') {
      // Its letter may be older than what is kept, or than what was asked for.
      if (known !== undefined) known.replayed = { as: { ...entry.origin, offset: entry.replayedAs }, atMs: record.appendTimeMs };
      return;
    }
    // Replays lie behind: what is not behind the newest refusal is the same one, written again.
    if (known !== undefined && entry.at.offset <= known.at.offset) return;
    const { pipeline, origin, at } = entry;
    const story = {
      pipeline: this.#once(pipeline), origin: known?.origin ?? origin, at: at.offset === origin.offset ? origin : at, letter: { topic: this.#deadTopic, partition: this.#partition, offset: record.offset },
      code: this.#once(entry.code), message: this.#once(entry.message.slice(0, MAX_MESSAGE)), diedAtMs: record.appendTimeMs, tries: (known?.tries ?? 0) + 1, replayed: undefined,
    };
    if (known === undefined && ++this.#size > MAX_STORIES) {
      throw new TooManyLetters(`${this.#deadTopic}/${this.#partition} holds more than ${MAX_STORIES} dead letters: narrow it, as in --since 2h.`);
    }
    of.set(origin.offset, story);
  }

  stories(wanted: (story: Story) => boolean): Story[] {
    return Array.from(this.#byPipeline.values()).flatMap((of) => Array.from(of.values()).filter(wanted));
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // Messages may name offsets and times: of those that all differ, not all are remembered.
    if (this.#texts.size < 10_000) this.#texts.set(text, text);
    return text;
  }
}

/** Why a story is not replayed. */
export type Passed = 'already_replayed' | 'nothing_to_replay' | 'compacted_topic_shared';

/**
 * Why a story cannot be replayed, or is not; undefined where it may. `hasValue`: a corrected value is given for it. On a compacted topic a replay would take the place of
 * the newest record of its key, for other readers too.
 */
export const passedOverBecause = (story: Story, letter: LoggedRecord, topic: LetteredTopic, { again, hasValue }: { readonly again: boolean; readonly hasValue: boolean }): Passed | undefined => {
  if (story.replayed !== undefined && !again) return 'already_replayed';
  if (letter.value === null && !hasValue) return 'nothing_to_replay';
  const others = topic.readBy.filter((reader) => reader !== 'subscribers' && reader !== story.pipeline);
  if (topic.cleanup === 'compact' && others.length > 0) return 'compacted_topic_shared';
  return undefined;
};

/** The letters of stories of one partition, in the order in which they lie, each with its story: read in one go, not held. */
export async function* lettersOf(records: RecordReader, stories: readonly Story[]): AsyncGenerator<readonly (readonly [Story, LoggedRecord])[]> {
  const byOffset = new Map(stories.map((story) => [story.letter.offset, story]));
  const offsets = Array.from(byOffset.keys()).sort((a, b) => a - b);
  const first = stories[0]?.letter;
  if (first === undefined) return;
  for await (const batch of records.read({ topic: first.topic, partition: first.partition, offset: offsets[0]! }, offsets.at(-1)! + 1)) {
    const found = batch.flatMap((record): (readonly [Story, LoggedRecord])[] => {
      const story = byOffset.get(record.offset);
      return story === undefined ? [] : [[story, record]];
    });
    if (found.length > 0) yield found;
  }
}
