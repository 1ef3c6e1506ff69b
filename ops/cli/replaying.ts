import type { Brokers } from '../../connectors/kafka/brokers.ts';
import { type LetteredTopic, lettersOf, type Passed, passedOverBecause, readStories, type ReadStoriesOptions, type Story } from '../../connectors/kafka/dead-letters.ts';
import { connectReplayer, type Replayed, type Replayer } from '../../connectors/kafka/replay.ts';
import { topicName } from '../../schemas/topics.ts';
import { UsageError } from './errors.ts';

export interface ReplayingOptions extends ReadStoriesOptions {
  readonly brokers: Brokers;
  readonly isDryRun: boolean;
  /** Also what was replayed already. */
  readonly again: boolean;
  /** More than one may be replayed. */
  readonly mayBeMany: boolean;
  /** Takes the place of the value of the one record that matches. */
  readonly value: Buffer | undefined;
}

/** What was done with a story: passed over for a reason, or replayed as the record at an offset; neither in a dry run. */
export interface Done { readonly story: Story; readonly passed?: Passed; readonly as?: number }

/** What goes in one transaction at most: it holds back the readers of the topic while it is open. */
const MOST_LETTERS = 200;
const MOST_BYTES = 1 << 20;

/** Replays the letters that are asked for, a partition at a time. Throws UsageError where there are more than may be, before anything was replayed; ReplayRefused. */
export const replayOf = async (options: ReplayingOptions): Promise<Done[]> => {
  const { isDryRun, again, mayBeMany, value, brokers, namespace } = options;
  let matching = 0;
  if (!isDryRun) for await (const stories of readStories(options)) for (const { replayed } of stories) if (again || replayed === undefined) matching++;
  if (value !== undefined && matching > 1) throw new UsageError(`--value is for one record, and ${matching} match: name it by topic, partition and offset, and with --pipeline where several refused it.`);
  if (matching > 1 && !mayBeMany) throw new UsageError(`${matching} records match: --yes replays them all, --dry-run shows them.`);
  // Read again behind it: what another replay did up to here is then seen, and from here on it does no more.
  const replayer = isDryRun || matching === 0 ? undefined : await connectReplayer(brokers, namespace);
  const done: Done[] = [];
  try {
    for await (const stories of readStories(options)) for await (const part of judged(options, stories)) done.push(...await replay(replayer, part));
    return done;
  } finally {
    await replayer?.close();
  }
};

interface Judged { readonly story: Story; readonly passed: Passed | undefined; readonly letter: Replayed }

/** Stories of one partition with what is to go, in parts that fit into one transaction. */
async function* judged({ records, topics, namespace, again, value }: ReplayingOptions, stories: readonly Story[]): AsyncGenerator<readonly Judged[]> {
  let part: Judged[] = [], bytes = 0;
  for await (const letters of lettersOf(records, stories)) {
    for (const [story, letter] of letters) {
      const topic: LetteredTopic = topics.find((one) => topicName(one, namespace) === story.origin.topic)!;
      const goes = value ?? letter.value;
      part.push({ story, passed: passedOverBecause(story, letter, topic, { again, hasValue: value !== undefined }), letter: { story, key: letter.key, value: goes } });
      bytes += (goes?.length ?? 0) + (letter.key?.length ?? 0);
      if (part.length < MOST_LETTERS && bytes < MOST_BYTES) continue;
      yield part;
      part = [];
      bytes = 0;
    }
  }
  if (part.length > 0) yield part;
}

const replay = async (replayer: Replayer | undefined, part: readonly Judged[]): Promise<Done[]> => {
  const going = part.filter(({ passed }) => passed === undefined);
  const offsets = replayer === undefined || going.length === 0 ? [] : await replayer.replay(going.map(({ letter }) => letter));
  return part.map((one): Done => {
    if (one.passed !== undefined) return { story: one.story, passed: one.passed };
    const as = offsets[going.indexOf(one)];
    return as === undefined ? { story: one.story } : { story: one.story, as };
  });
};
