/** The outbox as a process of its own, to be killed: `<brokers> <registry> <database> <namespace>`. */
import { SchemaRegistry } from '../kafka/registry.ts';
import { runOutbox } from './outbox.ts';

const [brokers, registryUrl, postgresUrl, namespace] = process.argv.slice(2) as [string, string, string, string];
const logger = { info: (_: object, text: string) => { process.stdout.write(`${text}\n`); }, warn: (_: object, text: string) => { process.stdout.write(`${text}\n`); } };
await runOutbox({ brokers, registry: new SchemaRegistry(registryUrl, { namespace }), postgresUrl, namespace, signal: new AbortController().signal, logger: logger as never });
