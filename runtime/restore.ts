import type { Logger } from 'pino';
import type { TaskSnapshot } from '../schemas/generated/task-snapshot.ts';
import { StartRefused, type Restore } from './context.ts';
import type { TopicPartition } from './ports.ts';

/** What a task is, as its snapshot says it: outputs of another one may be others. */
export interface TaskIdentity {
  readonly topology: string;
  readonly version: number;
  /** As JSON, keys in order. */
  readonly config: string;
  readonly targets: readonly string[];
}

/** How a task comes back: from a snapshot or from nothing, reading from one offset on, silently up to another. */
export interface RestorePlan {
  /** The snapshot whose state is taken; undefined to begin with none. */
  readonly snapshot: TaskSnapshot | undefined;
  readonly from: number;
  /** Outputs of what lies before this offset are out already. */
  readonly silentUntil: number;
}

export interface Found extends TopicPartition {
  readonly pipeline: string;
  readonly identity: TaskIdentity;
  readonly snapshot: TaskSnapshot | undefined;
  /** Where the group has committed. */
  readonly committed: number | undefined;
  /** What the input's partition holds. */
  readonly start: number;
  readonly end: number;
}

/**
 * Decides how a task goes on (ARCHITECTURE.md E12). Throws StartRefused where the position, the state and the log do not fit, which says why and what can be done;
 * `rebuild` and `force` are the two ways of doing it all the same.
 */
export const planRestore = (found: Found, restore: Restore, log: Pick<Logger, 'warn'>): RestorePlan => {
  const { snapshot, committed, start, end } = found;
  if (restore === 'replay') return { snapshot: undefined, from: start, silentUntil: committed! };
  const trouble = troubleOf(found);
  if (trouble === undefined) {
    if (committed === undefined) return { snapshot: undefined, from: start, silentUntil: start };
    return { snapshot, from: snapshot!.reread_from, silentUntil: committed };
  }
  if (restore === 'strict') throw new StartRefused(trouble.code, `${trouble.why} ${trouble.ways}`);
  log.warn({ code: trouble.code, restore }, trouble.why);
  // What a snapshot has seen is out, since both became visible together.
  const position = Math.min(Math.max(committed ?? start, snapshot?.next_offset ?? start, start), end);
  if (restore === 'rebuild') return { snapshot: undefined, from: start, silentUntil: position };
  if (snapshot === undefined) return { snapshot, from: position, silentUntil: position };
  // What the snapshot would need of a log that is gone is left out.
  return { snapshot, from: Math.min(Math.max(snapshot.reread_from, start), position), silentUntil: position };
};

interface Trouble { readonly code: string; readonly why: string; readonly ways: string }

const troubleOf = ({ pipeline, topic, partition, identity, snapshot, committed, start, end }: Found): Trouble | undefined => {
  const name = `${topic}-${partition}`;
  const rebuild = `\`oddstream run ${pipeline} --rebuild\` makes the state again from what the log holds`;
  const force = `\`--force\` goes on with what there is, and its results may differ from an undisturbed run's`;
  if (committed === undefined && snapshot === undefined) return undefined;
  if (committed !== undefined && (committed < start || committed > end)) {
    return { code: 'committed_out_of_range', why: `${pipeline} has committed offset ${committed} of ${name}, but the log holds ${start} to ${end}.`,
      ways: `Was the topic made anew, or its retention shorter than the pause? ${force}, from the nearest offset that there is.` };
  }
  if (committed === undefined) {
    return { code: 'committed_missing', why: `${pipeline} has a snapshot of ${name} up to offset ${snapshot!.next_offset}, but its group has no position there.`,
      ways: `Was the group deleted, or idle for longer than the broker keeps positions? ${force}: from the snapshot's position; results that were out already may come again.` };
  }
  if (snapshot === undefined) {
    return { code: 'snapshot_missing', why: `${pipeline} has committed offset ${committed} of ${name}, but its changelog has no snapshot of that partition.`,
      ways: `Was the changelog deleted? ${rebuild}; ${force}.` };
  }
  if (committed < snapshot.next_offset) {
    return { code: 'committed_behind_snapshot', why: `${pipeline} has committed offset ${committed} of ${name}, but its snapshot is of offset ${snapshot.next_offset}.`,
      ways: `Was the group's position set back? To read a range of the log again is a replay, in a namespace of its own. ${rebuild}; ${force}.` };
  }
  if (snapshot.reread_from < start && snapshot.reread_from < committed) {
    return { code: 'snapshot_too_old', why: `${pipeline}'s snapshot of ${name} needs the log from offset ${snapshot.reread_from} on, but it begins at ${start}.`,
      ways: `Was the pause longer than the topic's retention? ${rebuild}; ${force}.` };
  }
  const other = otherThan(identity, snapshot);
  if (other !== undefined && snapshot.next_offset < committed) {
    return { code: 'snapshot_of_another', why: `${pipeline}'s snapshot of ${name} is of ${other}, and ${committed - snapshot.next_offset} offsets would have to be read again as that was.`,
      ways: `Stop it gracefully with the version and settings that it ran with before changing them; or ${rebuild}; ${force}.` };
  }
  return undefined;
};

/** In what a snapshot's task is another one; undefined for in nothing. */
const otherThan = ({ topology, version, config, targets }: TaskIdentity, snapshot: TaskSnapshot): string | undefined => {
  if (snapshot.topology !== topology) return `the topology ${snapshot.topology}, not ${topology}`;
  if (snapshot.version !== version) return `version ${snapshot.version} of the topology, not ${version}`;
  if (snapshot.config !== config) return `other settings (${snapshot.config}, not ${config})`;
  if (snapshot.targets.join() !== targets.join()) return `other targets (${snapshot.targets.join(', ')}, not ${targets.join(', ')})`;
  return undefined;
};

/** A value as JSON with the keys of objects in order, so that equal settings are equal texts. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, (_key, part: unknown) =>
  (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));
