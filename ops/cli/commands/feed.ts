import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Feed } from '../../../connectors/feeds/feed.ts';
import { feedNames, loadFeed } from '../../../connectors/feeds/index.ts';
import type { Rebase } from '../../../connectors/feeds/playback.ts';
import type { FeedProgress, RunFeedOptions } from '../../../connectors/feeds/run.ts';
import { loadPipeline } from '../../../pipelines/index.ts';
import type { BestOddsPipelineConfig } from '../../../pipelines/best-odds/pipeline.ts';
import type { Config } from '../../config/config.ts';
import { addFeedOptions, feedConfigOf, speedOf } from '../feed-options.ts';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  simulator: `
Examples:
  oddstream feed simulator
  oddstream feed simulator --rate 50000 --markets 10000 --matches 1000 --seed 7`,
  'football-data': `
Examples:
  oddstream feed football-data --file E0.csv --speed max
  oddstream feed football-data --file E0.csv --speed max --rebase original --namespace season     (its own times, in topics of its own)`,
  'odds-api': `
Examples:
  ODDS_API_KEY=… oddstream feed odds-api --sports soccer_epl --regions uk,eu
  oddstream feed odds-api --file changes.jsonl.gz --speed max`,
};

/** `oddstream feed <name>`. Only the feed that is asked for is loaded; all of them for a list. */
export const addFeed = async (program: Command, argv: readonly string[]): Promise<void> => {
  const group = program.command('feed').description(`send odds into Kafka: ${feedNames.join(', ')}`);
  const at = argv.indexOf('feed');
  if (at < 0) return;
  const named = feedNames.filter((name) => argv.indexOf(name) > at);
  for (const name of named.length > 0 ? named : feedNames) group.addCommand(commandOf(await loadFeed(name)).copyInheritedSettings(group));
};

const commandOf = (feed: Feed): Command => {
  const command = new Command(feed.name).description(feed.doc).summary(feed.doc.split('\n')[0]!);
  addFeedOptions(command, feed);
  if (feed.name !== 'simulator') {
    command.option('--speed <factor>', 'recordings: max, or so many times faster than recorded', '1')
      .addOption(new Option('--rebase <times>', 'recordings: as if it happened now, or at its original times (which needs a namespace of its own)').choices(['now', 'original']).default('now'))
      .option('--original', 'the same as --rebase original');
  }
  return command.addHelpText('after', EXAMPLES[feed.name] ?? '')
    .action(async (given: Record<string, unknown>, self: Command) => {
      const feedConfig = feedConfigOf(feed, given);
      const speed = speedOf(String(given['speed'] ?? '1'));
      const rebase = given['original'] === true ? 'original' : (given['rebase'] as Rebase | undefined) ?? 'now';
      const config = configOf(self);
      const log = createLog(config.logLevel);
      const signal = stopRequested(() => { log.info({ feed: feed.name }, 'stopping; once more to end at once'); });
      const { runFeed } = await import('../../../connectors/feeds/run.ts');
      await runFeed(feed, feedConfig, {
        brokers: config.brokers, registryUrl: config.registryUrl, namespace: config.namespace, stateDir: resolve(config.home, 'state'), logger: log, signal, speed, rebase,
        ...await timesOf(config), ...await shown(),
      });
    });
};

/** A feed's ticks go by the windows of its readers, and it sends every quote again before they let it die: twice in a life. */
const timesOf = async (config: Config): Promise<Pick<RunFeedOptions, 'windowMs' | 'latenessMs' | 'refreshMs'>> => {
  const { windowMs, latenessMs, quoteTtlMs } = config.pipeline(await loadPipeline('best-odds')) as BestOddsPipelineConfig;
  return { windowMs, latenessMs, refreshMs: quoteTtlMs / 2 };
};

/** Whoever started this process as a part of its own is told how far the feed is; a person sees one line that goes on. */
const shown = async (): Promise<Pick<RunFeedOptions, 'onProgress'>> => {
  if (process.send !== undefined) return { onProgress: (progress: FeedProgress) => { if (process.connected) process.send?.({ progress }); } };
  if (process.stderr.isTTY !== true) return {};
  const { progressLine } = await import('../../../connectors/feeds/run.ts');
  return { onProgress: (progress: FeedProgress) => { process.stderr.write(`\r\u001b[K${progressLine(progress)}`); } };
};
