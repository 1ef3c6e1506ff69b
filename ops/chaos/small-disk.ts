import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statfsSync } from 'node:fs';

/** As much as a healthy server may write: memory is taken only as it is used. */
const ROOMY_BYTES = 6 * 2 ** 30;
const PAGE_BYTES = 4_096;

/**
 * A file system in memory that can be made full, by shrinking it to what lies in it, and roomy again: nothing needs to be written for it, and
 * the machine's own disk is left alone.
 */
export class SmallDisk {
  readonly folder: string;

  /** Mounts one on a folder, which is made. Undefined, with the reason, where this process may not mount. */
  static mount(folder: string): SmallDisk | string {
    mkdirSync(folder, { recursive: true });
    if (process.platform !== 'linux') return 'file systems in memory are Linux\'s';
    const refused = run('mount', '-t', 'tmpfs', '-o', `size=${ROOMY_BYTES},mode=0755`, 'oddstream-chaos', folder);
    if (refused !== undefined) return refused;
    chmodSync(folder, 0o755); //  a server that runs as another user must get in
    return new SmallDisk(folder);
  }

  private constructor(folder: string) { this.folder = folder; }

  get usedBytes(): number {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    return (blocks - bfree) * bsize;
  }

  /** Leaves room for so many bytes more. What is written between asking and resizing may be more than that, and then the kernel refuses: asked again. */
  fill(leaveBytes: number): void {
    for (let triesLeft = 20; ; triesLeft--) {
      try {
        this.#resize(this.usedBytes + Math.max(PAGE_BYTES, leaveBytes));
        return;
      } catch (error) {
        if (triesLeft === 0) throw error;
      }
    }
  }

  free(): void { this.#resize(ROOMY_BYTES); }

  /** All that lies in it is gone. */
  unmount(): void {
    const refused = run('umount', this.folder) === undefined ? undefined : run('umount', '-l', this.folder);
    if (refused !== undefined) throw new Error(`${this.folder} cannot be unmounted: ${refused}`);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #resize(bytes: number): void {
    const refused = run('mount', '-o', `remount,size=${bytes}`, this.folder);
    if (refused !== undefined) throw new Error(`the file system on ${this.folder} cannot be given ${bytes} bytes: ${refused}`);
  }
}

/** Why it went wrong, or undefined. */
const run = (program: string, ...args: readonly string[]): string | undefined => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim()) || `${program} ended with ${status}`;
};
