import { connect } from 'node:net';
import type { Command } from 'commander';
import pc from 'picocolors';
import { pipelineNames } from '../../../pipelines/index.ts';
import { fateNames } from '../../../stream/fates.ts';
import type { Config } from '../../config/config.ts';
import { doctor } from '../../stack/doctor.ts';
import { ago, askFigures, count, type Figures } from '../figures.ts';
import { configOf } from '../globals.ts';
import { hosts } from '../processes.ts';
import { table } from '../say.ts';

/** `oddstream status` and `oddstream doctor`. */
export const addStatus = (program: Command): void => {
  program.command('status').description('how far each pipeline is, what became of its records, and which servers answer')
    .option('--json', 'as JSON')
    .addHelpText('after', `
lag: records between the pipeline and the end of its topic. behind: the wall clock less its event time. A record is applied, unchanged,
late_applied, stale, control or dead; unaccounted must be 0. Exit code 1 where a server does not answer or a record is unaccounted for.
Examples:
  oddstream status
  oddstream status --json | jq '.pipelines[] | {pipeline, lagOffsets}'`)
    .action(async (options: { json?: true }, command: Command) => {
      const config = configOf(command);
      const [servers, processes] = await Promise.all([serversOf(config), Promise.all(hosts(config.home).map(async (host) => ({ host, figures: await askFigures(host) })))]);
      const running = processes.flatMap(({ host, figures }) => (figures ?? []).map((one) => ({ ...one, pid: host.pid, url: host.url, namespace: host.namespace })));
      const silent = processes.filter(({ figures }) => figures === undefined).map(({ host }) => host);
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ servers, pipelines: running, silent, notRunning: pipelineNames.filter((name) => !running.some(({ pipeline }) => pipeline === name)) }, null, 2)}\n`);
      } else {
        process.stdout.write(table([['server', 'state', 'address'], ...servers.map(({ name, answers, address }) => [name, answers ? 'answers' : 'does not answer', address])]));
        process.stdout.write(`\n${table([['pipeline', 'lag', 'behind', ...fateNames, 'unaccounted', 'metrics'],
          ...running.map((one) => rowOf(one)),
          ...pipelineNames.filter((name) => !processes.some(({ host }) => host.pipelines.includes(name))).map((name) => [name, 'not running']),
          ...silent.flatMap(({ pipelines, url, pid }) => pipelines.map((name) => [name, `does not answer at ${url} (pid ${pid})`]))])}`);
      }
      if (servers.some(({ answers }) => !answers) || silent.length > 0 || running.some(({ unaccounted }) => unaccounted !== 0)) process.exitCode = 1;
    });

  program.command('doctor').description('what Oddstream needs of this machine, and the command that installs what is missing')
    .action(async (_options: unknown, command: Command) => {
      const items = await doctor({ home: configOf(command).home });
      process.stdout.write(table(items.map(({ ok, name, found }) => [ok ? 'ok' : 'MISSING', name, found])));
      for (const { name, need, install } of items.filter(({ ok }) => !ok)) process.stdout.write(`\n${pc.bold(name)}: ${need}\n  ${install}\n`);
      if (items.some(({ ok }) => !ok)) process.exitCode = 1;
    });
};

const rowOf = (one: Figures & { readonly url: string; readonly namespace: string }): string[] => [
  one.namespace === '' ? one.pipeline : `${one.namespace}.${one.pipeline}`, count(one.lagOffsets), one.behindMs === undefined ? '-' : ago(one.behindMs),
  ...fateNames.map((fate) => count(one.fates[fate])), count(one.unaccounted), `${one.url}/metrics`,
];

interface ServerAnswer { readonly name: string; readonly address: string; readonly answers: boolean }

/** Whether anybody listens where each server is to be. Throws ConfigError where nobody knows where that is. */
const serversOf = (config: Config): Promise<ServerAnswer[]> => {
  const at = (url: string, port: number): { host: string; port: number } => ({ host: new URL(url).hostname, port: Number(new URL(url).port || port) });
  const first = String(config.brokers).split(',')[0]!;
  const servers = [
    { name: 'kafka', host: first.slice(0, first.lastIndexOf(':')), port: Number(first.slice(first.lastIndexOf(':') + 1)) },
    { name: 'registry', ...at(config.registryUrl, config.registryUrl.startsWith('https') ? 443 : 80) },
    { name: 'postgres', ...at(config.postgresSinkUrl, 5432) },
    { name: 'redis', ...at(config.redisUrl, 6379) },
  ];
  return Promise.all(servers.map(async ({ name, host, port }) => ({ name, address: `${host}:${port}`, answers: await listens(host, port) })));
};

const listens = (host: string, port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 2_000 });
  const end = (answers: boolean): void => { socket.destroy(); resolve(answers); };
  socket.once('connect', () => end(true)).once('error', () => end(false)).once('timeout', () => end(false));
});
