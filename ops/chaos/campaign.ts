import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PatientRegistry } from '../../connectors/kafka/patient-registry.ts';
import { topics } from '../../schemas/topics.ts';
import { faults } from './faults.ts';
import { Meddler } from './input.ts';
import type { FaultOutcome } from './report.ts';
import { pipelinesUnderTest, processes, processNames, Rig } from './rig.ts';
import { type FaultKind, fullDeck, type PlannedFault, schedule } from './schedule.ts';
import { NotInTime, until } from './until.ts';
import { type Check, verify, type Violation } from './verify.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly faults: number;
  /** The faults are spread over at least so long. */
  readonly minutes: number;
  /** Updates per second, and markets open at a time. */
  readonly rate: number;
  readonly markets: number;
  /** What the seed shuffles and deals. By default all kinds, some of them several times. */
  readonly deck?: readonly FaultKind[];
  /** What a campaign leaves: `campaign.jsonl` with all details, and the processes' `logs`. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface CampaignResult {
  readonly outcomes: readonly FaultOutcome[];
  readonly checks: readonly Check[];
  readonly violations: readonly Violation[];
  /** How often a process ended by itself and was started again: a start without a broker is such an end. */
  readonly ends: number;
}

const DRAIN_LIMIT_MS = 180_000;
/** How long a drained run must stay so, ms: what is written last has to flow through three pipelines. */
const DRAINED_MS = 2_000;
/** The pause between faults on average where they need not be spread over minutes, ms. */
const MEAN_PAUSE_MS = 3_000;
const PROGRESS_MS = 10_000;

/**
 * One campaign: brings everything up, disturbs it as the seed says, lets it come to rest, and holds what is there against what the input log says. Everything that
 * it started is ended when it returns or throws, also when the signal is raised.
 */
export const campaign = async (options: CampaignOptions): Promise<CampaignResult> => {
  const { folder, say, seed } = options;
  const note = (entry: Readonly<Record<string, unknown>>): void => { appendFileSync(join(folder, 'campaign.jsonl'), `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`); };
  note({ kind: 'begin', seed, faults: options.faults, rate: options.rate, markets: options.markets });
  let ends = 0;
  const violations: Violation[] = [];
  const rig = new Rig({
    ...options,
    onEnd: (name, end, lastWords) => {
      ends++;
      note({ kind: 'end', name, ...end, lastWords });
      if (/gave[ _]up|has given up/.test(lastWords)) violations.push({ check: 'processes', text: `${name} gave up`, first: [lastWords] });
    },
  });
  const work = async (): Promise<CampaignResult> => {
    await rig.up();
    const outcomes = await disturb(rig, options, note);
    for (const { number, kind, failure } of outcomes) if (failure !== undefined) violations.push({ check: 'recovery', text: `fault ${number}, ${kind}`, first: [failure] });
    violations.push(...await rest(rig, say));
    const checks = await verify({ addresses: rig.addresses, pipelines: pipelinesUnderTest.map((name) => rig.pipeline(name)), config: ({ name }) => rig.config(name), say });
    violations.push(...checks.flatMap((check) => check.violations));
    for (const { check, compared, note: remark } of checks) note({ kind: 'check', check, compared, remark });
    for (const violation of violations) note({ kind: 'violation', ...violation });
    return { outcomes, checks, violations, ends };
  };
  try {
    return await Promise.race([work(), raised(options.signal)]);
  } catch (error) {
    note({ kind: 'broken off', why: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    say('ending everything');
    await rig.down();
  }
};

/** Brings about one fault after the other. One that the run does not recover from is told, and the next comes all the same. */
const disturb = async (rig: Rig, options: CampaignOptions, note: (entry: Readonly<Record<string, unknown>>) => void): Promise<FaultOutcome[]> => {
  const { seed, say, signal } = options;
  const { brokers, registryUrl } = rig.addresses;
  const meddler = new Meddler(brokers, rig.positions, await new PatientRegistry(registryUrl, { namespace: '' }).idOf(topics.oddsUpdates));
  const planned = schedule(seed, options.faults, possible(rig, options.deck ?? fullDeck, say));
  const startedMs = performance.now();
  const outcomes: FaultOutcome[] = [];
  for (const { number, kind, pause, random } of planned) {
    await wait(Math.max(pause * MEAN_PAUSE_MS, dueMs(number, options) - (performance.now() - startedMs)), undefined, { signal });
    const atMs = performance.now();
    const stopSaying = everyNowAndThen(() => { say(`fault ${number}/${planned.length}, ${kind}: ${Math.round((performance.now() - atMs) / 1_000)} s`); });
    const outcome = await attempt({ number, kind, pause, random }, () => faults[kind]({ rig, meddler, random }), signal).finally(stopSaying);
    const done = { ...outcome, atMs: Math.round(atMs - startedMs), tookMs: Math.round(performance.now() - atMs) };
    outcomes.push(done);
    note({ kind: 'fault', fault: done });
    say(`fault ${number}/${planned.length} ${kind}: ${done.failure ?? done.what}${done.recoveryMs === undefined ? '' : `; recovered in ${(done.recoveryMs / 1_000).toFixed(1)} s`}`);
  }
  await wait(Math.max(0, options.minutes * 60_000 - (performance.now() - startedMs)), undefined, { signal });
  return outcomes;
};

/** Never resolves; rejects as soon as the signal is raised, whatever else is being waited for. */
const raised = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => {
  signal.addEventListener('abort', () => { reject(signal.reason instanceof Error ? signal.reason : new Error('stopped')); }, { once: true });
});

const attempt = async ({ number, kind }: PlannedFault, fault: () => ReturnType<(typeof faults)[FaultKind]>, signal: AbortSignal): Promise<Omit<FaultOutcome, 'atMs' | 'tookMs'>> => {
  try {
    return { number, kind, ...await fault() };
  } catch (error) {
    signal.throwIfAborted();
    return { number, kind, what: 'did not go as planned', failure: error instanceof Error ? error.message : String(error) };
  }
};

/** When a fault is due at the earliest, ms. */
const dueMs = (number: number, { minutes, faults: count }: CampaignOptions): number => (minutes * 60_000 * number) / (count + 1);

/** The cards that can be played here; the kinds of the others are named loudly. */
const possible = (rig: Rig, deck: readonly FaultKind[], say: (line: string) => void): FaultKind[] => {
  const disks: Partial<Record<FaultKind, Rig['kafkaDisk']>> = { 'broker disk full': rig.kafkaDisk, 'postgres disk full': rig.postgresDisk };
  const impossible = [...new Set(deck)].filter((kind) => typeof disks[kind] === 'string');
  for (const kind of impossible) say(`SKIPPED: ${kind}: no file system can be mounted here (${String(disks[kind])})`);
  return deck.filter((kind) => !impossible.includes(kind));
};

const everyNowAndThen = (work: () => void): (() => void) => {
  const timer = setInterval(work, PROGRESS_MS);
  return () => { clearInterval(timer); };
};

/** Stops the feeds, closes all windows, waits until everything is read, asks each pipeline for its accounts, and stops it. */
const rest = async (rig: Rig, say: (line: string) => void): Promise<Violation[]> => {
  const violations: Violation[] = [];
  violations.push(...badEnds(await rig.stop('feed', 'clock')));
  // Longer than a window and its lateness: behind the ticks there is nothing that they do not close.
  await wait(3_000, undefined, { signal: rig.signal });
  await rig.finalTicks();
  say('feeds are stopped; waiting until everything is read');
  let sinceMs = Infinity, lag: ReadonlyMap<string, number> = new Map();
  const startedMs = performance.now();
  const stopSaying = everyNowAndThen(() => { say(`draining: ${Math.round((performance.now() - startedMs) / 1_000)} s; behind: ${JSON.stringify(Object.fromEntries(lag))}`); });
  await until('everything is read and committed', async () => {
    lag = await rig.lag();
    if (lag.size > 0) sinceMs = Infinity;
    else sinceMs = Math.min(sinceMs, performance.now());
    return performance.now() - sinceMs >= DRAINED_MS;
  }, { limitMs: DRAIN_LIMIT_MS, signal: rig.signal }).catch((error: unknown) => {
    if (!(error instanceof NotInTime)) throw error;
    violations.push({ check: 'positions', text: error.message, first: [Object.fromEntries(lag)] });
  }).finally(stopSaying);
  violations.push(...await unbalanced(rig));
  violations.push(...badEnds(await rig.stop(...processNames)));
  return violations;
};

const badEnds = (ends: readonly string[]): Violation[] => ends.map((end) => ({ check: 'processes', text: `${end} when it was asked to stop`, first: [] }));

/** Nothing is unaccounted for in any pipeline of any process. That the fates are the right ones is told by the last snapshots: a process counts from where it took a partition over. */
const unbalanced = async (rig: Rig): Promise<Violation[]> => {
  const violations: Violation[] = [];
  for (const name of processNames) {
    const samples = await rig.figures(name).catch(() => undefined);
    if (samples === undefined) { violations.push({ check: 'accounts', text: `${name} does not answer for its figures`, first: [] }); continue; }
    for (const pipeline of processes[name]) {
      const sum = (metric: string): number => samples.filter((sample) => sample.name === metric && sample.labels['pipeline'] === pipeline).reduce((total, { value }) => total + value, 0);
      const unaccounted = sum('oddstream_unaccounted_records');
      if (unaccounted !== 0) violations.push({ check: 'accounts', text: `${pipeline} in ${name}: ${unaccounted} unaccounted for`, first: [] });
    }
  }
  return violations;
};
