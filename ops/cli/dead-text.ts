import type { Decoded } from '../../connectors/kafka/decode.ts';
import type { Passed, Story } from '../../connectors/kafka/dead-letters.ts';
import { textOfPlace } from '../../connectors/kafka/letter.ts';
import type { LoggedRecord, Missing } from '../../connectors/kafka/records.ts';
import { textOfMoment } from './moments.ts';
import { hexDump, textOrHex, valueLines } from './record-text.ts';
import { table } from './say.ts';

/** Why a letter is not replayed, for a person. */
export const REASONS: Readonly<Record<Passed, string>> = {
  already_replayed: 'it was already (--again replays it all the same)',
  nothing_to_replay: 'its value is null; --value gives it one',
  compacted_topic_shared: 'its topic is compacted and has other readers: it would take the place of the newest record of its key for them too',
};

export interface DeadCount { readonly topic: string; readonly pipeline: string; readonly code: string; readonly letters: number; readonly replayed: number }

/** What became of it so far, in a word or two. */
const stateOf = ({ replayed, tries }: Story): string => (replayed !== undefined ? `replayed as ${replayed.as.offset}` : tries > 1 ? `refused ${tries} times` : 'refused');

/** The newest first. */
export const storyTable = (stories: readonly Story[]): string => table([['record', 'letter', 'pipeline', 'code', 'state', 'at', 'why'],
  ...stories.map((story) => [textOfPlace(story.origin), textOfPlace(story.letter), story.pipeline, story.code, stateOf(story), textOfMoment(story.diedAtMs), story.message])]);

export const countRows = (counts: readonly DeadCount[]): string[][] => [['topic', 'pipeline', 'code', 'letters', 'of them replayed'],
  ...[...counts].sort((a, b) => b.letters - a.letters).map(({ topic, pipeline, code, letters, replayed }) => [topic, pipeline, code, String(letters), String(replayed)])];

export const jsonOfStory = ({ origin, at, letter, pipeline, code, message, diedAtMs, tries, replayed }: Story) => ({
  ...origin, pipeline, code, message, at: textOfMoment(diedAtMs), tries, lastOffset: at.offset, letter,
  replayed: replayed === undefined ? null : { ...replayed.as, at: textOfMoment(replayed.atMs) },
});

/** A letter as it lies in its topic, with what it was and what it says. */
export interface ShownLetter { readonly story: Story; readonly letter: LoggedRecord; readonly original: LoggedRecord | Missing; readonly decoded: Decoded | undefined }

const headersOf = ({ headers }: LoggedRecord): [string, string][] => headers.flatMap((header) => Object.entries(header).map(([name, value]): [string, string] => [name, textOrHex(Buffer.from(value as Uint8Array))]));

const lines = ({ story, letter, original, decoded }: ShownLetter): string => {
  const { origin, at, pipeline, code, message, diedAtMs, tries, replayed } = story;
  const facts = table([
    ['record', textOfPlace(origin)],
    ['refused by', `${pipeline}, at ${textOfMoment(diedAtMs)}${tries > 1 ? `, ${tries} times, last as ${textOfPlace(at)}` : ''}`],
    ['because', `${code}: ${message}`],
    ['letter', textOfPlace(story.letter)],
    ['replayed', replayed === undefined ? 'no' : `as ${textOfPlace(replayed.as)}, at ${textOfMoment(replayed.atMs)}`],
    ['original', typeof original === 'string' ? 'is no longer in the log' : `is still in the log, appended at ${textOfMoment(original.appendTimeMs)}`],
    ['key', letter.key === null ? 'null' : textOrHex(letter.key)],
  ]);
  const headers = [...headersOf(letter).map(([name, text]) => `  letter    ${name}: ${text}\n`), ...(typeof original === 'string' ? [] : headersOf(original)).map(([name, text]) => `  original  ${name}: ${text}\n`)];
  return `${facts}headers\n${headers.join('')}${valueText(letter, decoded)}`;
};

const valueText = ({ value }: LoggedRecord, decoded: Decoded | undefined): string => {
  if (value === null || decoded === undefined) return 'value  null\n';
  if ('error' in decoded) return `value, ${value.length} bytes; ${decoded.error}\n${hexDump(value, '  ')}`;
  return `value, by schema ${decoded.schemaId}\n${valueLines(decoded.value, '  ')}`;
};

const json = ({ story, letter, original, decoded }: ShownLetter) => ({
  ...jsonOfStory(story), isOriginalInLog: typeof original !== 'string', key: letter.key === null ? null : textOrHex(letter.key),
  headers: headersOf(letter), originalHeaders: typeof original === 'string' ? null : headersOf(original),
  bytes: letter.value === null ? null : Buffer.from(letter.value).toString('base64'),
  ...(decoded === undefined ? { value: null } : 'error' in decoded ? { error: decoded.error } : { schemaId: decoded.schemaId, value: decoded.value }),
});

export const letterText = { lines, json };
