import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './artefacts.ts';
import { StackError, throwIfAborted } from './errors.ts';
import type { Home } from './home.ts';
import { processStart } from './server-process.ts';

const holderOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const isAlive = (holder: string): boolean => {
  const [pid, startedAt] = holder.split(' ');
  return startedAt !== undefined && processStart(Number(pid)) === startedAt;
};

/**
 * Does something as the only one for this home: of two starts at once the second waits and then finds everything up. A lock whose
 * holder is dead counts for nothing. Throws `locked` after `timeoutMs`, `aborted` on the signal.
 */
export const whileLocked = async <T>(
  home: Home,
  work: () => Promise<T>,
  options: { onProgress: Progress; signal?: AbortSignal | undefined; timeoutMs?: number },
): Promise<T> => {
  const mine = `${process.pid} ${processStart(process.pid)} ${Math.random()}`;
  const until = Date.now() + (options.timeoutMs ?? 300_000);
  let said = false;
  for (;;) {
    throwIfAborted(options.signal);
    try {
      writeFileSync(home.lock, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(home.lock);
    if (holder !== undefined && !isAlive(holder)) {
      // Two that find a dead lock at once: only what was read as dead is removed, and the second of them waits a turn.
      await sleep(50);
      if (holderOf(home.lock) === holder) rmSync(home.lock, { force: true });
      continue;
    }
    if (Date.now() > until)
      throw new StackError('locked', `another start or stop of this stack (pid ${holder?.split(' ')[0]}) has held ${home.lock} for too long: wait for it, or end it`);
    if (!said) options.onProgress(`stack: waiting for another start or stop of it (pid ${holder?.split(' ')[0]})`);
    said = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    if (holderOf(home.lock) === mine) rmSync(home.lock, { force: true });
  }
};
