/**
 * `oddstream run best-odds --until-end` with a bug in it: its book throws at every quote of the provider `bug`. All else is as `run` has it, settings from the environment too. What
 * ends it goes to standard error in one line, with exit code 1.
 */
import bestOddsPipeline from '../../pipelines/best-odds/pipeline.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { LiveBook } from '../../topologies/best-odds/live-book.ts';
import { loadConfig } from '../config/config.ts';
import { lineOf } from './errors.ts';
import { host } from './host.ts';
import { createLog } from './log.ts';

class SpoiledBook extends LiveBook {
  override put(row: OddsUpdateRow, ...rest: [Parameters<LiveBook['put']>[1], Parameters<LiveBook['put']>[2]]): ReturnType<LiveBook['put']> {
    if (row.text(row.provider) === 'bug') throw new RangeError('divides by zero');
    return super.put(row, ...rest);
  }
}

const { topology } = bestOddsPipeline;
const spoiled = { ...bestOddsPipeline, topology: { ...topology, stores: { ...topology.stores, book: SpoiledBook } } };
const config = loadConfig();
await host({ config, pipelines: [spoiled], log: createLog(config.logLevel), signal: new AbortController().signal, port: 0, untilEnd: true }).catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = 1;
});
