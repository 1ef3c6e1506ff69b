import { pino } from 'pino';
import { ChangedKeysSchema } from '../../schemas/generated/changed-keys.ts';
import { ProviderStatusSchema } from '../../schemas/generated/provider-status.ts';
import { TaskSnapshotSchema } from '../../schemas/generated/task-snapshot.ts';
import { WindowStateSchema } from '../../schemas/generated/window-state.ts';
import type { Fates } from '../../stream/fates.ts';
import { changelogTopic, entriesOf, TASK } from '../changelog.ts';
import type { RuntimeContext, SnapshotEvery } from '../context.ts';
import type { Metrics } from '../metrics.ts';
import type { TopologyPipeline } from '../pipeline.ts';
import { CheckpointAborted, UnknownSchemaId } from '../ports.ts';
import { runTopology, type TopologyPorts } from '../run-topology.ts';
import { supervise } from '../supervise.ts';
import type { Broker } from './broker.ts';
import { SimulatedChangelog, SimulatedPublisher, SimulatedSource } from './client.ts';
import { UPDATE_ID } from './input.ts';
import { Process } from './process.ts';
import type { StandingConfig } from './standing.ts';

/** What all members of a simulation have in common. */
export interface Deployment {
  readonly broker: Broker;
  readonly pipeline: TopologyPipeline;
  readonly config: StandingConfig;
  readonly snapshotEvery: SnapshotEvery;
  readonly pollRecords: number;
  /** The ports as a life gets them: a test breaks them here. */
  readonly ports: (ports: TopologyPorts, around: Around) => TopologyPorts;
  /** Something happened that must not happen to anybody. */
  readonly failed: (error: unknown) => void;
  readonly trace: (line: string) => void;
}

/** What a wrapper of ports may use. */
export interface Around { readonly broker: Broker; readonly process: Process; readonly context: RuntimeContext; readonly pipeline: TopologyPipeline; readonly publisher: SimulatedPublisher }

const log = pino({ level: 'silent' });
const schemas = new Map([[UPDATE_ID, ProviderStatusSchema.avsc], [2, TaskSnapshotSchema.avsc], [3, WindowStateSchema.avsc], [4, ChangedKeysSchema.avsc]]);
/** The simulation's registry. */
export const registry: Pick<RuntimeContext, 'schemaIdOf' | 'schemaOf'> = {
  schemaIdOf: ({ name }) => ids.get(name) ?? UPDATE_ID,
  async schemaOf(id) {
    const schema = schemas.get(id);
    if (schema === undefined) throw new UnknownSchemaId(`no schema has the id ${id}`);
    return schema;
  },
};
const ids = new Map([[TASK, 2], ['window', 3], ['changes', 4]].map(([store, id]) => [entriesOf('standing', store as string, TaskSnapshotSchema).name, id as number]));

/** The context of a life in a simulation. */
export const contextOf = ({ broker, snapshotEvery, failed }: Pick<Deployment, 'broker' | 'snapshotEvery' | 'failed'>, signal: AbortSignal): RuntimeContext =>
  ({ ...registry, signal, log, metrics: accountant(failed), clock: () => broker.agenda.nowMs, namespace: '', checkpointMs: 200, snapshotEvery, restore: 'strict', doubtful: new Map() });

/** A reason of its own for ending: the default one is an error with a stack, each time. */
const STOP = 'stop';
const nothing = (): void => undefined;
/** Watches the accounts at each checkpoint. */
const accountant = (failed: (error: unknown) => void): Metrics => ({
  resumed: nothing, dropped: nothing, progress: nothing, quietFor: nothing, published: nothing, sinkRows: nothing, batchTook: nothing, checkpointTook: nothing, windowPublished: nothing,
  accounts(partition: number, fates: Fates) { if (fates.unaccounted !== 0) failed(new Error(`of partition ${partition} ${fates.unaccounted} records are unaccounted for`)); },
});

/** An instance of the pipeline: one process after the other, each of them supervised. */
export class Member {
  readonly instance: string;
  process: Process | undefined;
  readonly #deployment: Deployment;
  #stop = new AbortController();
  #onEnd: (() => void) | undefined;

  constructor(instance: string, deployment: Deployment) { this.instance = instance; this.#deployment = deployment; }

  start(): void {
    if (this.process !== undefined) return;
    const { broker, failed, trace } = this.#deployment, process = this.process = new Process(this.instance, broker.network), stop = this.#stop = new AbortController();
    trace(`${this.instance} starts`);
    void supervise({
      name: this.instance, signal: stop.signal, clock: () => broker.agenda.nowMs,
      run: (signal, started) => { started(); return this.#live(process, signal); },
      verdict(error) {
        if (error instanceof CheckpointAborted) return 'passing';
        failed(error);
        return 'refusal';
      },
      onRestart: (error, ms) => { trace(`${this.instance} begins anew in ${ms} ms: ${(error as Error).message}`); },
      pause: (ms) => process.sleep(ms),
    }).catch(failed).then(() => {
      trace(`${this.instance} has stopped`);
      this.#end(process);
    });
  }

  #end(process: Process): void {
    process.kill();
    this.#deployment.broker.group.silent(process);
    this.process = undefined;
    this.#onEnd?.();
    this.#onEnd = undefined;
  }

  async #live(process: Process, signal: AbortSignal): Promise<void> {
    const deployment = this.#deployment, { broker, config, pipeline, pollRecords } = deployment, context = contextOf(deployment, signal);
    const source = new SimulatedSource(process, this.instance, broker, pollRecords), publisher = new SimulatedPublisher(process, this.instance, broker, source);
    const changelog = new SimulatedChangelog(process, changelogTopic(pipeline.name, ''), broker);
    try {
      await source.join();
      await publisher.begin();
      const around = { broker, process, context, pipeline, publisher };
      await runTopology(pipeline, config, deployment.ports({ source, publisher, changelog }, around), context);
    } finally {
      await publisher.close();
      await source.close();
      // Whoever comes again does not say that it leaves.
      if (signal.aborted && broker.network.random.chance(0.5)) await source.leave();
    }
  }

  kill(): void {
    const { process } = this;
    if (process === undefined) return;
    this.#deployment.trace(`${this.instance} is killed`);
    this.#end(process);
  }

  /** It stands still, and knows nothing of it. */
  pause(): void {
    const { process } = this;
    if (process === undefined || process.isPaused) return;
    this.#deployment.trace(`${this.instance} stands still`);
    process.pause();
    this.#deployment.broker.group.silent(process);
  }

  resume(): void {
    if (this.process?.isPaused !== true) return;
    this.#deployment.trace(`${this.instance} goes on`);
    this.process.resume();
  }

  /** Asks it to end properly; `onEnd` is called once it has, in whichever way. */
  stop(onEnd?: () => void): void {
    if (this.process === undefined) { onEnd?.(); return; }
    this.#deployment.trace(`${this.instance} is to stop`);
    const earlier = this.#onEnd;
    this.#onEnd = () => { earlier?.(); onEnd?.(); };
    this.#stop.abort(STOP);
    // Told here: what listens to a signal outlives young collections, and all of the schedule with it.
    this.#deployment.broker.network.changed();
  }
}
