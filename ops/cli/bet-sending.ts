import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { BetCommandInput } from '../../schemas/generated/bet-command.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import type { Config } from '../config/config.ts';
import { awaitAnswer, eventText, EXIT_OF_OUTCOME, outcomeOf } from './bet-answers.ts';
import { uuidOf, waitOf } from './bet-options.ts';
import { configOf } from './globals.ts';
import { say } from './say.ts';

/** The options that every command of a gateway has. */
export interface SendingOptions { readonly id?: string; readonly wait: string; readonly json?: true }

/** Adds `--id`, `--wait` and `--json`. */
export const addSendingOptions = (command: Command): Command => command
  .option('--id <uuid>', 'idempotency key: a command that is sent twice with the same one is done once (default: a new one, which is printed)')
  .option('--wait <seconds>', 'how long to wait for the answer; 0: not at all', '10')
  .option('--json', 'as JSON');

const FLUSH_MS = 30_000;

/**
 * Sends a command, and waits for what becomes of it as long as it was told to. Says it, and sets the exit code: 0 done, or sent and not waited for; 1 rejected; 3 no
 * answer in time.
 */
export const sendCommand = async (given: Omit<BetCommandInput, 'timestamp' | 'command_id'>, options: SendingOptions, self: Command): Promise<void> => {
  const waitMs = waitOf(options.wait), id = options.id === undefined ? randomUUID() : uuidOf('--id', options.id);
  const command: BetCommandInput = { ...given, timestamp: Date.now(), command_id: id };
  const events = await sentAndAnswered(configOf(self), command, waitMs);
  const outcome = events === undefined ? 'sent' : outcomeOf(command.action, events);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ command_id: id, outcome, events: events ?? [] }, null, 2)}\n`);
  else process.stdout.write([`command ${id}`, ...(events ?? []).map(eventText)].map((line) => `${line}\n`).join(''));
  if (outcome === 'sent') return;
  process.exitCode = EXIT_OF_OUTCOME[outcome];
  if (outcome === 'pending') say(`not decided within ${options.wait} s: the command is in the log, and is done once the pipelines come to it; 'oddstream bet show ${id}' says what became of it, and with --id ${id} it can be sent again without being done twice`);
};

/** What answered within the time; undefined where it was not waited for. */
const sentAndAnswered = async (config: Config, command: BetCommandInput, waitMs: number) => {
  const { brokers, registryUrl, namespace } = config;
  const [{ connectProducer }, { SchemaRegistry }, { openBetCommands }, { connectRecords, RecordsError }, { ValueDecoder }] = await Promise.all([
    import('../../connectors/kafka/producer.ts'), import('../../connectors/kafka/registry.ts'), import('../../connectors/bettors/commands.ts'), import('../../connectors/kafka/records.ts'), import('../../connectors/kafka/decode.ts')]);
  const registry = new SchemaRegistry(registryUrl, { namespace });
  const producer = await connectProducer({ brokers, clientId: 'oddstream-bet', lingerMs: 0, onWarning: say });
  const records = waitMs === 0 ? undefined : await connectRecords(brokers);
  try {
    const commands = await openBetCommands({ producer, schemas: registry, namespace });
    const answers = { topic: topicName(topics.betEvents, namespace), partition: commands.placeOf(command.account_id).partition };
    if (records !== undefined && await records.partitions(answers.topic) === undefined) throw new RecordsError('topic_missing', `There is no topic '${answers.topic}': create it with 'oddstream topics apply'.`);
    const end = (await records?.range(answers))?.end;
    commands.send(command);
    await producer.flush(FLUSH_MS);
    if (records === undefined || end === undefined) return undefined;
    return await awaitAnswer({ records, decoder: new ValueDecoder(registry), from: { ...answers, offset: end }, command, waitMs });
  } finally {
    await Promise.all([records?.close(), producer.disconnect()]);
  }
};
