/** The process that computes: it is sent questions, and answers them one after the other. Ends when the one who asks is gone. */
import { constants, setPriority } from 'node:os';
import { riskOf } from '../../domain/var/risk.ts';
import { VarError } from '../../domain/var/types.ts';
import { backendOf } from './backends/backend-of.ts';
import type { Answer, Question } from './calculator.ts';
import { keptOf } from './kept.ts';

// Whoever polls goes before what computes: on a machine of few cores the loop would wait for a turn of ours.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const answer = (message: Answer): void => { process.send!(message); };
const backend = backendOf(process.argv[2] ?? 'auto', (warning) => { answer({ warning }); });

const answered = async ({ number, inputs }: Question): Promise<Answer> => {
  try {
    return { number, result: await riskOf(inputs, await backend), kept: keptOf(inputs) };
  } catch (error) {
    return { number, failure: { code: error instanceof VarError ? error.code : undefined, message: (error as Error).message } };
  }
};

let last = Promise.resolve();
process.on('message', (question: Question) => { last = last.then(async () => { answer(await answered(question)); }); });
// Asked to stop is the one who asks: it may have questions open.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => { process.exit(0); });
