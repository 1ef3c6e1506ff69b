import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FeedError } from './errors.ts';

const Kept = z.object({
  /** Which playback or feed it belongs to: options other than these start anew. */
  of: z.string(),
  cursor: z.string(),
  /** Recordings: the recorded event time up to which all was written, epoch ms, and what its times were shifted by. */
  recordedMs: z.number().optional(),
  shiftMs: z.number().optional(),
});

/** Where a feed stopped. */
export type KeptCursor = z.infer<typeof Kept>;

/** What a cursor belongs to: a digest of the feed's options and of how it is played. */
export const fingerprint = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/** The file in which the position of one feed in one namespace is kept. It replaces itself whole, so that a crash leaves the old or the new. */
export class CursorFile {
  readonly path: string;

  constructor(stateDir: string, feed: string, namespace: string) {
    this.path = join(stateDir, 'feeds', `${feed}${namespace === '' ? '' : `.${namespace}`}.json`);
  }

  /** Undefined where there is none. Throws FeedError `cursor_unreadable`. */
  async load(): Promise<KeptCursor | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new FeedError('cursor_unreadable', `${this.path} cannot be read: ${(cause as Error).message}`, { cause });
    }
    try {
      return Kept.parse(JSON.parse(text));
    } catch (cause) {
      throw new FeedError('cursor_unreadable', `${this.path} is not what a feed has kept there. Delete it to start the feed from its beginning.`, { cause });
    }
  }

  async save(kept: KeptCursor): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.${process.pid}.tmp`;
    const file = await open(draft, 'w');
    try {
      await file.writeFile(JSON.stringify(kept));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
