/** The season files of football-data.co.uk as a feed. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Feed, FeedBatch, FeedContext, FeedMessage } from '../feed.ts';
import { FootballDataError } from './errors.ts';
import type { Problem } from './errors.ts';
import type { Match } from './match.ts';
import { messagesOf, schedule } from './schedule.ts';
import type { Moment } from './schedule.ts';
import { parseSeason, readBytes } from './season.ts';

const config = z.object({
  file: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string().min(1)).min(1))
    .describe('Season file of football-data.co.uk, .csv or .csv.gz. May be given several times: the seasons are merged in time.'),
  exchanges: z.union([z.boolean(), z.stringbool()]).default(true)
    .describe('Whether the Betfair exchange is quoted besides the bookmakers, with its commission.'),
  commission: z.coerce.number().min(0).lt(1).default(0.05)
    .describe('Share of net winnings that the exchange keeps: 0.05 for 5 %.'),
});

export type FootballDataConfig = z.infer<typeof config>;

interface Recording {
  /** Only those at which something is said. */
  readonly moments: readonly Moment[];
  readonly problems: readonly Problem[];
  /** Tells this sequence of moments from that of other files or options. */
  readonly fingerprint: string;
}

/** Reads all files; a match that stands in them twice is taken from where it stands first. */
const load = async (options: FootballDataConfig): Promise<Recording> => {
  const { file: files, exchanges, commission } = options;
  const hash = createHash('sha256').update(JSON.stringify({ exchanges, commission }));
  const matches = new Map<string, Match>();
  const problems: Problem[] = [];
  for (const file of files) {
    const bytes = await readBytes(file);
    hash.update(bytes);
    const season = parseSeason(bytes, file);
    problems.push(...season.problems);
    for (const match of season.matches) {
      if (!matches.has(match.eventId)) matches.set(match.eventId, match);
      else problems.push({ code: 'match_repeated', at: file, message: `${match.eventId} was read before: it is taken from where it stands first` });
    }
  }
  const moments = schedule([...matches.values()]).filter((moment) => messagesOf(moment, options).length > 0);
  return { moments, problems, fingerprint: hash.digest('hex').slice(0, 12) };
};

/** A cursor is the number of moments said, and of which recording. */
const formatCursor = (index: number, fingerprint: string): string => `${index}@${fingerprint}`;

const resumeAt = (context: FeedContext, { fingerprint }: Recording): number => {
  if (context.cursor === undefined) return 0;
  const [index = '', of] = context.cursor.split('@');
  if (of === fingerprint && /^\d+$/.test(index)) return Number(index);
  context.log('the files or options are not those of the earlier run: reading them from their beginning');
  return 0;
};

async function* read(options: FootballDataConfig, context: FeedContext): AsyncGenerator<FeedBatch> {
  const recording = await load(options);
  const { moments, problems, fingerprint } = recording;
  let index = resumeAt(context, recording);
  if (index === 0 && problems.length > 0) yield { messages: problems.map((problem): FeedMessage => ({ kind: 'problem', ...problem })) };
  while (index < moments.length && !context.signal.aborted) {
    const timestamp = moments[index]?.timestamp;
    const messages: FeedMessage[] = [];
    for (let moment = moments[index]; moment !== undefined && moment.timestamp === timestamp; moment = moments[++index]) messages.push(...messagesOf(moment, options));
    yield { messages, cursor: formatCursor(index, fingerprint), progress: index / moments.length };
  }
}

export const footballData = {
  name: 'football-data',
  doc: `Plays back season files of football-data.co.uk: opening and closing prices of 18 bookmakers and the Betfair exchange on 1X2,
over/under 2.5 goals and the Asian handicap, and results. The layout may be any season's, or that of the "new leagues".
The source says when a match began, not when its prices were offered. So by convention opening prices stand from 24 hours before
kick-off, all of them are withdrawn 61 seconds before it, closing prices stand from 60 seconds before it and are closed at
kick-off: an opening price never stands beside a closing one. Where a book has no closing price, it has none. A match is live
from kick-off, finished and settled 110 minutes later. Times in the files are UK time; a match without one is taken to begin
at 15:00. A row without a result (a fixture) is quoted, and nothing is said of its course.
Columns of maxima and averages are no one's offer and are not read. A row whose cells do not match the header is left out and shown.`,
  config,
  mode: () => 'recording',
  read,
  span: async (options) => {
    const { moments } = await load(options);
    const first = moments[0];
    const last = moments.at(-1);
    if (first === undefined || last === undefined) throw new FootballDataError('matches_none', `${options.file.join(', ')}: there is no match to play back; give a season that has begun`);
    return { firstMs: first.timestamp, lastMs: last.timestamp };
  },
} satisfies Feed<FootballDataConfig>;
