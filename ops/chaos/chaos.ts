/*
 * npm run chaos: faults on real processes. A stack of its own, all pipelines and the simulator; a seed says what is killed, frozen, filled up or fed when; and at the end
 * everything that is there is held against an undisturbed reading of the same log.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { lineOf } from '../cli/errors.ts';
import { stopRequested } from '../cli/signals.ts';
import { campaign } from './campaign.ts';
import { moneyCampaign } from './money/campaign.ts';
import { checkTable, faultTable, violationLines } from './report.ts';

const whole = (from: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < from) throw new InvalidArgumentError(`give a whole number from ${from} on`);
  return value;
};

const program = new Command('chaos').description('faults on real processes: a seeded campaign, and what must hold after it')
  .option('--seed <n>', 'what happens, when, and to whom; several as 1..20', '1')
  .option('--faults <n>', 'faults of each campaign', whole(0), 30)
  .option('--minutes <n>', 'spread them over at least so many minutes', whole(0), 0)
  .option('--rate <n>', 'updates per second (engine)', whole(1), 500)
  .option('--markets <n>', 'markets open at a time (engine)', whole(12), 120)
  .addOption(new Option('--suite <name>', 'what is put to the test').choices(['engine', 'money']).default('engine'))
  .addHelpText('after', `
Exit codes: 0 everything holds; 1 something does not: what, and where its details and logs lie, is printed; 2 wrong usage.
Examples:
  npm run chaos -- --seed 7
  npm run chaos -- --seed 1..20
  npm run chaos -- --seed 3 --minutes 20 --rate 2000 --markets 10000
  npm run chaos -- --suite money --faults 200`);
program.exitOverride((error) => { process.exit(error.exitCode === 0 ? 0 : 2); });
program.parse();
const options = program.opts<{ seed: string; faults: number; minutes: number; rate: number; markets: number; suite: 'engine' | 'money' }>();
const range = /^(\d+)(?:\.\.(\d+))?$/.exec(options.seed);
if (range === null) program.error(`error: --seed ${options.seed}: give a whole number, or two as in 1..20`);
const [first, last] = [Number(range![1]), Number(range![2] ?? range![1])];

// A stack of its own: what the environment says of another one does not count.
for (const name of Object.keys(process.env)) if (name.startsWith('ODDSTREAM_')) delete process.env[name];

const say = (line: string): void => { process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`); };
const print = (text: string): void => { process.stdout.write(`${text}\n`); };
const signal = stopRequested(() => { say('stopping everything; once more to end at once, which leaves servers running'); });

let isWell = true;
try {
  for (let seed = first; seed <= last; seed++) {
    const folder = mkdtempSync(join(tmpdir(), `oddstream-chaos-${seed}-`));
    const isMoney = options.suite === 'money';
    say(`seed ${seed}: ${options.faults} faults, ${isMoney ? 'on the money pipelines' : `${options.rate} updates/s on ${options.markets} markets`}; details in ${folder}`);
    const { outcomes, checks, violations, ends } = await (isMoney ? moneyCampaign : campaign)({ ...options, seed, folder, say, signal });
    print(`\nseed ${seed}: ${violations.length} violations; ${ends} times a process ended by itself and was started again\n`);
    print(`${faultTable(outcomes)}\n\n${checkTable(checks)}\n`);
    for (const line of violationLines(violations)) print(line);
    if (violations.length > 0) print(`details: ${join(folder, 'campaign.jsonl')}\nlogs:    ${join(folder, 'logs')}`);
    else rmSync(join(folder, 'logs'), { recursive: true, force: true });
    isWell &&= violations.length === 0;
  }
  print(`machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; command: npm run chaos -- ${process.argv.slice(2).join(' ')}`);
} catch (error) {
  if (!signal.aborted) say(`chaos: ${lineOf(error)}`);
  isWell = false;
}
// Native clients keep a process alive.
process.exit(isWell ? 0 : 1);
