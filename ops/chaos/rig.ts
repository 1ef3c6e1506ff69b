import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { FeedProgress } from '../../connectors/feeds/run.ts';
import { tickHeaders } from '../../connectors/kafka/control.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { loadRecordPipeline } from '../../pipelines/index.ts';
import { type RecordPipeline, sourceOf } from '../../runtime/pipeline.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { parseSamples } from '../cli/figures.ts';
import { hosts } from '../cli/processes.ts';
import { migrate } from '../migrations/migrate.ts';
import type { StackAddresses } from '../stack/stack.ts';
import type { ChildEnd } from '../start/child.ts';
import { Part } from '../start/part.ts';
import { type Offsets, Positions } from './positions.ts';
import { SmallDisk } from './small-disk.ts';
import { CampaignServers } from './servers.ts';
import { until } from './until.ts';

/** Which pipelines run in which process. Two processes share the partitions of best-odds. */
export const processes = {
  'best-odds-a': ['best-odds'],
  'best-odds-b': ['best-odds'],
  sinks: ['odds-history', 'best-odds-history', 'arbitrage-history', 'events'],
  derived: ['odds-cache', 'fair-odds'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type ProcessName = keyof typeof processes;
export const processNames = Object.freeze(Object.keys(processes) as ProcessName[]);
export const pipelinesUnderTest = Object.freeze([...new Set(Object.values(processes).flat())]);

/**
 * The pipelines' own settings in a campaign. Quotes live for a minute instead of twenty, so that the quotes of a feed that was killed die within the run.
 */
export const settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { 'best-odds': { quoteTtlMs: 60_000 } };

export interface RigOptions {
  /** Folder of this campaign; its servers' home lies in it. */
  readonly folder: string;
  readonly seed: number;
  /** Updates per second. */
  readonly rate: number;
  readonly markets: number;
  readonly say: (line: string) => void;
  /** A process has ended by itself, and is started again. */
  readonly onEnd: (name: string, end: ChildEnd, lastWords: string) => void;
  readonly signal: AbortSignal;
}

/** Where commits are to come from: partitions by pipeline, with the position that each has. */
export type Owned = ReadonlyMap<string, Offsets>;

const RECOVERY_LIMIT_MS = 120_000;
const STOP_MS = 30_000;

/** Servers and processes of one campaign, and what a fault can do to them. */
export class Rig {
  readonly servers: CampaignServers;
  readonly signal: AbortSignal;
  readonly parts: ReadonlyMap<ProcessName | 'feed' | 'clock', Part>;
  /** The broker's and PostgreSQL's file systems, or why there are none. */
  kafkaDisk: SmallDisk | string = 'not mounted yet';
  postgresDisk: SmallDisk | string = 'not mounted yet';
  readonly #options: RigOptions;
  readonly #pipelines = new Map<string, RecordPipeline>();
  readonly #disks: SmallDisk[] = [];
  readonly #extras: Part[] = [];
  #addresses: StackAddresses | undefined;
  #positions: Positions | undefined;
  /** Messages that the feed that runs now has sent. */
  #feedTotal = 0;

  constructor(options: RigOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.servers = new CampaignServers(options);
    const { seed, rate, markets } = options;
    const parts = new Map<ProcessName | 'feed' | 'clock', Part>();
    for (const name of processNames) parts.set(name, this.#part(name, ['run', ...processes[name], '--instance', name, '--port', '0']));
    parts.set('clock', this.#part('clock', ['clock']));
    const matches = Math.max(2, Math.round(markets / 6));
    parts.set('feed', this.#part('feed', ['feed', 'simulator', '--seed', String(seed), '--rate', String(rate), '--markets', String(markets), '--matches', String(matches), '--event-minutes', '1'], (message) => {
      const { progress } = (message ?? {}) as { progress?: FeedProgress };
      if (progress !== undefined) this.#feedTotal = progress.total;
    }));
    this.parts = parts;
  }

  get addresses(): StackAddresses { return this.#addresses!; }
  get positions(): Positions { return this.#positions!; }
  get home(): string { return this.servers.home; }
  get logs(): string { return this.servers.logs; }
  pipeline(name: string): RecordPipeline { return this.#pipelines.get(name)!; }
  config(name: string): unknown { return this.pipeline(name).config.parse(settings[name] ?? {}); }

  /** Brings up servers, topics, tables and processes. */
  async up(): Promise<void> {
    const { say, signal } = this.#options;
    for (const name of pipelinesUnderTest) this.#pipelines.set(name, await loadRecordPipeline(name));
    this.servers.prepare();
    this.#mountDisks();
    this.#addresses = await this.servers.begin();
    this.#positions = new Positions(this.addresses);
    const { brokers, registryUrl, postgres } = this.addresses;
    await applyTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace: '' }), namespace: '' });
    await migrate({ connectionString: postgres.owner.url, connectionTimeoutMillis: 10_000 }, { schema: 'public' });
    signal.throwIfAborted();
    for (const part of this.parts.values()) part.start();
    await until('all pipelines have committed', () => this.#allHaveBegun(), { limitMs: RECOVERY_LIMIT_MS, signal });
    say('servers and processes are up');
  }

  /** The answer to a question, asked again while a server or a process that was just started refuses. Throws NotInTime. */
  async patiently<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    let answer: Answer | undefined;
    await until(what, async () => { answer = await ask(); return true; }, { limitMs: RECOVERY_LIMIT_MS, signal: this.signal });
    return answer!;
  }

  /** Partitions that a process holds, with each pipeline's positions on them. */
  owned(name: ProcessName): Promise<Owned> { return this.patiently(`${name} says what it holds`, () => this.#owned(name)); }

  async #owned(name: ProcessName): Promise<Owned> {
    const samples = await this.figures(name);
    const owned = new Map<string, Offsets>();
    for (const pipeline of processes[name]) {
      const held = samples.filter((sample) => sample.name === 'oddstream_lag_offsets' && sample.labels['pipeline'] === pipeline).map(({ labels }) => Number(labels['partition']));
      const positions = await this.positions.of(this.pipeline(pipeline));
      owned.set(pipeline, new Map(held.map((partition) => [partition, positions.get(partition) ?? 0])));
    }
    return owned;
  }

  /** The same partitions, with the positions that they have now. */
  held(owned: Owned): Promise<Owned> { return this.patiently('the positions are told', () => this.#held(owned)); }

  async #held(owned: Owned): Promise<Owned> {
    const now = new Map<string, Offsets>();
    for (const [name, of] of owned) {
      const positions = await this.positions.of(this.pipeline(name));
      now.set(name, new Map(Array.from(of.keys(), (partition) => [partition, positions.get(partition) ?? 0])));
    }
    return now;
  }

  /** All partitions of a pipeline, with its positions. */
  async all(name: string): Promise<Owned> {
    const positions = await this.patiently(`the positions of ${name} are told`, () => this.positions.of(this.pipeline(name)));
    return new Map([[name, new Map(Array.from({ length: sourceOf(this.pipeline(name)).partitions }, (_, partition) => [partition, positions.get(partition) ?? 0]))]]);
  }

  /**
   * Waits until each pipeline has committed again on one of these partitions (`every`: on each), and returns how long that took, ms since `sinceMs`. One that has nothing to read counts as recovered.
   * Throws NotInTime.
   */
  committed(owned: Owned, sinceMs: number, { every = false }: { readonly every?: boolean } = {}): Promise<number> {
    const names = Array.from(owned.keys());
    return until(`${names.join(', ')} committed again`, async () => {
      for (const [name, before] of owned) {
        const now = await this.positions.of(this.pipeline(name));
        const entries = Array.from(before);
        const moved = ([partition, offset]: [number, number]): boolean => (now.get(partition) ?? 0) > offset;
        if (every ? entries.every(moved) : entries.some(moved)) continue;
        const ends = await this.positions.ends(topicName(sourceOf(this.pipeline(name))));
        if (entries.some((entry) => !moved(entry) && ends.get(entry[0])! > entry[1])) return false;
      }
      return true;
    }, { limitMs: RECOVERY_LIMIT_MS, signal: this.signal, sinceMs });
  }

  /** Waits until a process has made a checkpoint in each of its pipelines, by its own figures. */
  checkpointed(name: ProcessName, sinceMs: number, before: ReadonlyMap<string, number> = new Map()): Promise<number> {
    return until(`${name} made a checkpoint`, async () => {
      const now = await this.checkpoints(name);
      return processes[name].every((pipeline) => (now.get(pipeline) ?? 0) > (before.get(pipeline) ?? 0));
    }, { limitMs: RECOVERY_LIMIT_MS, signal: this.signal, sinceMs });
  }

  /** How many checkpoints each pipeline of a process has made since the process began. */
  async checkpoints(name: ProcessName): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.figures(name)).filter((sample) => sample.name === 'oddstream_checkpoint_seconds_count').map(({ labels, value }) => [labels['pipeline']!, value]));
  }

  /** Waits until the feed that runs now has sent something. */
  feedSends(sinceMs: number): Promise<number> {
    return until('the feed sends', () => this.#feedTotal > 0, { limitMs: RECOVERY_LIMIT_MS, signal: this.signal, sinceMs });
  }

  /** Starts the clock, and waits until it ticks. */
  async startClock(): Promise<number> {
    const log = join(this.logs, 'clock.log'), lives = (): number => readFileSync(log, 'utf8').split('the clock is running').length, before = lives(), sinceMs = performance.now();
    this.parts.get('clock')!.start();
    return until('the clock runs', () => lives() > before, { limitMs: RECOVERY_LIMIT_MS, signal: this.signal, sinceMs });
  }

  startFeed(): void {
    this.#feedTotal = 0;
    this.parts.get('feed')!.start();
  }

  /** One process more that runs best-odds, without a name of its own among its group. */
  extra(): Part {
    const part = this.#part(`extra-${this.#extras.length + 1}`, ['run', 'best-odds', '--port', '0']);
    this.#extras.push(part);
    part.start();
    return part;
  }

  async flushRedis(): Promise<void> {
    const redis = new Redis(this.addresses.redisUrl, { maxRetriesPerRequest: 2 });
    redis.on('error', () => undefined);
    try {
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
  }

  /** Moves event time past every window, as feeds do that go on: a tick to each partition. */
  async finalTicks(): Promise<void> {
    const producer = await connectProducer({ brokers: this.addresses.brokers });
    try {
      const { partitions } = topics.oddsUpdates;
      for (let partition = 0; partition < partitions; partition++) producer.produce(topicName(topics.oddsUpdates), partition, null, null, tickHeaders(Date.now()));
      await producer.flush(60_000);
    } finally {
      await producer.disconnect();
    }
  }

  /** Where each pipeline stands short of its topic's end: empty when all is read and committed. */
  async lag(): Promise<ReadonlyMap<string, number>> {
    const lag = new Map<string, number>();
    for (const name of pipelinesUnderTest) {
      const [positions, ends] = [await this.positions.of(this.pipeline(name)), await this.positions.ends(topicName(sourceOf(this.pipeline(name))))];
      const behind = Array.from(ends).reduce((sum, [partition, end]) => sum + end - (positions.get(partition) ?? 0), 0);
      if (behind !== 0) lag.set(name, behind);
    }
    return lag;
  }

  /** What a process says of itself to Prometheus. */
  figures(name: ProcessName): ReturnType<typeof askSamples> { return askSamples(this.home, name, this.parts.get(name)!.pid); }

  /** Asks processes to stop. Returns those that did not end well. */
  async stop(...names: readonly (ProcessName | 'feed' | 'clock')[]): Promise<readonly string[]> {
    const ends = await Promise.all(names.map(async (name) => ({ name, end: await this.parts.get(name)!.stop(STOP_MS) })));
    return ends.flatMap(({ name, end }) => (end === undefined || (end.code === 0 && end.inTime) ? [] : [`${name} ${end.inTime ? `ended with ${end.signal ?? end.code}` : `did not stop within ${STOP_MS / 1_000} s`}`]));
  }

  /** Ends whatever is left, and takes its data away. Logs stay in the campaign's folder, in `logs`. */
  async down(): Promise<void> {
    await Promise.all([...this.parts.values(), ...this.#extras].map((part) => part.end()));
    await this.#positions?.close();
    for (const disk of this.#disks) disk.free();
    await this.servers.stop();
    for (const disk of this.#disks.reverse()) disk.unmount();
    await this.servers.wipe();
  }

  #part(name: string, args: readonly string[], onMessage?: (message: unknown) => void): Part {
    const own = Object.entries(settings).flatMap(([pipeline, of]) => Object.entries(of).flatMap(([setting, value]) => ['--set', `${pipeline}.${setting}=${JSON.stringify(value)}`]));
    return new Part({
      name, args: [...args, '--home', this.home, ...own], log: join(this.logs, `${name}.log`), onEnd: this.#options.onEnd, ...(onMessage === undefined ? {} : { onMessage }),
    });
  }

  /** PostgreSQL makes its data under another name and renames them: so its file system is that of all data, and the others have their own within. */
  #mountDisks(): void {
    const data = join(this.home, 'data');
    const mount = (folder: string): SmallDisk | string => {
      const disk = SmallDisk.mount(folder);
      if (typeof disk !== 'string') this.#disks.push(disk);
      return disk;
    };
    this.postgresDisk = mount(data);
    this.kafkaDisk = typeof this.postgresDisk === 'string' ? this.postgresDisk : mount(join(data, 'kafka'));
    if (typeof this.kafkaDisk !== 'string') mount(join(data, 'redis'));
  }


  async #allHaveBegun(): Promise<boolean> {
    for (const name of ['best-odds', 'odds-history', 'best-odds-history', 'odds-cache', 'fair-odds']) if ((await this.positions.of(this.pipeline(name))).size === 0) return false;
    return true;
  }
}

const askSamples = async (home: string, name: string, pid: number | undefined): Promise<ReturnType<typeof parseSamples>> => {
  const url = hosts(home).find((host) => host.pid === pid)?.url;
  if (url === undefined) throw new Error(`${name} does not run pipelines yet`);
  return parseSamples(await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) })).text());
};
