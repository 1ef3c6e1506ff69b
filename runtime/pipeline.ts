import type { ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { Row } from '../schemas/codec/columns.ts';
import type { Writer } from '../schemas/codec/schema.ts';
import type { Topic } from '../schemas/topic.ts';
import type { AnyTopic, StoreClasses, Targets, Topology } from '../stream/topology.ts';
import type { LatestValues, Sink } from './ports.ts';

/** A deployable unit that runs a topology: its name is also the consumer group. */
export interface TopologyPipeline<
  V = any, R extends Row = any, W extends Writer = any, Key extends string = any, // eslint-disable-line @typescript-eslint/no-explicit-any
  T extends Targets = any, S extends StoreClasses = any, C = any, // eslint-disable-line @typescript-eslint/no-explicit-any
> {
  readonly kind: 'topology';
  readonly name: string;
  readonly doc: string;
  readonly topology: Topology<V, R, W, Key, T, S, C>;
  /** The targets that are wanted: one that nobody wants costs nothing. */
  readonly wants: readonly (keyof T & string)[];
  readonly config: z.ZodType<C>;
  readonly maxSkewMs: (config: C) => number;
}

/** A deployable unit that takes a topic into a database or a cache. */
export interface SinkPipeline<V = any, R extends Row = any, W extends Writer = any, C = any, S extends Sinks<R> = Sinks<R>> { // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly kind: 'sink';
  readonly name: string;
  readonly doc: string;
  readonly source: Topic<V, R, W>;
  readonly config: z.ZodType<C>;
  readonly maxSkewMs: (config: C) => number;
  readonly sink: (servers: SinkServers, config: C, name: string) => Promise<S>;
  /** Rows in one transaction at most, and how long the first of them waits, ms; 0: until nothing more has arrived, so that a transaction takes what came during the one before. */
  readonly batch: (config: C) => { readonly maxRows: number; readonly maxWaitMs: number };
}

/** One that takes all, or several that share the partitions: while one of them waits for its destination, another one is read for. */
type Sinks<R extends Row> = Sink<R> | readonly Sink<R>[];

/** Where sinks find what they write to. */
export interface SinkServers {
  /** PostgreSQL as a sink of odds. */
  readonly postgresUrl: string;
  /** The same database as a writer of bets: who writes odds sees nothing of money. */
  readonly betsUrl: string;
  readonly redisUrl: string;
  readonly namespace: string;
  /** Reads a topic beside the sink's own, of each key the newest value. Resolves once all is read that it held; `onChange` is told of each key that has a new value, or none any more. */
  readonly latestValues: (topic: { readonly name: string }, onChange?: (key: string) => void) => Promise<LatestValues>;
}

/**
 * A deployable unit that joins topics: the newest values of compacted topics, kept in memory and read in no group. Each of its results names the offsets of what it
 * was made of. It is to run once: a second one says all again.
 */
export interface JoinPipeline<C = any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly kind: 'join';
  readonly name: string;
  readonly doc: string;
  readonly config: z.ZodType<C>;
  readonly targets: readonly AnyTopic[];
  /** Runs until the signal is raised; where that is asked for, ends once it has said what follows from what the topics hold now. */
  readonly run: (servers: JoinServers, config: C) => Promise<void>;
}

/** What a join is given by the process it runs in. */
export interface JoinServers {
  readonly signal: AbortSignal;
  readonly untilEnd: boolean;
  readonly namespace: string;
  readonly log: Logger;
  /** Metrics of this life: the next one begins with none. */
  readonly registry: Registry;
  readonly latestValues: SinkServers['latestValues'];
  /** Puts a value into one of the targets, by its key. */
  readonly send: <Value>(topic: Topic<Value, any, any>, value: Value) => void; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Starts a module of ours as a process that exchanges messages with this one; it is not ended with it. */
  readonly fork: (module: URL, args: readonly string[]) => ChildProcess;
  /** To be called once all is read, and the work begins. */
  readonly started: () => void;
  /** Resolves once all that was sent is durable. */
  readonly flush: () => Promise<void>;
}

/** One that takes a topic record by record, and has a position in it. */
export type RecordPipeline = TopologyPipeline | SinkPipeline;
export type Pipeline = RecordPipeline | JoinPipeline;

/** The topic that a pipeline takes record by record. */
export const sourceOf = (pipeline: RecordPipeline): AnyTopic => (pipeline.kind === 'topology' ? pipeline.topology.source : pipeline.source) as AnyTopic;

export const topologyPipeline = <V, R extends Row, W extends Writer, Key extends string, T extends Targets, S extends StoreClasses, C>(
  pipeline: Omit<TopologyPipeline<V, R, W, Key, T, S, C>, 'kind'>,
): TopologyPipeline<V, R, W, Key, T, S, C> => Object.freeze({ kind: 'topology', ...pipeline });

export const sinkPipeline = <V, R extends Row, W extends Writer, C, S extends Sinks<R>>(
  pipeline: Omit<SinkPipeline<V, R, W, C, S>, 'kind'>,
): SinkPipeline<V, R, W, C, S> => Object.freeze({ kind: 'sink', ...pipeline });

export const joinPipeline = <C>(pipeline: Omit<JoinPipeline<C>, 'kind'>): JoinPipeline<C> => Object.freeze({ kind: 'join', ...pipeline });
