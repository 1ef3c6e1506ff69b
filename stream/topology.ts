import { type Observable, Subject } from 'rxjs';
import type { Columns, Row } from '../schemas/codec/columns.ts';
import type { Encoded } from '../schemas/codec/encoded.ts';
import type { Writer } from '../schemas/codec/schema.ts';
import type { Topic } from '../schemas/topic.ts';
import type { Batch } from './batch.ts';
import type { Store, StoreClass, Task } from './task.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any topic at all: its row, writer and key are checked where it is used
export type AnyTopic = Topic<any, any, any, any>;
export type Targets = Readonly<Record<string, AnyTopic>>;
export type StoreClasses = Readonly<Record<string, StoreClass>>;

/** What a topology gives: encoded values for each of its targets. */
export type Outputs<T extends Targets> = {
  readonly [Name in keyof T]: T[Name] extends Topic<infer V, infer _R, infer _W, infer _K> ? Observable<Encoded<V>> : never;
};
type Stores<S extends StoreClasses> = { readonly [Name in keyof S]: InstanceType<S[Name]> };

/** A pure, typed function from one topic to named topics. It holds no I/O, no clock and no scheduler. */
export interface Topology<
  V = any, R extends Row = any, W extends Writer = any, Key extends string = any, // eslint-disable-line @typescript-eslint/no-explicit-any
  T extends Targets = any, S extends StoreClasses = any, C = any, // eslint-disable-line @typescript-eslint/no-explicit-any
> {
  readonly name: string;
  /** Counts up when the same log would give other outputs: a snapshot of another version is refused. */
  readonly version: number;
  readonly source: Topic<V, R, W, Key>;
  /** The fields of a value that it looks at; only these are decoded. Left out: all. */
  readonly reads?: readonly (keyof V & string)[];
  readonly targets: T;
  readonly stores: S;
  /** How far back a quote or other state can have its cause, ms: what lies further back in the log makes no difference to it. */
  readonly horizonMs: (config: C) => number;
  /** The stores of which that is not so: what they hold may have its cause anywhere in the log. */
  readonly withoutHorizon?: readonly (keyof S & string)[];
  readonly build: (input: Observable<Batch<R, Key>>, config: C, stores: Stores<S>) => Outputs<T>;
}

/** Declares a topology. A stage out of order, a store or a writer that does not fit, a target that is missing or not declared: compile errors. */
export const topology = <
  V, R extends Row, W extends Writer, Key extends string, const T extends Targets, const S extends StoreClasses, C, O extends Outputs<T>,
>(definition: Omit<Topology<V, R, W, Key, T, S, C>, 'build'> & {
  readonly build: (input: Observable<Batch<R, Key>>, config: C, stores: Stores<S>) => O & { readonly [Surplus in Exclude<keyof O, keyof T>]: never };
}): Topology<V, R, W, Key, T, S, C> => Object.freeze(definition);

/** Where a running topology's outputs go, in the order in which they come. Values are only valid until the call returns. */
export type Emit = (target: string, values: Encoded) => void;

/** A topology at work in a task. Targets that nobody wants are not subscribed to and cost nothing. */
export const start = (
  { build, stores: storeClasses, targets }: Topology, config: unknown, wanted: readonly string[], task: Task, emit: Emit,
): ((rows: Columns) => void) => {
  const stores: Record<string, Store> = {};
  for (const [name, StoreOf] of Object.entries<StoreClass>(storeClasses)) task.addStore(name, stores[name] = new StoreOf(task));

  const input = new Subject<Batch>();
  let failure: unknown;
  const outputs = build(input, config, stores) as Record<string, Observable<Encoded>>;
  for (const target of wanted) {
    const output = outputs[target];
    if (output === undefined || !(target in targets)) throw new RangeError(`there is no target '${target}': choose from ${Object.keys(targets).join(', ')}`);
    output.subscribe({
      next: (values) => { if (values.size > 0) emit(target, values); },
      error: (reason: unknown) => { failure = reason; },
    });
  }

  const batch: { rows: Columns; task: Task } = { rows: undefined as unknown as Columns, task };
  return (rows) => {
    batch.rows = rows;
    input.next(batch);
    if (failure !== undefined) throw failure as Error;
    task.sweep();
  };
};
