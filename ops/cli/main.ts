import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAccount } from './commands/account.ts';
import { addBet } from './commands/bet.ts';
import { addBettors } from './commands/bettors.ts';
import { addClock } from './commands/clock.ts';
import { addOutbox } from './commands/outbox.ts';
import { addDead } from './commands/dead.ts';
import { addExposure } from './commands/exposure.ts';
import { addFeed } from './commands/feed.ts';
import { addHedge } from './commands/hedge.ts';
import { addLedger } from './commands/ledger.ts';
import { addMigrate } from './commands/migrate.ts';
import { addReconcile } from './commands/reconcile.ts';
import { addReplay } from './commands/replay.ts';
import { addRun } from './commands/run.ts';
import { addSettle } from './commands/settle.ts';
import { addStack } from './commands/stack.ts';
import { addStart } from './commands/start.ts';
import { addStatus } from './commands/status.ts';
import { addTopics } from './commands/topics.ts';
import { addVar } from './commands/var.ts';
import { addWhy } from './commands/why.ts';
import { detailOf, lineOf, UsageError } from './errors.ts';
import { addGlobalOptions } from './globals.ts';

const EXIT_ERROR = 1;
const EXIT_USAGE = 2;

/** Builds the command line. Only what the arguments ask for is loaded. */
const build = async (argv: readonly string[]): Promise<Command> => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('oddstream')
    .description('Typed Kafka stream topologies for bookmaker odds.')
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => { write(`oddstream: ${text.replace(/^error: /, '').trimEnd()}; 'oddstream --help' shows what there is\n`); } })
    .exitOverride()
    .addHelpText('after', `
Settings come from the command line, else ODDSTREAM_* variables, else oddstream.json (or --config), else the local stack.
Exit codes: 0 well, also after a stop that was asked for; 1 an error, in one line that says what to do; 2 wrong usage;
3 of bet and account: no answer in time.
Examples:
  oddstream start                              everything at once, with a live view
  oddstream stack start && oddstream migrate
  oddstream run best-odds
  oddstream feed simulator --rate 5000
  oddstream status`);
  addGlobalOptions(program);
  await addStart(program, argv);
  addRun(program);
  await addFeed(program, argv);
  addClock(program);
  addOutbox(program);
  addBettors(program);
  addBet(program);
  addAccount(program);
  addReconcile(program);
  addLedger(program);
  addSettle(program);
  addTopics(program);
  addDead(program);
  addVar(program);
  addExposure(program);
  addHedge(program);
  addWhy(program);
  addReplay(program);
  addMigrate(program);
  addStack(program);
  addStatus(program);
  return program;
};

/** Runs the command line, and ends the process with its exit code. */
export const main = async (argv: readonly string[]): Promise<void> => {
  // A reader that has seen enough (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') process.exit(0); });
  const code = await run(argv);
  // Native clients keep a process alive; what was written to pipes must get out first.
  await new Promise<void>((resolve) => { process.stdout.write('', () => resolve()); });
  process.exit(code);
};

const run = async (argv: readonly string[]): Promise<number> => {
  try {
    await (await build(argv)).parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    process.stderr.write(`oddstream: ${lineOf(error)}\n`);
    const detail = detailOf(error);
    if (detail !== '') process.stderr.write(`${detail}\n`);
    if (argv.includes('--verbose') || process.env['ODDSTREAM_DEBUG']) process.stderr.write(`${stackOf(error)}\n`);
    return isUsage(error) ? EXIT_USAGE : EXIT_ERROR;
  }
};

const USAGE_CODES = new Set(['pipeline_unknown', 'feed_unknown', 'speed_malformed', 'option_malformed', 'original_times_need_namespace']);

const isUsage = (error: unknown): boolean => error instanceof UsageError || USAGE_CODES.has(String((error as { code?: unknown }).code));

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack ?? error.message}${error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`}`;
};
