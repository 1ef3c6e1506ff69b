import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FeedBatch, FeedContext } from '../feed.ts';
import { parseJson, problem, readBody, type Body, type Problem } from './body.ts';
import type { OddsApiConfig } from './config.ts';
import { messageOf, OddsApiError } from './errors.ts';
import { openFile, positionOf, type Layout } from './files.ts';
import { OffersMapper } from './mapper.ts';
import { formatOfPrices, type PriceFormat } from './prices.ts';
import { tarEntries } from './tar.ts';

interface Recorded {
  readonly name: string;
  readonly text: string;
  readonly progress: number;
}

const instantPattern = /(\d{4})-?(\d\d)-?(\d\d)T(\d\d)[:-]?(\d\d)[:-]?(\d\d)(?:\.\d+)?Z/;

/** The poll time in a file's name (`worldcup_2026-06-20T180047Z_….json`), epoch ms, and what stands before it. Only with a Z: naive times are some zone's. */
const timeInName = (name: string): { readonly timeMs: number; readonly series: string } | undefined => {
  const match = instantPattern.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number) as [number, number, number, number, number, number, number];
  return { timeMs: Date.UTC(year, month - 1, day, hour, minute, second), series: name.slice(0, match.index) };
};

const byTime = (a: string, b: string): number => {
  const [timeA, timeB] = [timeInName(a)?.timeMs, timeInName(b)?.timeMs];
  if (timeA !== undefined && timeB !== undefined && timeA !== timeB) return timeA - timeB;
  return a < b ? -1 : a > b ? 1 : 0;
};

async function* bodiesOf(path: string, layout: Layout): AsyncGenerator<Recorded> {
  if (layout === 'tar') {
    const { size } = await stat(path);
    const { stream, bytesRead } = openFile(path);
    for await (const { name, content } of tarEntries(stream as AsyncIterable<Buffer>)) {
      if (/\.json(\.gz)?$/.test(name)) yield { name: basename(name), text: textOf(name, content), progress: bytesRead() / size };
    }
    return;
  }
  const folder = layout === 'folder' ? path : '';
  const names = layout === 'folder' ? (await readdir(path)).filter((name) => /\.json(\.gz)?$/.test(name)).sort(byTime) : [path];
  for (const [index, name] of names.entries()) {
    yield { name: basename(name), text: textOf(name, await readFile(join(folder, name))), progress: (index + 1) / names.length };
  }
}

const textOf = (name: string, content: Buffer): string => (name.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');

interface RecordedPoll {
  readonly body: Body;
  readonly timestampMs: number;
  readonly series: string;
}

/**
 * One recorded body: a bare list of events, or what the API's historical endpoint answers (`{timestamp, data}`). Its poll time is the one in the file's name,
 * else that `timestamp`, else the newest `last_update` in it (at which it was surely offered).
 */
const readPoll = ({ name, text }: Recorded): RecordedPoll | Problem => {
  const json = parseJson(text);
  if (json === undefined) return problem('json_malformed', 'the file is not JSON', name);
  const wrapped = typeof json.value === 'object' && json.value !== null && 'data' in json.value ? json.value as { data: unknown; timestamp?: unknown } : undefined;
  const body = readBody(wrapped === undefined ? json.value : wrapped.data, name);
  const named = timeInName(name);
  const stamped = typeof wrapped?.timestamp === 'string' ? Date.parse(wrapped.timestamp) : Number.NaN;
  const timestampMs = named?.timeMs ?? (Number.isFinite(stamped) ? stamped : body.newestUpdateMs);
  const series = named?.series ?? body.events[0]?.contest.sportKey;
  if (timestampMs === undefined || series === undefined) {
    return body.problems[0] ?? problem('poll_time_unknown', 'neither the name (…2026-06-20T180047Z….json) nor the body says when it was polled', name);
  }
  return { body, timestampMs, series };
};

/** Plays recorded bodies: one batch per poll. After a restart it reads the earlier ones in silence, because what stands is made of them. */
export async function* playPolls(path: string, layout: Layout, config: OddsApiConfig, { cursor, signal, log }: FeedContext): AsyncGenerator<FeedBatch> {
  const after = positionOf(cursor, 'poll');
  const mapper = new OffersMapper(new Map(Object.entries(config.commission)));
  const newestMs = new Map<string, number>();
  let format: PriceFormat = config.oddsFormat === 'auto' ? 'american' : config.oddsFormat;
  let count = 0;

  const messagesOf = (recorded: Recorded): FeedBatch['messages'] => {
    const poll = readPoll(recorded);
    if ('kind' in poll) return [poll];
    const { body, timestampMs, series } = poll;
    if (timestampMs < (newestMs.get(series) ?? -Infinity)) {
      return [problem('poll_out_of_order', 'older than the poll before it, so left out: unpack the archive into a folder, which is read in order of time', recorded.name)];
    }
    newestMs.set(series, timestampMs);
    if (config.oddsFormat === 'auto') format = formatOfPrices(pricesOf(body)) ?? format;
    const upAgain = count === after + 1 ? mapper.upAgain(timestampMs) : [];
    return [...body.problems, ...upAgain, ...mapper.poll({ series, timestampMs, events: body.events, format })];
  };

  try {
    for await (const recorded of bodiesOf(path, layout)) {
      if (signal.aborted) return;
      count += 1;
      const messages = messagesOf(recorded);
      if (count > after) yield { messages, cursor: `poll:${count}`, progress: recorded.progress };
    }
  } catch (error) {
    log('recording broken', { file: basename(path), poll: count + 1, error: messageOf(error) });
    yield { messages: [problem('recording_broken', `${messageOf(error)}: the rest cannot be read`, `${basename(path)}, poll ${count + 1}`)] };
    return;
  }
  if (count === 0) throw new OddsApiError('recording_unknown', `${path} holds no .json body of /v4/sports/{sport}/odds`);
}

function* pricesOf({ events }: Body): Generator<number> {
  for (const { offers } of events) for (const { outcomes } of offers) for (const { price } of outcomes) yield price;
}

/** Calls `saw` with every poll time of a recording of bodies; a body is parsed only where its name does not tell. */
export const pollTimes = async (path: string, layout: Layout, saw: (timestampMs: number) => void): Promise<void> => {
  for await (const recorded of bodiesOf(path, layout)) {
    const named = timeInName(recorded.name);
    const poll = named === undefined ? readPoll(recorded) : undefined;
    if (named !== undefined) saw(named.timeMs);
    else if (poll !== undefined && 'timestampMs' in poll) saw(poll.timestampMs);
  }
};
