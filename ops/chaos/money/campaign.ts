import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PatientRegistry } from '../../../connectors/kafka/patient-registry.ts';
import { Random } from '../../../connectors/random.ts';
import type { CampaignResult } from '../campaign.ts';
import type { FaultOutcome } from '../report.ts';
import { shuffled } from '../schedule.ts';
import { NotInTime, until } from '../until.ts';
import type { Violation } from '../verify.ts';
import { Gamblers } from './gamblers.ts';
import { type MoneyProcess, moneyProcessNames, MoneyRig } from './rig.ts';
import { verifyMoney } from './verify.ts';

export interface MoneyCampaignOptions {
  readonly seed: number;
  readonly faults: number;
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const REST_LIMIT_MS = 300_000, REST_MS = 2_000;
const SESSION_MS = 10_000;

interface Hands { readonly rig: MoneyRig; readonly gamblers: Gamblers; readonly random: Random }
type Fault = (hands: Hands) => Promise<Pick<FaultOutcome, 'what' | 'recoveryMs'>>;

const pause = (rig: MoneyRig, ms: number): Promise<void> => wait(ms, undefined, { signal: rig.signal });

/** kill -9 at any moment: between a commit in the database and what follows it in Kafka too. Now and then all of its kind, or again while it begins. */
const kill = (names: readonly MoneyProcess[]): Fault => async ({ rig, random }) => {
  const victims = random.happens(0.3) ? names : [random.pick(names)];
  await pause(rig, random.between(0, 400));
  await Promise.all(victims.map((name) => rig.parts.get(name)!.kill()));
  if (random.happens(0.4)) await pause(rig, random.between(0, 2_000));
  for (const name of victims) rig.parts.get(name)!.start();
  const startedMs = performance.now();
  if (random.happens(0.25)) {
    await pause(rig, random.between(200, 3_000));
    await rig.parts.get(victims[0]!)!.kill();
    rig.parts.get(victims[0]!)!.start();
  }
  return { what: victims.join(' and '), recoveryMs: await rig.recovered(startedMs) };
};

const server = (name: 'postgres' | 'kafka', by: NodeJS.Signals): Fault => async ({ rig, random }) => {
  await rig.servers.kill(name, by);
  const victim = random.happens(0.3) ? random.pick(moneyProcessNames) : undefined;
  if (victim !== undefined) {
    await rig.parts.get(victim)!.kill();
    rig.parts.get(victim)!.start();
  }
  await pause(rig, random.between(0, 3_000));
  await rig.servers.start(name);
  const upMs = performance.now();
  return { what: `${by}${victim === undefined ? '' : `, ${victim} killed meanwhile`}`, recoveryMs: await rig.recovered(upMs) };
};

const faults = {
  'kill bets': { cards: 6, bring: kill(['bets-a', 'bets-b']) },
  'kill settlement': { cards: 5, bring: kill(['settlement-a', 'settlement-b']) },
  'kill outbox': { cards: 6, bring: kill(['outbox-a', 'outbox-b']) },
  'kill all': { cards: 1, bring: kill(moneyProcessNames) },
  'postgres immediate': { cards: 2, bring: server('postgres', 'SIGQUIT') },
  'kill postgres': { cards: 1, bring: server('postgres', 'SIGKILL') },
  'kill broker': { cards: 1, bring: server('kafka', 'SIGKILL') },
  zombie: { cards: 1, bring: async ({ rig, random }: Hands) => {
    const name = random.pick(moneyProcessNames), part = rig.parts.get(name)!;
    part.freeze();
    try {
      await pause(rig, SESSION_MS + random.between(1_000, 4_000));
    } finally {
      part.thaw();
    }
    const thawedMs = performance.now();
    return { what: name, recoveryMs: await rig.recovered(thawedMs) };
  } },
  duplicates: { cards: 3, bring: ({ gamblers, random }: Hands) => Promise.resolve({ what: `${gamblers.repeat(20 + random.below(80), false)} records again` }) },
  reordered: { cards: 3, bring: ({ gamblers, random }: Hands) => Promise.resolve({ what: `${gamblers.repeat(20 + random.below(80), true)} records again, in another order` }) },
  poison: { cards: 1, bring: ({ gamblers }: Hands) => { gamblers.poison(5); return Promise.resolve({ what: '5 records' }); } },
} as const satisfies Readonly<Record<string, { readonly cards: number; readonly bring: Fault }>>;

const deck = Object.entries(faults).flatMap(([kind, { cards, bring }]) => Array.from({ length: cards }, () => ({ kind, bring: bring as Fault })));

/** A campaign on the money pipelines: disturbed as its seed says, then at rest, and then everything is added up. */
export const moneyCampaign = async (options: MoneyCampaignOptions): Promise<CampaignResult> => {
  const { folder, say, seed, signal } = options, violations: Violation[] = [];
  const note = (entry: Readonly<Record<string, unknown>>): void => { appendFileSync(join(folder, 'campaign.jsonl'), `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`); };
  let ends = 0;
  const rig = new MoneyRig({ ...options, onEnd: (name, end, lastWords) => {
    ends++;
    note({ kind: 'end', name, ...end, lastWords });
    if (/gave[ _]up|has given up/.test(lastWords)) violations.push({ check: 'processes', text: `${name} gave up`, first: [lastWords] });
  } });
  try {
    await rig.up();
    const registry = new PatientRegistry(rig.addresses.registryUrl, { namespace: '' });
    const gamblers = await Gamblers.connect(rig.addresses.brokers, registry, seed, new Random(seed, -1));
    await gamblers.begin();
    await rig.recovered(performance.now());
    const outcomes: FaultOutcome[] = [], startedMs = performance.now();
    try {
      for (let number = 1, order = new Random(seed, 0), cards: { kind: string; bring: Fault }[] = []; number <= options.faults; number++) {
        if (cards.length === 0) cards = shuffled(deck, order);
        const { kind, bring } = cards.pop()!, random = new Random(seed, number);
        await pause(rig, random.between(100, 1_000));
        const atMs = performance.now();
        const outcome = await bring({ rig, gamblers, random }).catch((error: unknown) => {
          signal.throwIfAborted();
          return { what: 'did not go as planned', failure: error instanceof Error ? error.message : String(error) };
        });
        const done: FaultOutcome = { number, kind, ...outcome, atMs: Math.round(atMs - startedMs), tookMs: Math.round(performance.now() - atMs) };
        outcomes.push(done);
        note({ kind: 'fault', fault: done });
        say(`fault ${number}/${options.faults} ${kind}: ${done.failure ?? done.what}${done.recoveryMs === undefined ? '' : `; recovered in ${(done.recoveryMs / 1_000).toFixed(1)} s`}`);
      }
    } finally {
      await gamblers.stop();
    }
    for (const { number, kind, failure } of outcomes) if (failure !== undefined) violations.push({ check: 'recovery', text: `fault ${number}, ${kind}`, first: [failure] });
    say('nothing more is written; waiting until all is done');
    let left: ReadonlyMap<string, number> = new Map(), sinceMs = Infinity;
    await until('all is done', async () => {
      left = await rig.left();
      sinceMs = left.size > 0 ? Infinity : Math.min(sinceMs, performance.now());
      return performance.now() - sinceMs >= REST_MS;
    }, { limitMs: REST_LIMIT_MS, signal }).catch((error: unknown) => {
      if (!(error instanceof NotInTime)) throw error;
      violations.push({ check: 'rest', text: error.message, first: [Object.fromEntries(left)] });
    });
    for (const end of await rig.stop()) violations.push({ check: 'processes', text: `${end} when it was asked to stop`, first: [] });
    const checks = await verifyMoney(rig.addresses);
    violations.push(...checks.flatMap((check) => check.violations));
    for (const { check, compared, note: remark } of checks) note({ kind: 'check', check, compared, remark });
    for (const violation of violations) note({ kind: 'violation', ...violation });
    return { outcomes, checks, violations, ends };
  } finally {
    say('ending everything');
    await rig.down();
  }
};
