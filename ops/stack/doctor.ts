import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from './artefacts.ts';
import { wheelJreHome } from './artefacts.ts';
import { StackError, throwIfAborted } from './errors.ts';
import { defaultHome, homeAt, readState } from './home.ts';
import { findJavas, javaAtLeast } from './java.ts';
import type { Java } from './java.ts';
import { choosePorts, portIsFree, portsOf, serverNames } from './ports.ts';
import type { ServerName } from './ports.ts';
import { findPostgres } from './postgres-programs.ts';
import { redisProgram } from './redis.ts';
import { liveRecord } from './server-process.ts';
import { versions } from './versions.ts';

/** One thing that Oddstream needs of this machine. */
export interface DoctorItem {
  readonly name: string;
  readonly ok: boolean;
  /** What is there, in words. */
  readonly found: string;
  /** What is needed, and for what. */
  readonly need: string;
  /** The command, or what else to do, that makes it ok. Empty where it is ok. */
  readonly install: string;
  /** Debian's packages that `installMissing` installs. */
  readonly packages: readonly string[];
}

type System = 'debian' | 'mac' | 'other';

const system = (): System => {
  if (process.platform === 'darwin') return 'mac';
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get') ? 'debian' : 'other';
};

const installWith = (on: System, packages: readonly string[], brew: string): string => {
  if (on === 'debian') return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`;
  return on === 'mac' ? `brew install ${brew}` : `install ${packages.join(' ')} with the system's package manager`;
};

const output = (program: string, args: readonly string[]): string | undefined => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : undefined;
};

const item = (name: string, found: string | undefined, need: string, packages: readonly string[], brew: string): DoctorItem => ({
  name,
  ok: found !== undefined,
  found: found ?? 'nothing',
  need,
  install: found === undefined ? installWith(system(), packages, brew) : '',
  packages,
});

/** `20.19.4` against 20.19: at least that? */
export const nodeIsNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
};

/** The first version number in what a program says of itself: `Apache Maven 3.8.7`, `Redis server v=7.0.15 sha=…`. */
export const versionIn = (text: string): string | undefined => /(\d+(?:\.\d+)+)/.exec(text)?.[1];

const describeJava = (java: Java | undefined): string | undefined => (java ? `Java ${java.major} in ${java.home}` : undefined);

const registryJava = (home: string, javas: readonly Java[]): DoctorItem => {
  const need = `Java ${versions.registryJavaMin} or newer, for the schema registry; without it a JRE is downloaded with python3 and pip`;
  const cached = (): string | undefined => (existsSync(wheelJreHome(homeAt(home))) ? 'the JRE downloaded before' : undefined);
  // Asked last: Python takes half a second to say that it has pip.
  const pip = (): string | undefined => (output('python3', ['-m', 'pip', '--version']) ? 'none, a JRE will be downloaded with pip (34 MB)' : undefined);
  return item('java for the registry', describeJava(javaAtLeast(versions.registryJavaMin, javas)) ?? cached() ?? pip(), need, ['python3', 'python3-pip'], 'openjdk@21');
};

/** The programs that these servers run on, found or not. Starts no server. */
export const programsOf = (home: string, servers: readonly ServerName[]): DoctorItem[] => {
  const items: DoctorItem[] = [];
  const needsJava = servers.includes('kafka') || servers.includes('registry');
  if (needsJava) {
    const javas = findJavas();
    const java = javaAtLeast(versions.kafkaJavaMin, javas);
    items.push(item('java', describeJava(java), `Java ${versions.kafkaJavaMin} or newer, for Kafka and Maven`, ['openjdk-17-jre-headless'], 'openjdk@17'));
    if (servers.includes('registry')) items.push(registryJava(home, javas));
    const cached = existsSync(resolve(homeAt(home).cache, `kafka-${versions.kafka}`)) && existsSync(resolve(homeAt(home).cache, `registry-${versions.registry}`));
    // Maven alone needs a second to say its version; that it is there is enough.
    const found = cached ? 'not needed, everything is downloaded' : output('which', ['mvn'])?.trim();
    items.push(item('maven', found, 'Maven, to download Kafka and the registry', ['maven'], 'maven'));
  }
  if (servers.includes('postgres')) {
    const best = findPostgres()[0];
    const found = best && `PostgreSQL ${best.major} in ${best.bin}, ${best.timescale ? 'with TimescaleDB' : 'without TimescaleDB (plain mode: same tables and results)'}`;
    items.push(item('postgresql', found, `PostgreSQL ${versions.postgresMin} or newer with its server programs`, ['postgresql'], 'postgresql@17'));
  }
  if (servers.includes('redis')) {
    const program = redisProgram();
    const version = program && versionIn(output(program, ['--version']) ?? '');
    items.push(item('redis', program && `redis-server ${version ?? ''} in ${dirname(program)}`, 'redis-server', ['redis-server'], 'redis'));
  }
  return items;
};

/** What the npm packages need: a native client that was built, or what it takes to build it. */
const nativeClient = (): DoctorItem[] => {
  try {
    const package_ = createRequire(import.meta.url).resolve('node-rdkafka/package.json');
    if (existsSync(resolve(dirname(package_), 'build/Release/node-librdkafka.node')))
      return [item('node-rdkafka', `${(JSON.parse(readFileSync(package_, 'utf8')) as { version: string }).version}, built`, 'the native Kafka client', [], '')];
  } catch {
    // Not installed: what follows says what it takes.
  }
  const compiler = output('g++', ['--version']) ?? output('c++', ['--version']);
  const header = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].find((folder) => existsSync(resolve(folder, 'librdkafka/rdkafkacpp.h')));
  return [
    item('c++ compiler', compiler && output('make', ['--version']) ? compiler.split('\n')[0] : undefined, 'g++ and make, to build node-rdkafka', ['g++', 'make'], 'gcc make'),
    item('python3', output('python3', ['--version'])?.trim(), 'Python 3, to build node-rdkafka', ['python3'], 'python'),
    item('librdkafka', header, "librdkafka's headers; without them it is built from source, which takes minutes", ['librdkafka-dev'], 'librdkafka'),
  ];
};

const disk = (home: string): DoctorItem => {
  let folder = home;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / 1e9;
  return {
    name: 'disk',
    ok: freeGb >= 3,
    found: `${freeGb.toFixed(1)} GB free at ${folder}`,
    need: '3 GB: the servers take 0.5, the rest is for data',
    install: freeGb >= 3 ? '' : 'make room, or put the stack elsewhere with ODDSTREAM_HOME=<folder>',
    packages: [],
  };
};

const portItem = async (home: string): Promise<DoctorItem> => {
  const where = homeAt(home);
  const ports = choosePorts({ env: process.env, remembered: readState(where)?.ports });
  const ours = serverNames.filter((server) => liveRecord(where, server));
  const wanted = serverNames.filter((server) => !ours.includes(server)).flatMap((server) => portsOf[server].map((name) => ({ name, port: ports[name] })));
  const taken: string[] = [];
  for (const { name, port } of wanted) if (!(await portIsFree(port))) taken.push(`${port} (${name})`);
  const range = Object.values(ports).sort((a: number, b: number) => a - b).join(', ');
  return {
    name: 'ports',
    ok: taken.length === 0,
    found: taken.length > 0 ? `in use by another program: ${taken.join(', ')}` : ours.length > 0 ? `free, or used by this stack (${ours.join(', ')})` : 'free',
    need: `${range} on 127.0.0.1`,
    install: taken.length > 0 ? 'stop what uses them, or choose others with ODDSTREAM_BASE_PORT=<base port>' : '',
    packages: [],
  };
};

/** Everything that Oddstream needs of this machine, found or not. Changes nothing. */
export const doctor = async (options: { readonly home?: string } = {}): Promise<DoctorItem[]> => {
  const home = options.home ?? defaultHome();
  const node: DoctorItem = {
    name: 'node',
    ok: nodeIsNewEnough(process.versions.node),
    found: `Node ${process.versions.node}`,
    need: 'Node 20.19 or newer',
    install: nodeIsNewEnough(process.versions.node) ? '' : 'install Node 20.19 or newer',
    packages: [],
  };
  return [node, ...programsOf(home, serverNames), ...nativeClient(), disk(home), await portItem(home)];
};

const apt = (args: readonly string[], onProgress: Progress, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((done, reject) => {
    throwIfAborted(signal);
    const child = spawn('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const errors: string[] = [];
    const begun = Date.now();
    const timer = setInterval(() => onProgress(`packages: apt-get ${args[0]} is at work (${Math.round((Date.now() - begun) / 1000)} s)`), 3000);
    createInterface({ input: child.stdout }).on('line', (line) => /^E: /.test(line) && errors.push(line));
    createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
    child.once('error', (cause) => reject(new StackError('install-failed', 'apt-get could not be run', { cause })));
    child.once('close', (code) => {
      clearInterval(timer);
      if (code === 0) done();
      else reject(new StackError('install-failed', `apt-get ${args.join(' ')} failed with exit code ${code}: run it by hand to see why`, { detail: errors.slice(-8).join('\n') }));
    });
  });

/**
 * Installs these packages where that can be done without asking: on Debian and its kin, as root. An apt-get that was begun is not
 * interrupted. Throws `install-failed`.
 */
export const installPackages = async (packages: readonly string[], options: { readonly onProgress: Progress; readonly signal?: AbortSignal | undefined }): Promise<void> => {
  options.onProgress(`packages: installing ${packages.join(', ')}`);
  await patiently(() => apt(['update', '-q'], options.onProgress, options.signal), options);
  await patiently(() => apt(['install', '-y', '-q', '--no-install-recommends', ...packages], options.onProgress, options.signal), options);
};

const LOCKED = /Could not get lock|Unable to (acquire|lock)/;
const LOCK_PATIENCE_MS = 600_000;
const LOCK_PAUSE_MS = 2_000;

/** Waits while another apt-get is at work: one at a time has the machine's packages, and two of our own may have begun together. */
const patiently = async (install: () => Promise<void>, { onProgress, signal }: { readonly onProgress: Progress; readonly signal?: AbortSignal | undefined }): Promise<void> => {
  for (const untilMs = Date.now() + LOCK_PATIENCE_MS; ;) {
    try {
      await install();
      return;
    } catch (error) {
      if (!(error instanceof StackError && LOCKED.test(error.detail)) || Date.now() > untilMs) throw error;
      onProgress('packages: another apt-get is at work, waiting for it');
      await wait(LOCK_PAUSE_MS, undefined, { ...(signal === undefined ? {} : { signal }) });
    }
  }
};

/** Installs the packages of the items that are not ok; elsewhere than on Debian as root it throws `missing-program` with what to run. */
export const installItems = async (items: readonly DoctorItem[], options: { readonly onProgress: Progress; readonly signal?: AbortSignal | undefined }): Promise<void> => {
  const missing = items.filter((one) => !one.ok && one.packages.length > 0);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((one) => one.packages))];
  if (system() !== 'debian' || process.getuid?.() !== 0) {
    const list = missing.map((one) => `${one.name} is missing (${one.install})`).join('; ');
    throw new StackError('missing-program', list);
  }
  await installPackages(packages, options);
};

/** Installs what `doctor` finds missing and packages can give. Throws `missing-program`, `install-failed` or `aborted`. */
export const installMissing = async (options: { readonly home?: string; readonly onProgress: Progress; readonly signal?: AbortSignal }): Promise<void> =>
  installItems(await doctor(options.home === undefined ? {} : { home: options.home }), options);
