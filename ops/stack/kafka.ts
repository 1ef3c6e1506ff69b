import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka as KafkaClient } from 'kafkajs';
import { ensureKafkaJars } from './artefacts.ts';
import { running, serverEnvironment, serverPorts } from './context.ts';
import type { StackContext, StackServer } from './context.ts';
import { StackError } from './errors.ts';
import { writeWhole } from './home.ts';
import type { Home } from './home.ts';
import { findJavas, javaAtLeast } from './java.ts';
import type { Java } from './java.ts';
import type { Ports } from './ports.ts';
import { launch, waitReady } from './server-process.ts';
import { kafkaJvm, kafkaSettings } from './settings.ts';
import { versions } from './versions.ts';

/** The broker's properties for this machine: the shared settings, and where it listens and keeps its log. */
export const kafkaProperties = (ports: Ports, dataFolder: string): string => {
  const local = {
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    // Static voters: a dynamic quorum writes the controller's port into its log, and the ports of a home may change.
    'controller.quorum.voters': `${kafkaSettings['node.id']}@127.0.0.1:${ports.kafkaController}`,
    'log.dirs': dataFolder,
  };
  return Object.entries({ ...kafkaSettings, ...local })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};

const logging = `status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
`;

/** Java for Kafka. Throws `missing-program`. */
export const kafkaJava = (): Java => {
  const java = javaAtLeast(versions.kafkaJavaMin, findJavas());
  if (!java) throw new StackError('missing-program', `Kafka needs Java ${versions.kafkaJavaMin} or newer; \`oddstream doctor\` says how to install it`);
  return java;
};

/** Downloads what Kafka needs, if it is not there. */
export const prepareKafka = async ({ home, onProgress, signal }: Pick<StackContext, 'home' | 'onProgress' | 'signal'>): Promise<{ program: string; jars: string }> => {
  const java = kafkaJava();
  return { program: join(java.home, 'bin', 'java'), jars: await ensureKafkaJars(home, java, onProgress, signal) };
};

/**
 * A class archive halves the broker's start (2.6 CPU-seconds instead of 4.8). The JVM writes it when the broker stops, which takes that
 * one stop four seconds more; it is taken only after a stop that was not cut short, and fits the very Java that wrote it.
 */
const classArchive = (home: Home, program: string): string[] => {
  const java = createHash('sha256').update(`${program} ${statSync(program).mtimeMs}`).digest('hex').slice(0, 12);
  const archive = join(home.cache, `kafka-${versions.kafka}-${java}.jsa`);
  return [existsSync(archive) ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${join(home.run, basename(archive))}`];
};

const keepClassArchive = (home: Home): void => {
  for (const name of readdirSync(home.run)) {
    if (!name.endsWith('.jsa')) continue;
    const partial = join(home.cache, `${name}.${process.pid}.partial`);
    copyFileSync(join(home.run, name), partial); //  the two may lie on different disks
    renameSync(partial, join(home.cache, name));
    rmSync(join(home.run, name));
  }
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.setTimeout(1000, () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

export const kafka: StackServer = {
  name: 'kafka',

  async start(context: StackContext): Promise<void> {
    const { home, ports, signal } = context;
    let record = running(context, 'kafka');
    if (!record) {
      const { program, jars } = await prepareKafka(context);
      const data = join(home.data, 'kafka');
      mkdirSync(data, { recursive: true });
      const properties = join(home.config, 'kafka.properties');
      const log4j = join(home.config, 'kafka-log4j2.properties');
      writeWhole(properties, kafkaProperties(ports, data));
      writeWhole(log4j, logging);
      const args = [`-Dlog4j2.configurationFile=${log4j}`, '-cp', join(jars, '*')];
      if (!existsSync(join(data, 'meta.properties'))) {
        // An id may not begin with a dash, which the tool would take for an option.
        const id = `A${randomBytes(16).toString('base64url').slice(1)}`;
        await promisify(execFile)(program, [...args, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties], { env: serverEnvironment() });
      }
      record = launch(home, 'kafka', {
        program,
        args: [...kafkaJvm, ...classArchive(home, program), ...args, 'kafka.Kafka', properties],
        cwd: data,
        env: serverEnvironment(),
        ports: serverPorts(ports, 'kafka'),
      });
    }
    await waitReady(home, 'kafka', record, () => kafka.ready(context), { timeoutMs: 60_000, signal });
  },

  /** The broker lists itself in the cluster: it is registered and may lead partitions. An open port alone comes earlier. */
  async ready({ ports }): Promise<boolean> {
    if (!(await accepts(ports.kafka))) return false;
    const client = new KafkaClient({
      clientId: 'oddstream-stack',
      brokers: [`127.0.0.1:${ports.kafka}`],
      connectionTimeout: 1000,
      requestTimeout: 2000,
      retry: { retries: 0 },
      // What kafkajs reports as errors while a broker comes up is what is being waited for.
      logCreator: () => () => undefined,
    });
    const admin = client.admin();
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length > 0;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  },

  stopSignals: [{ signal: 'SIGTERM', withinMs: 25_000 }],
  afterStop: keepClassArchive,
};
