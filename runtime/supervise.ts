import { setTimeout as wait } from 'node:timers/promises';
import { PartitionFailure, placeOf, StartRefused, type Stretch } from './context.ts';
import { CheckpointAborted } from './ports.ts';

/** So many failures at one place end it (ARCHITECTURE.md E16). */
const MOST_FAILURES = 3;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Having run for so long without a failure, what was before counts no more, ms. */
const SOUND_MS = 60_000;

export interface Supervised {
  readonly name: string;
  /** One life of the pipeline, from its checkpoint on. It ends when the signal does; `started` is to be called once it is at work. `doubtful`: where earlier ones failed, by partition. */
  readonly run: (signal: AbortSignal, started: () => void, doubtful: ReadonlyMap<number, Stretch>) => Promise<void>;
  readonly signal: AbortSignal;
  /**
   * `passing`: a server that restarts, a network that is gone; it is waited for, without end. `refusal`: what must be put right by a person before a start can
   * go well (a topic that is missing). `bug`: all else.
   */
  readonly verdict: (error: unknown) => 'passing' | 'refusal' | 'bug';
  /** Told of each failure that is not the end, with the pause before the next life, ms. */
  readonly onRestart: (error: unknown, pauseMs: number) => void;
  /** Told of the end that was asked for; `aborted`: its last checkpoint did not happen, since others of the group joined or left at the same moment. The next start goes on from the one before. */
  readonly onStopped?: (aborted: CheckpointAborted | undefined) => void;
  /** For tests. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly clock?: () => number;
}

/** A pipeline has failed as often as it may. The message names where. */
export class PipelineGaveUp extends Error {
  readonly code = 'pipeline_gave_up';
  override readonly name = 'PipelineGaveUp';
}

/**
 * Keeps a pipeline at work: after a failure it begins again from its checkpoint. Ends when the signal does. Throws
 *
 * - what keeps it from starting: StartRefused and refusals at any time, and passing trouble before it was at work for the first time, so that a wrong address is an error and not a wait;
 * - PipelineGaveUp, naming topic, partition and offset, after three failures at one place, or three bugs in a row elsewhere.
 */
export const supervise = async (supervised: Supervised): Promise<void> => {
  const { name, run, signal, verdict, onRestart, onStopped, pause = pauseOf, clock = Date.now } = supervised;
  /** Where each partition failed last, and how often in a row it failed there. */
  const failures = new Map<number, Stretch & { readonly count: number }>();
  let bugs = 0;
  let inARow = 0;
  let wasAtWork = false;

  while (!signal.aborted) {
    const begunMs = clock();
    try {
      await run(signal, () => { wasAtWork = true; }, failures);
      onStopped?.(undefined);
      return;
    } catch (error) {
      const kind = verdict(error);
      if (signal.aborted && error instanceof CheckpointAborted) { onStopped?.(error); return; }
      if (signal.aborted || error instanceof StartRefused || kind === 'refusal') throw error;
      if (clock() - begunMs > SOUND_MS) inARow = bugs = 0;
      if (error instanceof PartitionFailure) {
        const { among } = error, { partition } = error.partition, last = failures.get(partition);
        const count = last !== undefined && among.from < last.to && last.from < among.to ? last.count + 1 : 1;
        failures.set(partition, { ...among, count });
        if (count >= MOST_FAILURES) {
          throw new PipelineGaveUp(`${name} failed ${count} times at ${placeOf(error.partition, among)}, and has given up: ${messageOf(error.cause ?? error)}. ` +
            `This is a bug of the pipeline, not bad input. Its position is kept: mend it, and start it again${error.isOfRecord ? "; or have it pass over the record ('oddstream dead add --help')" : ''}.`, { cause: error });
        }
      } else if (kind === 'bug') {
        if (++bugs >= MOST_FAILURES) throw new PipelineGaveUp(`${name} failed ${bugs} times in a row, and has given up: ${messageOf(error)}. Its position is kept: mend it, and start it again.`, { cause: error });
      } else if (!wasAtWork) {
        throw error;
      }
      const pauseMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** inARow++);
      onRestart(error, pauseMs);
      await pause(pauseMs, signal);
    }
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const pauseOf = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal }).then(undefined, () => undefined);
