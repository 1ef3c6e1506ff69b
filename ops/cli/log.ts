import { type Logger, type LoggerOptions, pino } from 'pino';
import pc from 'picocolors';

const optionsOf = (level: string): LoggerOptions => ({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` });

/** On a terminal lines are for people, elsewhere JSON. Logs go to standard error: standard output is for what a command says. */
export const createLog = (level: string, isTerminal: boolean = process.stderr.isTTY === true): Logger => {
  const options = optionsOf(level);
  return isTerminal ? pino(options, { write: (line: string) => { process.stderr.write(prettyLine(line)); } }) : pino(options, pino.destination({ fd: 2, sync: true }));
};

/** JSON into a file, for work that has no terminal of its own. */
export const createFileLog = (level: string, file: string): Logger => pino(optionsOf(level), pino.destination({ dest: file, append: true, sync: true }));

const LEVELS: Readonly<Record<number, string>> = {
  10: pc.dim('trace'), 20: pc.dim('debug'), 30: pc.green('info '), 40: pc.yellow('warn '), 50: pc.red('error'), 60: pc.red('fatal'),
};

/** One line of pino's JSON, for a person. */
export const prettyLine = (json: string): string => {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const { level, time, msg, err, pipeline, feed, ...facts } = entry;
  const where = pipeline ?? feed;
  const tail = Object.entries(facts).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ');
  const failure = (err as { message?: string; stack?: string } | undefined)?.message;
  return `${String(time).slice(11, 19)} ${LEVELS[Number(level)] ?? ''} ${where === undefined ? '' : `${pc.cyan(String(where))}: `}${String(msg ?? '')}${failure === undefined ? '' : ` (${failure})`}${tail === '' ? '' : ` ${pc.dim(tail)}`}\n`;
};
