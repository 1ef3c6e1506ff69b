import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../stack/home.ts';
import { processStart } from '../stack/server-process.ts';

const recordSchema = z.object({
  pid: z.number().int(),
  /** The system's own mark of when it began: pids are used again. */
  startedAt: z.string(),
  pipelines: z.array(z.string()),
  namespace: z.string(),
  /** Base of its endpoints: /metrics, /health/live, /health/ready. */
  url: z.string(),
});

/** A process that hosts pipelines, as it says itself. */
export type HostRecord = z.infer<typeof recordSchema>;

const folderOf = (home: string): string => join(home, 'run', 'pipelines');

/** Tells others of this machine that this process hosts pipelines. Returns how to take it back. */
export const announce = (home: string, said: Omit<HostRecord, 'pid' | 'startedAt'>): (() => void) => {
  const folder = folderOf(home);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${process.pid}.json`);
  writeWhole(path, JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid) ?? '', ...said } satisfies HostRecord));
  return () => { rmSync(path, { force: true }); };
};

/** The processes of a home that host pipelines now. What those that were killed have left behind is cleared away. */
export const hosts = (home: string): HostRecord[] => {
  let names: string[];
  try {
    names = readdirSync(folderOf(home)).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const path = join(folderOf(home), name);
    try {
      const record = recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      if (processStart(record.pid) === record.startedAt) return [record];
    } catch {
      // Half a file, or one of another version: nothing that could be asked.
    }
    rmSync(path, { force: true });
    return [];
  });
};
