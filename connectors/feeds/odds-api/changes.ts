import { basename } from 'node:path';
import type { FeedBatch, FeedContext, FeedMessage } from '../feed.ts';
import { problem, readChange, type Change, type Problem } from './body.ts';
import type { OddsApiConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { linesOf, positionOf } from './files.ts';
import { OffersMapper } from './mapper.ts';
import { formatOfPrices, type PriceFormat } from './prices.ts';

/** How often what stands is confirmed, in event time: twice within the 10 minutes in which a feed must have shown it again. */
const CONFIRM_MS = 300_000;

/** All lines of one poll time that follow each other. */
interface PolledChanges {
  readonly entries: (Problem | { readonly change: Change; readonly at: string })[];
  timestampMs: number | undefined;
  lastLine: number;
  progress: number;
}

/** A change stream by poll times. Lines that cannot be read, and where the file breaks off, are problems among the changes around them. */
async function* polledChanges(path: string): AsyncGenerator<PolledChanges> {
  const begin = (): PolledChanges => ({ entries: [], timestampMs: undefined, lastLine: 0, progress: 0 });
  let polled = begin();
  let number = 0;
  try {
    for await (const line of linesOf(path)) {
      number = line.number;
      if (line.text.trim() === '') continue;
      const at = `${basename(path)}:${number}`;
      const change = readChange(line.text, at);
      const timestampMs = 'kind' in change ? polled.timestampMs : change.timestampMs;
      if (polled.timestampMs !== undefined && timestampMs !== polled.timestampMs) {
        yield polled;
        polled = begin();
      }
      polled.entries.push('kind' in change ? change : { change, at });
      polled.timestampMs = timestampMs;
      polled.lastLine = number;
      polled.progress = line.progress;
    }
  } catch (error) {
    polled.lastLine = number + 1;
    polled.entries.push(problem('recording_broken', `${messageOf(error)}: the rest of the file cannot be read`, `${basename(path)}:${number + 1}`));
  }
  if (polled.entries.length > 0) yield polled;
}

/** The format in which a change stream writes its prices, by the first price that decides it; American where none does. */
const formatOfChanges = async (path: string): Promise<PriceFormat> => {
  for await (const { entries } of polledChanges(path)) {
    for (const entry of entries) {
      const format = 'change' in entry ? formatOfPrices(entry.change.outcomes.map(({ price }) => price)) : undefined;
      if (format !== undefined) return format;
    }
  }
  return 'american';
};

/**
 * Plays a change stream: one batch per poll time. A poll that changed some offers has shown all the others again, so every provider `confirm`s what
 * stands, at most each five minutes of event time. After a restart it reads from the start in silence, because what stands is made of all that came before.
 * Poll times that go back are kept as they are, and told of.
 */
export async function* playChanges(path: string, config: OddsApiConfig, { cursor, signal }: FeedContext): AsyncGenerator<FeedBatch> {
  const after = positionOf(cursor, 'line');
  const format = config.oddsFormat === 'auto' ? await formatOfChanges(path) : config.oddsFormat;
  const mapper = new OffersMapper(new Map(Object.entries(config.commission)));
  let previousMs = -Infinity;
  let confirmedMs = -Infinity;
  let resumed = after === 0;

  for await (const { entries, timestampMs, lastLine, progress } of polledChanges(path)) {
    if (signal.aborted) return;
    const silent = lastLine <= after;
    const messages: FeedMessage[] = [];
    if (!silent && !resumed && timestampMs !== undefined) {
      messages.push(...mapper.upAgain(timestampMs));
      resumed = true;
    }
    if (timestampMs !== undefined && timestampMs < previousMs) {
      const text = `poll time goes back from ${new Date(previousMs).toISOString()} to ${new Date(timestampMs).toISOString()}`;
      messages.push(problem('time_went_back', text, `${basename(path)}, up to line ${lastLine}`));
    }
    previousMs = timestampMs ?? previousMs;
    for (const entry of entries) {
      if ('change' in entry) messages.push(...mapper.change(entry.change, format, entry.at));
      else messages.push(entry);
    }
    if (timestampMs !== undefined && Math.abs(timestampMs - confirmedMs) >= CONFIRM_MS) {
      confirmedMs = timestampMs;
      for (const provider of mapper.providers()) messages.push({ kind: 'status', provider, status: 'confirm', timestamp: timestampMs });
    }
    if (!silent) yield { messages, cursor: `line:${lastLine}`, progress };
  }
}

/** Calls `saw` with every poll time of a change stream, without parsing its lines. */
export const changeTimes = async (path: string, saw: (timestampMs: number) => void): Promise<void> => {
  for await (const { text } of linesOf(path)) {
    const timestampMs = Date.parse(/"t"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? '');
    if (Number.isFinite(timestampMs)) saw(timestampMs);
  }
};
