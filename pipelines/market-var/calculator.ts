import type { ChildProcess } from 'node:child_process';
import type { RiskInputs } from '../../domain/var/inputs.ts';
import type { RiskResult } from '../../domain/var/risk.ts';
import { VarError, type VarErrorCode } from '../../domain/var/types.ts';
import type { Kept } from './kept.ts';

/** What the worker is asked. */
export interface Question {
  readonly number: number;
  readonly inputs: RiskInputs;
}

export type Answer =
  | { readonly number: number; readonly result: RiskResult; readonly kept: Kept }
  | { readonly number: number; readonly failure: { readonly code: VarErrorCode | undefined; readonly message: string } }
  | { readonly warning: string };

/** The worker has ended with questions open: the next question starts another. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
  readonly code = 'worker_lost';
}

export interface CalculatorOptions {
  /** Starts a module of ours as a process that exchanges messages. */
  readonly fork: (module: URL, args: readonly string[]) => ChildProcess;
  /** Which backend computes; `auto` for the fastest that agrees with the reference. */
  readonly backend: string;
  readonly onWarning: (message: string) => void;
}

interface Waiting {
  readonly resolve: (answer: { readonly result: RiskResult; readonly kept: Kept }) => void;
  readonly reject: (error: Error) => void;
}

/** Computes risks in a process of its own, so that nothing here waits for it, and a driver that falls takes nothing with it. */
export class Calculator {
  readonly #options: CalculatorOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: ChildProcess | undefined;
  #asked = 0;

  constructor(options: CalculatorOptions) { this.#options = options; }

  /** Rejects with VarError for inputs that are none, WorkerLost where the worker fell. */
  risk(inputs: RiskInputs): Promise<{ readonly result: RiskResult; readonly kept: Kept }> {
    const worker = this.#worker ??= this.#started(), number = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.send({ number, inputs } satisfies Question, (error) => { if (error !== null) this.#lost(worker, error.message); });
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined || worker.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => { worker.once('exit', () => { resolve(); }); });
    worker.disconnect();
    await ended;
  }

  #started(): ChildProcess {
    const worker = this.#options.fork(new URL('worker.ts', import.meta.url), [this.#options.backend]);
    worker.on('message', (answer: Answer) => { this.#answered(answer); });
    worker.on('exit', (code, signal) => { this.#lost(worker, `it ended with ${signal ?? `exit code ${code}`}`); });
    worker.on('error', (error) => { this.#lost(worker, error.message); });
    return worker;
  }

  #answered(answer: Answer): void {
    if ('warning' in answer) { this.#options.onWarning(answer.warning); return; }
    const waiting = this.#waiting.get(answer.number);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.number);
    if ('failure' in answer) waiting.reject(answer.failure.code === undefined ? new Error(answer.failure.message) : new VarError(answer.failure.code, answer.failure.message));
    else waiting.resolve(answer);
  }

  #lost(worker: ChildProcess, why: string): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new WorkerLost(`The worker that computes risk is gone: ${why}`));
    this.#waiting.clear();
  }
}
