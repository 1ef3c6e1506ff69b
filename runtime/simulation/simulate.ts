import { isDeepStrictEqual } from 'node:util';
import type { Columns } from '../../schemas/codec/columns.ts';
import { compileDecoder } from '../../schemas/codec/compile.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Reader } from '../../schemas/codec/reader.ts';
import { type TaskSnapshot, type TaskSnapshotRow, TaskSnapshotSchema } from '../../schemas/generated/task-snapshot.ts';
import { changelogTopic, TASK } from '../changelog.ts';
import { HEADER_BYTES } from '../door.ts';
import type { TopologyPipeline } from '../pipeline.ts';
import { Broker, type BrokerParts, soundParts } from './broker.ts';
import { type Fault, Faults } from './faults.ts';
import { SESSION_MS } from './group.ts';
import { inputOf } from './input.ts';
import { type Deployment, Member } from './member.ts';
import { latin1, Transaction } from './partition-log.ts';
import { Random } from './random.ts';
import { PARTITIONS, type StandingConfig, standingPipeline } from './standing.ts';
import { type Line, undisturbed } from './undisturbed.ts';

/** A bug that a test plants, to see that it is found. */
export interface Plant {
  readonly parts?: Partial<BrokerParts>;
  readonly pipeline?: TopologyPipeline;
  readonly ports?: Deployment['ports'];
}

export interface SimulationOptions {
  readonly plant?: Plant;
  /** Takes what happens, line by line. */
  readonly trace?: (line: string) => void;
}

/** What became of a schedule. */
export interface Simulated {
  readonly seed: number;
  /** What was wrong; undefined for nothing. */
  readonly failure: string | undefined;
  readonly records: number;
  readonly faults: readonly Fault[];
  readonly events: number;
}

const MEMBERS = 2;
const config: StandingConfig = { windowMs: 1_000, latenessMs: 500, ttlMs: 4_000 };
/** Over so long the input is written, ms; faults are over a little later. */
const SPAN_MS = 12_000;
/** By when all must have been read, after the last fault, ms. */
const PATIENCE_MS = 120_000;
const CHECK_EVERY_MS = 1_000;

/**
 * One schedule: the engine of two members on three partitions, as a seed has it, with faults. Whatever happened, in the end the topics must hold what an undisturbed
 * reading of the same log gives, value for value, in order, each once; the fates must be the same; and nobody may have refused to start.
 */
export const simulate = async (seed: number, { plant = {}, trace }: SimulationOptions = {}): Promise<Simulated> => {
  const random = new Random(seed), pipeline = plant.pipeline ?? standingPipeline;
  const broker = new Broker(random, pipeline.topology.source.name, PARTITIONS, { ...soundParts, ...plant.parts }), { agenda, network, transactions } = broker;
  const startMs = agenda.nowMs, say = trace === undefined ? () => undefined : (line: string) => { trace(`${String(agenda.nowMs - startMs).padStart(6)} ms, event ${String(agenda.done).padStart(4)}: ${line}`); };

  let failure: string | undefined;
  const deployment: Deployment = {
    broker, pipeline, config, trace: say, ports: plant.ports ?? ((ports) => ports), pollRecords: random.pick([5, 15, 40, 100]),
    snapshotEvery: random.pick(['checkpoint', { records: random.between(1, 60), ms: Infinity }, { records: Infinity, ms: random.between(200, 5_000) }, { records: Infinity, ms: Infinity }] as const),
    failed(error) { failure ??= `${(error as Error).name}: ${(error as Error).message}`; },
  };
  const members = Array.from({ length: MEMBERS }, (_, i) => new Member(`member-${i}`, deployment)), another = new Member('another', deployment);

  const chunks = inputOf(random, random.chance(0.3) ? 1 : SPAN_MS);
  let toAppend = 0;
  for (const chunk of chunks) {
    toAppend++;
    agenda.after(chunk.atMs, () => {
      const log = broker.input[chunk.partition]!, transaction = chunk.transaction === undefined ? undefined : new Transaction();
      for (const record of chunk.records) log.append(record, transaction);
      const over = (): void => { toAppend--; network.changed(); };
      if (transaction === undefined) { over(); return; }
      transaction.isCommitted = chunk.transaction!.isCommitted;
      agenda.after(chunk.transaction!.lastsMs, () => { log.mark(transaction); over(); });
      network.changed();
    });
  }
  const changelog = Array.from({ length: PARTITIONS }, (_, partition) => broker.log(changelogTopic(pipeline.name, ''), partition));
  for (let times = random.below(3); times > 0; times--) agenda.after(random.below(SPAN_MS), () => { for (const log of changelog) log.compact(); });
  const apartMs = random.pick([1, 500]);
  for (const member of members) agenda.after(random.below(apartMs), () => { member.start(); });

  const faults = new Faults(broker, members, another, say);
  let isOver = false, untilMs = Infinity;
  const stopAll = (): void => {
    let running = MEMBERS + 1;
    for (const member of [...members, another]) member.stop(() => { if (--running === 0) agenda.after(SETTLE_MS, () => { isOver = true; }); });
    agenda.after(PATIENCE_MS, () => { failure ??= 'a member does not stop'; });
  };
  /** Once all is written and all faults have passed, everything is to come right again by itself. */
  const check = (): void => {
    if (untilMs === Infinity && toAppend === 0 && faults.areOver) untilMs = agenda.nowMs + PATIENCE_MS;
    if (agenda.nowMs > untilMs) failure ??= `after ${PATIENCE_MS} ms not all is read: ${broker.input.map(({ partition, end }) => `${broker.group.committed.get(partition)} of ${end}`).join(', ')}`;
    if (untilMs === Infinity || broker.input.some(({ partition, end }) => broker.group.committed.get(partition) !== end)) { agenda.after(CHECK_EVERY_MS, check); return; }
    transactions.onOffsets = undefined;
    transactions.failing = 0;
    stopAll();
  };
  const play = async (): Promise<void> => {
    while (failure === undefined && !isOver && agenda.next()) {
      if (agenda.hasWoken) {
        agenda.hasWoken = false;
        await turn();
      }
      faults.inflict(toAppend === 0 ? Infinity : agenda.done);
    }
  };
  check();
  await play();
  let snapshots = snapshotsOf(deployment);
  if (failure === undefined && broker.input.some(({ end }, partition) => snapshots[partition]?.next_offset !== end)) {
    // The last checkpoint of a partition did not happen, or it was on its way: whoever takes it up now must have the same accounts.
    say('one takes up all partitions, and puts them down');
    isOver = false;
    members[0]!.start();
    agenda.after(SESSION_MS + 5_000, stopAll);
    await play();
    snapshots = snapshotsOf(deployment);
  }
  failure ??= await difference(deployment, snapshots);
  return { seed, failure, records: chunks.reduce((sum, { records }) => sum + records.length, 0), faults: faults.planned.map(({ fault }) => fault), events: agenda.done };
};

/** How long transactions have to come to their ends, ms. */
const SETTLE_MS = 30_000;

/** Until all that follows from what a process was told has happened: nothing else is outstanding. */
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

const areEqual = (a: Line, b: Line): boolean => a.note === b.note && areEqualBytes(a.key, b.key) && areEqualBytes(a.value, b.value);
const areEqualBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean => a === b || (a !== null && b !== null && Buffer.compare(a, b) === 0);
const textOf = (line: Line | undefined): string => (line === undefined ? 'none' : `${line.note ?? ''} ${line.key === null ? 'null' : latin1(line.key)}: ${line.value === null ? 'null' : Buffer.from(line.value).toString('hex')}`);

const { avsc } = TaskSnapshotSchema;
const decoder = compileDecoder({ writerAvsc: avsc, readerAvsc: avsc, keyFields: [] }), reader = new Reader(), columns = TaskSnapshotSchema.columns({ keys: new Dictionary(), strings: new Dictionary() });

/** The newest snapshot of each partition. */
const snapshotsOf = ({ broker, pipeline }: Deployment): (TaskSnapshot | undefined)[] => broker.input.map(({ partition }) => {
  const bytes = broker.log(changelogTopic(pipeline.name, ''), partition).whole.records.findLast(({ written: { key } }) => key !== null && key.length === TASK.length && latin1(key) === TASK)?.written.value;
  if (bytes === undefined || bytes === null) return undefined;
  columns.clear();
  reader.over(bytes);
  reader.position = HEADER_BYTES;
  decoder.decode(reader, bytes.length, columns as Columns, -1, 0, bytes, 0, 0);
  return (columns.row(0) as TaskSnapshotRow).toObject();
});

/** In what the topics differ from what they should hold; undefined for in nothing. */
const difference = async ({ broker }: Deployment, snapshots: readonly (TaskSnapshot | undefined)[]): Promise<string | undefined> => {
  for (const input of broker.input) {
    const { partition, end } = input, { lines, fates, delivered } = await undisturbed(input, config);
    for (const [target, wanted] of lines) {
      const log = broker.log(target, partition);
      if (log.stableEnd < log.end) return `${target}-${partition} has a transaction that does not end`;
      const found = log.whole.records;
      let at = 0;
      while (at < wanted.length && at < found.length && areEqual(wanted[at]!, found[at]!.written)) at++;
      if (at < Math.max(found.length, wanted.length)) return `${target}-${partition} holds ${found.length} values, not ${wanted.length}; number ${at} is ${textOf(found[at]?.written)}, not ${textOf(wanted[at])}`;
    }
    const snapshot = snapshots[partition];
    if (snapshot?.next_offset !== end) return `the last snapshot of partition ${partition} is of offset ${snapshot?.next_offset}, not ${end}`;
    if (snapshot.delivered !== delivered || !isDeepStrictEqual({ ...snapshot.fates }, fates)) return `the fates of partition ${partition} are ${JSON.stringify(snapshot.fates)} of ${snapshot.delivered} records, not ${JSON.stringify(fates)} of ${delivered}`;
  }
  return undefined;
};
