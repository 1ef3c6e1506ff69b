import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../connectors/random.ts';
import { sourceOf } from '../../runtime/pipeline.ts';
import { topicName } from '../../schemas/topics.ts';
import type { Meddler } from './input.ts';
import type { Part } from '../start/part.ts';
import { type ProcessName, type Rig } from './rig.ts';
import type { FaultKind } from './schedule.ts';
import { type SmallDisk } from './small-disk.ts';
import { until } from './until.ts';

/** What a fault did, and how long it took until all went on. */
export interface Happened {
  /** For a person: which process, how often, for how long. */
  readonly what: string;
  /** From the restart (of a process: of itself; of a server: since it answers again; of disturbed input: since it was written) to the next commit, ms. */
  readonly recoveryMs?: number;
  /** From the death of a process to the first commits of another one on all of its partitions, ms. */
  readonly takeoverMs?: number;
}

export interface Hands { readonly rig: Rig; readonly meddler: Meddler; readonly random: Random }
type Fault = (hands: Hands) => Promise<Happened>;

/** A member of a group is one until its session has ended, ms. */
const SESSION_MS = 10_000;
/** What a disk is left when it is made full, bytes: the next segments do not fit. */
const LEFT_BYTES = 64 * 1_024;
const BROKER_FALLS_MS = 25_000;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const pause = (rig: Rig, ms: number): Promise<void> => wait(ms, undefined, { signal: rig.signal });
const bestOdds: readonly ProcessName[] = ['best-odds-a', 'best-odds-b'];

/** kill -9 of a process of pipelines, once or again while it restores; now and then it stays away until its session has ended. */
const killProcess = async (rig: Rig, name: ProcessName, random: Random): Promise<Happened> => {
  const part = rig.parts.get(name)!;
  const owned = await rig.owned(name);
  const killedMs = performance.now();
  await part.kill();
  if (bestOdds.includes(name) && random.happens(0.25)) {
    const takeoverMs = await rig.committed(owned, killedMs, { every: true });
    part.start();
    return { what: `${name}, away until another had taken over`, takeoverMs, recoveryMs: await rig.checkpointed(name, performance.now()) };
  }
  const downMs = random.between(0, SESSION_MS / 3);
  await pause(rig, downMs);
  let times = 1;
  for (; times < 3 && random.happens(0.3); times++) {
    part.start();
    await pause(rig, random.between(200, 4_000));
    await part.kill();
  }
  const before = await rig.held(owned);
  const startedMs = performance.now();
  part.start();
  return { what: `${name}${times > 1 ? `, ${times} times in a row` : `, down ${seconds(downMs)}`}`, recoveryMs: await rig.committed(before, startedMs) };
};

/** Ends a server; now and then a process dies while it is away, and must start without it. Then starts it, and waits for a pipeline that needs it. */
const killServer = async ({ rig, random }: Hands, server: 'kafka' | 'postgres' | 'redis', by: NodeJS.Signals, needing: string): Promise<Happened> => {
  await rig.servers.kill(server, by);
  const victim: ProcessName | undefined = random.happens(0.3) ? random.pick(['best-odds-a', 'best-odds-b', 'sinks', 'derived'] as const) : undefined;
  const downMs = random.between(0, 6_000);
  if (victim !== undefined) {
    await rig.parts.get(victim)!.kill();
    rig.parts.get(victim)!.start();
  }
  await pause(rig, downMs);
  return { what: `${by}, down ${seconds(downMs)}${victim === undefined ? '' : `, ${victim} killed meanwhile`}`, recoveryMs: await serverRecovery(rig, server, needing) };
};

const serverRecovery = async (rig: Rig, server: 'kafka' | 'postgres' | 'redis' | 'registry', needing: string): Promise<number> => {
  if (!rig.servers.isUp(server)) await rig.servers.start(server);
  const upMs = performance.now();
  return rig.committed(await rig.all(needing), upMs);
};

/** Waits until best-odds has passed what was written. */
const disturbed = async ({ rig, meddler }: Hands, write: () => Promise<string>): Promise<Happened> => {
  const what = await write();
  const writtenMs = performance.now();
  const ends = await meddler.ends();
  const recoveryMs = await until('best-odds passed what was written', async () => {
    const positions = await rig.positions.of(rig.pipeline('best-odds'));
    return Array.from(ends).every(([partition, end]) => (positions.get(partition) ?? 0) >= end);
  }, { limitMs: 60_000, signal: rig.signal, sinceMs: writtenMs });
  return { what, recoveryMs };
};

/** What each kind of fault is. Throws NotInTime where the run does not recover from it. */
export const faults: Readonly<Record<FaultKind, Fault>> = {
  'kill best-odds': ({ rig, random }) => killProcess(rig, random.pick(bestOdds), random),
  'kill sinks': ({ rig, random }) => killProcess(rig, random.pick(['sinks', 'derived']), random),

  async 'kill feed'({ rig, random }) {
    const downMs = random.between(0, 20_000);
    await rig.parts.get('feed')!.kill();
    await pause(rig, downMs);
    const startedMs = performance.now();
    rig.startFeed();
    return { what: `down ${seconds(downMs)}`, recoveryMs: await rig.feedSends(startedMs) };
  },

  async 'kill clock'({ rig, random }) {
    const downMs = random.between(1_000, 8_000);
    await rig.parts.get('clock')!.kill();
    await pause(rig, downMs);
    return { what: `down ${seconds(downMs)}`, recoveryMs: await rig.startClock() };
  },

  'kill broker': (hands) => killServer(hands, 'kafka', 'SIGKILL', 'best-odds'),
  'postgres immediate': (hands) => killServer(hands, 'postgres', hands.random.happens(0.3) ? 'SIGKILL' : 'SIGQUIT', 'odds-history'),
  'kill redis': (hands) => killServer(hands, 'redis', 'SIGKILL', 'odds-cache'),

  async 'redis flushall'({ rig }) {
    const ends = await rig.positions.ends(topicName(sourceOf(rig.pipeline('odds-cache'))));
    const startedMs = performance.now();
    await rig.flushRedis();
    const recoveryMs = await until('odds-cache has written all books again', async () => {
      const positions = await rig.positions.of(rig.pipeline('odds-cache'));
      return Array.from(ends).every(([partition, end]) => (positions.get(partition) ?? 0) >= end);
    }, { limitMs: 120_000, signal: rig.signal, sinceMs: startedMs });
    return { what: 'until all books are back', recoveryMs };
  },

  async zombie({ rig, random }) {
    const name = random.pick([...bestOdds, ...bestOdds, 'sinks', 'derived'] as const);
    const part = rig.parts.get(name)!;
    const owned = await rig.owned(name), checkpoints = await rig.checkpoints(name);
    const frozenMs = performance.now();
    part.freeze();
    try {
      const isShared = bestOdds.includes(name);
      const takeoverMs = isShared ? await rig.committed(owned, frozenMs, { every: true }) : undefined;
      await pause(rig, Math.max(0, SESSION_MS + random.between(1_000, 5_000) - (performance.now() - frozenMs)));
      const thawedMs = performance.now();
      part.thaw();
      const recoveryMs = await rig.checkpointed(name, thawedMs, checkpoints);
      return { what: `${name} for ${seconds(thawedMs - frozenMs)}`, recoveryMs, ...(takeoverMs === undefined ? {} : { takeoverMs }) };
    } finally {
      part.thaw();
    }
  },

  async 'rebalance storm'({ rig, random }) {
    const extras: Part[] = [];
    for (let i = 0; i < 3; i++) {
      extras.push(rig.extra());
      await pause(rig, random.between(300, 3_000));
    }
    await pause(rig, random.between(500, 4_000));
    for (const extra of extras) {
      if (random.happens(0.5)) await extra.kill(); else await extra.stop(20_000);
      await pause(rig, random.between(0, 1_500));
    }
    const calmMs = performance.now();
    return { what: '3 members came and went', recoveryMs: await rig.committed(await rig.all('best-odds'), calmMs, { every: true }) };
  },

  duplicates: (hands) => disturbed(hands, () => hands.meddler.duplicates(hands.random)),
  reordered: (hands) => disturbed(hands, () => hands.meddler.reordered(hands.random)),
  late: (hands) => disturbed(hands, () => hands.meddler.late(hands.random)),
  poison: (hands) => disturbed(hands, () => hands.meddler.poison(hands.random)),

  async 'broker disk full'({ rig }) {
    const disk = mounted(rig.kafkaDisk);
    const fullMs = performance.now();
    let fell = true;
    try {
      disk.fill(LEFT_BYTES);
      await until('the broker has fallen', () => !rig.servers.isUp('kafka'), { limitMs: BROKER_FALLS_MS, signal: rig.signal }).catch(() => { fell = false; });
    } finally {
      disk.free();
    }
    return { what: `${fell ? 'the broker fell after' : 'the broker stood it for'} ${seconds(performance.now() - fullMs)}`, recoveryMs: await serverRecovery(rig, 'kafka', 'best-odds') };
  },

  async 'postgres disk full'({ rig, random }) {
    const disk = mounted(rig.postgresDisk);
    const fullMs = performance.now();
    try {
      disk.fill(LEFT_BYTES);
      await pause(rig, random.between(8_000, 15_000));
    } finally {
      disk.free();
    }
    const fell = !rig.servers.isUp('postgres');
    return { what: `for ${seconds(performance.now() - fullMs)}${fell ? ', it fell' : ''}`, recoveryMs: await serverRecovery(rig, 'postgres', 'odds-history') };
  },

  async 'registry down'({ rig, random }) {
    const name = random.pick(bestOdds);
    const owned = await rig.owned(name);
    await rig.servers.kill('registry', 'SIGKILL');
    await rig.parts.get(name)!.kill();
    rig.parts.get(name)!.start();
    await pause(rig, random.between(3_000, 7_000));
    await rig.servers.start('registry');
    const upMs = performance.now();
    return { what: `${name} killed meanwhile`, recoveryMs: await rig.committed(await rig.held(owned), upMs) };
  },
};

const mounted = (disk: SmallDisk | string): SmallDisk => {
  if (typeof disk === 'string') throw new Error(`there is no small disk: ${disk}`);
  return disk;
};
