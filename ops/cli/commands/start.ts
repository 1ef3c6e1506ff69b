import type { Command } from 'commander';
import { feedNames, loadFeed } from '../../../connectors/feeds/index.ts';
import type { Flags } from '../../config/config.ts';
import type { Child } from '../../start/child.ts';
import { UsageError } from '../errors.ts';
import { addFeedOptions, feedArgumentsOf, feedConfigOf, speedOf } from '../feed-options.ts';
import { configOf } from '../globals.ts';
import { say } from '../say.ts';
import { stopRequested } from '../signals.ts';

/** The feed that the arguments name: its options are options of `start`. */
const feedNamed = (argv: readonly string[]): string => {
  const at = argv.findIndex((argument) => argument === '--feed' || argument.startsWith('--feed='));
  if (at < 0) return 'simulator';
  return argv[at]!.startsWith('--feed=') ? argv[at]!.slice('--feed='.length) : argv[at + 1] ?? '';
};

/** `oddstream start`, which is what `npm start` runs. */
export const addStart = async (program: Command, argv: readonly string[]): Promise<void> => {
  const command = program.command('start').description('everything at once: servers, topics, tables, pipelines, clock and a feed, with a live view; Ctrl-C stops it all')
    .option('--feed <name>', `what feeds it: ${feedNames.join(', ')}`, 'simulator')
    .option('--speed <factor>', 'recordings: max, or so many times faster than recorded', 'max')
    .option('--for <seconds>', 'stop by itself after so many seconds')
    .addHelpText('after', `
The other options are those of the feed: 'oddstream start --feed odds-api --help' shows its own.
A playback faster than recorded goes into the namespace 'playback', which is emptied first; --namespace names another one, which is not.
Examples:
  npm start
  npm start -- --rate 20000 --markets 3000 --matches 300
  npm start -- --feed football-data --file E0.csv
  npm start -- --feed odds-api --file changes.jsonl.gz --speed 600`);
  if (!argv.includes('start')) return;
  const name = feedNamed(argv);
  if (!(feedNames as readonly string[]).includes(name)) throw new UsageError(`There is no feed '${name}'. There are: ${feedNames.join(', ')}.`);
  const feed = await loadFeed(name);
  addFeedOptions(command, feed);
  command.action(async (given: Record<string, unknown> & { speed: string; for?: string }, self: Command) => {
    const feedConfig = feedConfigOf(feed, given);
    const speed = speedOf(given.speed);
    const forSeconds = given.for === undefined ? undefined : Number(given.for);
    if (forSeconds !== undefined && !(forSeconds > 0)) throw new UsageError(`--for ${given.for}: give a number of seconds above 0.`);
    configOf(self);
    const children: Child[] = [];
    const signal = stopRequested(
      () => { say('stopping everything, in order; once more to end it at once'); },
      () => {
        for (const child of children) child.kill();
        say("ended at once; 'oddstream stack stop' stops the servers that are still up");
        process.kill(process.pid, 'SIGKILL');
      },
    );
    const { start } = await import('../../start/start.ts');
    await start({
      flags: self.optsWithGlobals<Flags>(), feed, feedConfig, feedArguments: feedArgumentsOf(feed, given), speed, say, signal,
      onChild: (child) => { children.push(child); }, ...(forSeconds === undefined ? {} : { forSeconds }),
    });
  });
};
