import { readdirSync, readFileSync } from 'node:fs';
import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import { Kafka, logLevel } from 'kafkajs';

/** For what is asked of servers that have just been started, or of topics that have just been made: they may not have found their leaders. */
export const settling = retry(handleWhen((error) => (error as { retriable?: boolean }).retriable === true), { maxAttempts: 20, backoff: new ConstantBackoff(500) });

/**
 * CPU-seconds that a process and its children have used, from /proc; of clock ticks there are a hundred a second on every Linux that Node runs on.
 * PostgreSQL has a process for each connection, and takes over what those that have ended had used.
 */
export const cpuSecondsOf = (pid: number | undefined): number => {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let fields: string[];
    try { fields = readFileSync(`/proc/${entry}/stat`, 'utf8').replace(/^.*\) /s, '').split(' '); } catch { continue; } //  it has just ended
    const isItself = Number(entry) === pid;
    if (isItself || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12]) + (isItself ? Number(fields[13]) + Number(fields[14]) : 0);
  }
  return ticks / 100;
};

/** Memory that a process has resident, MiB. */
export const residentMiBOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Of numbers in order. */
export const quantileOf = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;

/** Deletes the topics of a namespace that was made to be measured: with the partitions of dozens of such an idle broker took a third of a core. */
export const deleteTopicsOf = async (brokers: string, namespace: string): Promise<void> => {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: (await admin.listTopics()).filter((name) => name.startsWith(`${namespace}.`)) });
  } finally {
    await admin.disconnect();
  }
};
