import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { homeAt } from '../stack/home.ts';
import { freeBasePort } from '../stack/ports.ts';
import { liveRecord, processStart } from '../stack/server-process.ts';
import { defaultHome, type ServerName, type StackAddresses, StackError, startStack, stopStack, wipeStack } from '../stack/stack.ts';
import { until } from './until.ts';

export interface CampaignServersOptions {
  /** Folder of the campaign; the servers' home lies in it. */
  readonly folder: string;
  /** Which; all where it is left out. */
  readonly only?: readonly ServerName[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const START_LIMIT_MS = 180_000, GONE_MS = 20_000;

/** The servers of a campaign, in a home of their own, and what a fault can do to them. */
export class CampaignServers {
  readonly home: string;
  readonly #options: CampaignServersOptions;

  constructor(options: CampaignServersOptions) {
    this.#options = options;
    this.home = join(options.folder, 'home');
  }

  get logs(): string { return join(this.home, 'logs'); }

  /** Makes the home; downloads are shared with all others. */
  prepare(): void {
    mkdirSync(this.logs, { recursive: true });
    chmodSync(this.#options.folder, 0o755); //  PostgreSQL's user must get in
    const cache = join(defaultHome(), 'cache');
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, join(this.home, 'cache'));
  }

  /** Starts them all. Ports that are free now may be taken a moment later: then others are tried. */
  async begin(): Promise<StackAddresses> {
    const { say, signal, only } = this.#options;
    for (let triesLeft = 5, from = 17_000 + (process.pid % 80) * 100; ; triesLeft--, from += 300) {
      const basePort = await freeBasePort(from);
      try {
        return await startStack({ home: this.home, onProgress: say, signal, ...(only === undefined ? {} : { only }), ...(basePort === undefined ? {} : { basePort }) });
      } catch (error) {
        if (!(error instanceof StackError && error.code === 'port-taken') || triesLeft === 0) throw error;
      }
    }
  }

  isUp(server: ServerName): boolean { return liveRecord(homeAt(this.home), server) !== undefined; }

  /** Ends one by a signal, and waits until its process is gone. */
  async kill(server: ServerName, by: NodeJS.Signals): Promise<void> {
    const record = liveRecord(homeAt(this.home), server);
    if (record === undefined) return;
    process.kill(record.pid, by);
    await until(`${server} is gone`, () => processStart(record.pid) !== record.startedAt, { limitMs: GONE_MS, signal: this.#options.signal });
  }

  /** Starts one again, and waits until it answers. Throws NotInTime. */
  async start(server: ServerName): Promise<void> {
    const { signal } = this.#options;
    await until(`${server} is up`, async () => { await startStack({ home: this.home, only: [server], signal }); return true; }, { limitMs: START_LIMIT_MS, signal });
  }

  /** Stops them, and keeps the logs in the campaign's folder, in `logs`. */
  async stop(): Promise<void> {
    await stopStack({ home: this.home });
    if (existsSync(this.logs)) cpSync(this.logs, join(this.#options.folder, 'logs'), { recursive: true });
  }

  async wipe(): Promise<void> {
    await wipeStack({ home: this.home });
    rmSync(this.home, { recursive: true, force: true });
  }
}
