import { FeedError } from './errors.ts';

/** As recorded (1), so many times faster, or as fast as it goes. */
export type Speed = number | 'max';
/** `now`: the recording happens now, or has just ended. `original`: its own times are kept. */
export type Rebase = 'now' | 'original';

export interface PlaybackOptions {
  readonly speed: Speed;
  readonly rebase: Rebase;
  /** Recorded event time at which the playback sets in, epoch ms: the first message's, or where an earlier run stopped. */
  readonly fromMs: number;
  /** Recorded event time of the last message; needed only by `rebase: 'now'` faster than recorded. */
  readonly lastMs: number | undefined;
  /** The wall clock at the start, epoch ms. */
  readonly startMs: number;
  /** What an earlier run of this playback had shifted times by. */
  readonly keptShiftMs: number | undefined;
}

/** When each message of a recording is due, and what its times become. */
export interface Playback {
  /** Added to every time of the recording, ms. */
  readonly shiftMs: number;
  /** The wall time at which a message of a recorded event time is due; -Infinity for at once. */
  dueMs(recordedMs: number): number;
  /** The event time, already shifted, to which the playback has come by a wall time; -Infinity where only messages move it. */
  eventTimeMs(wallMs: number): number;
}

/**
 * The clock of a playback (ARCHITECTURE.md E7, E8). As recorded, the recording's start is at now, and a message's time is the wall time at which it is due. Faster
 * than that event time outruns the wall clock, so it is the recording's END that is put at now: no event time is ever ahead of its append time.
 *
 * A playback that goes on after a stop: at recorded speed it sets in at now again; a faster one keeps its first shift, so that its second part
 * fits to the first.
 */
export const playback = ({ speed, rebase, fromMs, lastMs, startMs, keptShiftMs }: PlaybackOptions): Playback => {
  if (speed !== 'max' && !(speed >= 1 && speed < Infinity)) throw new FeedError('speed_malformed', `The speed ${speed} is none: 1 is as recorded, 60 is sixty times faster, 'max' as fast as it goes. Slower than recorded is not offered.`);
  const paced = (recordedMs: number): number => (speed === 'max' ? -Infinity : startMs + (recordedMs - fromMs) / speed);
  let shiftMs = 0;
  if (rebase === 'now') {
    if (speed === 1) shiftMs = startMs - fromMs;
    else if (keptShiftMs !== undefined) shiftMs = keptShiftMs;
    else if (lastMs === undefined) throw new FeedError('span_unknown', 'A playback faster than recorded needs to know the time of the recording\'s last message.');
    else shiftMs = Math.floor(speed === 'max' ? startMs - lastMs : startMs + (lastMs - fromMs) / speed - lastMs);
  }
  return {
    shiftMs,
    // Where the span was wrong, a time would be ahead of now: it waits until it is not.
    dueMs: rebase === 'now' ? (recordedMs) => Math.max(paced(recordedMs), recordedMs + shiftMs) : paced,
    eventTimeMs: (wallMs) => (speed === 'max' ? -Infinity : Math.floor(fromMs + (wallMs - startMs) * speed) + shiftMs),
  };
};
