import type { Command } from 'commander';
import { serverName, stackStatus, startStack, stopStack, wipeStack } from '../../stack/stack.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { stopRequested } from '../signals.ts';
import { say, table } from '../say.ts';

/** `oddstream stack`. */
export const addStack = (program: Command): void => {
  const stack = program.command('stack').description('the local servers: Kafka, schema registry, PostgreSQL, Redis')
    .addHelpText('after', `
Examples:
  oddstream stack start
  oddstream stack start --base-port 20000
  oddstream stack stop --only redis`);

  stack.command('start').description('start the servers that are not up, and wait until all are ready')
    .option('--base-port <port>', 'all ports follow from it (ODDSTREAM_BASE_PORT)')
    .option('--only <servers>', 'only these, divided by commas: kafka, registry, postgres, redis')
    .action(async (options: { basePort?: string; only?: string }, command: Command) => {
      const { home } = configOf(command);
      const basePort = options.basePort === undefined ? undefined : Number(options.basePort);
      if (basePort !== undefined && !Number.isInteger(basePort)) throw new UsageError(`--base-port ${options.basePort}: give a whole number.`);
      const signal = stopRequested(() => { say('stopping the start; what is up stays up'); });
      const { brokers, registryUrl, redisUrl, postgres } = await startStack({ home, onProgress: say, signal, ...(basePort === undefined ? {} : { basePort }), ...onlyOf(options.only) });
      process.stdout.write(table([['kafka', brokers], ['registry', registryUrl], ['redis', redisUrl], ['postgres', postgres.quant.command]]));
    });
  stack.command('stop').description('stop what this stack started; data stay')
    .option('--only <servers>', 'only these, divided by commas')
    .action(async (options: { only?: string }, command: Command) => {
      await stopStack({ home: configOf(command).home, onProgress: say, ...onlyOf(options.only) });
    });
  stack.command('status').description('what is up')
    .action(async (_options: unknown, command: Command) => {
      const { home } = configOf(command);
      process.stdout.write(table((await stackStatus({ home })).map(({ name, state, ports, pid, log }) => [name, state, `port ${ports.join(', ')}`, pid === undefined ? '' : `pid ${pid}`, log])));
    });
  stack.command('wipe').description('stop the stack and remove its data, passwords and logs; downloads stay')
    .option('--yes', 'really do it')
    .action(async (options: { yes?: true }, command: Command) => {
      const { home } = configOf(command);
      if (options.yes !== true) throw new UsageError(`This removes all data under ${home}. Say --yes if that is what you want.`);
      await wipeStack({ home, onProgress: say });
    });
};

const onlyOf = (text: string | undefined) => (text === undefined ? {} : { only: text.split(',').map((name) => serverName(name.trim())) });
