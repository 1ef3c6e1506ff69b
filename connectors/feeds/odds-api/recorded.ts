import type { FeedBatch, FeedContext } from '../feed.ts';
import { changeTimes, playChanges } from './changes.ts';
import type { OddsApiConfig } from './config.ts';
import { OddsApiError } from './errors.ts';
import { layoutOf } from './files.ts';
import { playPolls, pollTimes } from './polls.ts';

/** First and last event time of a recording, epoch ms UTC. */
export interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Plays a recording, whatever its layout. Throws OddsApiError where there is none; damage inside of one is a problem among the messages. */
export async function* playRecording(path: string, config: OddsApiConfig, context: FeedContext): AsyncGenerator<FeedBatch> {
  const layout = await layoutOf(path);
  if (layout === 'changes') yield* playChanges(path, config, context);
  else yield* playPolls(path, layout, config, context);
}

/** First and last event time of a recording, by a quick reading; throws OddsApiError where it holds none. */
export const spanOfRecording = async (path: string): Promise<Span> => {
  const layout = await layoutOf(path);
  let firstMs = Infinity;
  let lastMs = -Infinity;
  const saw = (timestampMs: number): void => {
    firstMs = Math.min(firstMs, timestampMs);
    lastMs = Math.max(lastMs, timestampMs);
  };
  try {
    await (layout === 'changes' ? changeTimes(path, saw) : pollTimes(path, layout, saw));
  } catch {
    // A recording that breaks off has the span of what can be read; playing it tells where it broke.
  }
  if (firstMs > lastMs) throw new OddsApiError('recording_unknown', `${path} holds no poll of The Odds API that can be read`);
  return { firstMs, lastMs };
};
