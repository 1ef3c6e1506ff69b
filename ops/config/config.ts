import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { type Brokers, type Login, SecuredBrokers } from '../../connectors/kafka/brokers.ts';
import type { SnapshotEvery } from '../../runtime/context.ts';
import type { Pipeline } from '../../runtime/pipeline.ts';
import { addresses, defaultHome, StackError, type StackAddresses } from '../stack/stack.ts';
import { ConfigError } from './errors.ts';
import { textOfIssue } from './issues.ts';
import { type SettingName, type SettingValue, settingNames, settings } from './settings.ts';

export { ConfigError } from './errors.ts';

/** What is read when no file is named, if it is there. */
export const DEFAULT_FILE = 'oddstream.json';
/** The pipelines' own settings in the environment, as JSON: `{"best-odds":{"windowMs":500}}`. */
export const PIPELINES_ENV = 'ODDSTREAM_PIPELINES';
/** The config file in the environment. */
export const FILE_ENV = 'ODDSTREAM_CONFIG';

const FIRST_METRICS_PORT = 15_600;
/** Distance of the first metrics port from the stack's PostgreSQL port, which lies 432 above its base: ports of one stack stay together. */
const METRICS_FROM_POSTGRES = 168;

/** Values given on the command line. */
export type Flags = { readonly [Name in SettingName]?: string | undefined } & {
  readonly config?: string | undefined;
  /** `<pipeline>.<setting>=<value>` each. */
  readonly set?: readonly string[] | undefined;
};

export interface LoadOptions {
  readonly flags?: Flags;
  readonly env?: NodeJS.ProcessEnv;
  /** Where `oddstream.json` is looked for, and relative paths start. */
  readonly cwd?: string;
}

/** A value and where it came from, for messages. */
interface Given { readonly value: unknown; readonly from: string }

/**
 * All settings, from the command line, else the environment, else the file, else the local stack or a default. Throws ConfigError with one line that
 * says what is wrong, and where. Addresses are asked for one by one, since most commands need few of them.
 */
export class Config {
  readonly home: string;
  readonly namespace: string;
  readonly snapshotEvery: SnapshotEvery;
  readonly logLevel: string;
  readonly file: string | undefined;
  readonly #given: ReadonlyMap<SettingName, Given>;
  readonly #pipelines: ReadonlyMap<string, ReadonlyMap<string, Given>>;
  readonly #cwd: string;
  #stack: StackAddresses | undefined;

  constructor({ flags = {}, env = process.env, cwd = process.cwd() }: LoadOptions = {}) {
    const file = readFile(flags, env, cwd);
    const given = new Map<SettingName, Given>();
    for (const name of settingNames) {
      const found = find(name, flags, env, file);
      if (found !== undefined) given.set(name, { value: parse(name, found), from: found.from });
    }
    this.file = file?.path;
    this.#given = given;
    this.#pipelines = pipelineSettings(flags, env, file);
    this.#cwd = cwd;
    this.home = this.#path('home') ?? defaultHome({});
    this.namespace = this.given('namespace') ?? '';
    this.snapshotEvery = this.given('snapshotEvery') ?? { records: 1_000_000, ms: 30_000 };
    this.logLevel = this.given('logLevel') ?? 'info';
  }

  /** A setting if it was given, not what would be used without it. */
  given<Name extends SettingName>(name: Name): SettingValue<Name> | undefined {
    return this.#given.get(name)?.value as SettingValue<Name> | undefined;
  }

  /** Where Kafka is, and how it is spoken with. */
  get brokers(): Brokers {
    const addresses = this.given('brokers');
    const secured = (['brokersTls', 'brokersCaFile', 'brokersSasl', 'brokersUsername', 'brokersPassword'] as const).find((name) => this.given(name) !== undefined);
    if (secured === undefined) return addresses ?? this.#local('brokers').brokers;
    if (addresses === undefined) throw new ConfigError('setting_malformed', `${secured} (${this.#given.get(secured)!.from}) is for brokers that are named, and the local stack's are not: set --brokers or ${settings.brokers.env}.`);
    const caFile = this.#path('brokersCaFile'), isTls = this.given('brokersTls') ?? caFile !== undefined;
    if (caFile !== undefined && !existsSync(caFile)) throw new ConfigError('file_missing', `The file ${caFile} (${this.#given.get('brokersCaFile')!.from}) does not exist: name one with the authorities' certificates, as PEM.`);
    return new SecuredBrokers({ addresses, isTls, caFile, login: this.#login() });
  }

  #login(): Login | undefined {
    const mechanism = this.given('brokersSasl'), username = this.given('brokersUsername'), password = this.given('brokersPassword');
    if (mechanism === undefined && username === undefined && password === undefined) return undefined;
    if (mechanism !== undefined && username !== undefined && password !== undefined) return { mechanism, username, password };
    const { brokersSasl, brokersUsername, brokersPassword } = settings;
    throw new ConfigError('setting_malformed', `A login to Kafka is all three of ${brokersSasl.env}, ${brokersUsername.env} and ${brokersPassword.env}: set what is missing, or none of them.`);
  }

  /** A path is seen from the config file that names it, else from where the program was started. */
  #path(name: 'home' | 'brokersCaFile'): string | undefined {
    const path = this.given(name);
    return path === undefined ? undefined : resolve(this.file !== undefined && this.#given.get(name)!.from === this.file ? dirname(this.file) : this.#cwd, path);
  }

  get registryUrl(): string { return this.given('registryUrl') ?? this.#local('registryUrl').registryUrl; }
  get redisUrl(): string { return this.given('redisUrl') ?? this.#local('redisUrl').redisUrl; }
  get postgresOwnerUrl(): string { return this.given('postgresOwnerUrl') ?? this.#local('postgresOwnerUrl').postgres.owner.url; }
  get postgresSinkUrl(): string { return this.given('postgresSinkUrl') ?? this.#local('postgresSinkUrl').postgres.sink.url; }
  get postgresBetsUrl(): string { return this.given('postgresBetsUrl') ?? this.#local('postgresBetsUrl').postgres.bets.url; }
  get postgresQuantUrl(): string { return this.given('postgresQuantUrl') ?? this.#local('postgresQuantUrl').postgres.quant.url; }

  /** How pipelines read. */
  get source(): 'batches' | 'messages' { return this.given('source') ?? 'batches'; }

  /** First port of the pipelines' metrics. */
  get metricsPort(): number {
    const port = this.given('metricsPort');
    if (port !== undefined) return port;
    const stack = this.stack;
    return stack === undefined ? FIRST_METRICS_PORT : stack.postgres.owner.port + METRICS_FROM_POSTGRES;
  }

  /** The addresses of this home's stack, if it was ever started; it may be down. */
  get stack(): StackAddresses | undefined {
    try {
      return (this.#stack ??= addresses(this.home));
    } catch (error) {
      if (error instanceof StackError && error.code === 'not-started') return undefined;
      throw error;
    }
  }

  /** What was given of a pipeline's own settings, as it was given. */
  section(pipeline: string): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Array.from(this.#pipelines.get(pipeline) ?? [], ([key, { value }]) => [key, value]));
  }

  /** A pipeline's own settings, with its defaults. Throws ConfigError for what its schema refuses; keys it does not know are refused too. */
  pipeline(pipeline: Pick<Pipeline, 'name' | 'config'>): unknown {
    const given = this.#pipelines.get(pipeline.name) ?? new Map<string, Given>();
    const schema = 'strict' in pipeline.config ? (pipeline.config as unknown as z.ZodObject).strict() : pipeline.config;
    const parsed = schema.safeParse(this.section(pipeline.name));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    if (issue.code === 'unrecognized_keys') {
      const key = issue.keys[0]!;
      const known = 'shape' in schema ? ` It has: ${Object.keys((schema as z.ZodObject).shape).join(', ')}.` : '';
      throw new ConfigError('setting_unknown', `${pipeline.name} has no setting '${key}' (${given.get(key)?.from ?? 'its section'}).${known}`);
    }
    const key = String(issue.path[0] ?? '');
    const from = given.get(key)?.from ?? 'default';
    throw new ConfigError('setting_malformed', `pipelines.${pipeline.name}.${issue.path.join('.')} (${from}) is ${show(given.get(key)?.value)}: ${textOfIssue(issue)}.`);
  }

  /** Throws ConfigError where a section names a pipeline that does not exist. */
  requireKnownPipelines(names: readonly string[]): void {
    for (const [name, keys] of this.#pipelines) {
      if (names.includes(name)) continue;
      const from = Array.from(keys.values())[0]?.from ?? 'config';
      throw new ConfigError('setting_unknown', `There is no pipeline '${name}' (${from}). There are: ${names.join(', ')}.`);
    }
  }

  #local(name: SettingName): StackAddresses {
    const stack = this.stack;
    if (stack !== undefined) return stack;
    const { env, flag } = settings[name] as { env: string; flag?: string };
    throw new ConfigError('address_missing', `Nobody has said where ${settings[name].doc} is, and there is no local stack in ${this.home}: run 'oddstream stack start', or set ${flag === undefined ? '' : `${flag} or `}${env}.`);
  }
}

/** See Config. */
export const loadConfig = (options: LoadOptions = {}): Config => new Config(options);

interface ConfigFile { readonly path: string; readonly content: Readonly<Record<string, unknown>> }

const readFile = (flags: Flags, env: NodeJS.ProcessEnv, cwd: string): ConfigFile | undefined => {
  const named = flags.config ?? (env[FILE_ENV] || undefined);
  const path = resolve(cwd, named ?? DEFAULT_FILE);
  if (!existsSync(path)) {
    if (named === undefined) return undefined;
    throw new ConfigError('file_missing', `The config file ${path} (${flags.config === undefined ? FILE_ENV : '--config'}) does not exist: name another one, or leave it out.`);
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError('file_malformed', `The config file ${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new ConfigError('file_malformed', `The config file ${path} must hold a JSON object, as in {"logLevel": "info"}.`);
  const known: readonly string[] = [...settingNames, 'pipelines'];
  const unknown = Object.keys(content).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ConfigError('setting_unknown', `There is no setting '${unknown}' (${path}). There are: ${known.join(', ')}.`);
  return { path, content: content as Record<string, unknown> };
};

const find = (name: SettingName, flags: Flags, env: NodeJS.ProcessEnv, file: ConfigFile | undefined): Given | undefined => {
  const { env: variable, flag } = settings[name] as { env: string; flag?: string };
  const fromFlag = flags[name];
  if (fromFlag !== undefined) return { value: fromFlag, from: flag! };
  // An empty variable counts as none, as in shells, except where empty is a value: a namespace may be emptied.
  const fromEnv = env[variable];
  if (fromEnv !== undefined && (fromEnv !== '' || name === 'namespace')) return { value: fromEnv, from: variable };
  const fromFile = file?.content[name];
  return fromFile === undefined ? undefined : { value: fromFile, from: file!.path };
};

const parse = (name: SettingName, { value, from }: Given): unknown => {
  const { schema, isSecret } = settings[name] as { schema: z.ZodType; isSecret?: true };
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const shown = isSecret === true ? 'not usable (its value is not shown, for it may hold a password)' : show(value);
  throw new ConfigError('setting_malformed', `${name} (${from}) is ${shown}: ${textOfIssue(parsed.error.issues[0]!)}.`);
};

const pipelineSettings = (flags: Flags, env: NodeJS.ProcessEnv, file: ConfigFile | undefined): Map<string, Map<string, Given>> => {
  const all = new Map<string, Map<string, Given>>();
  const put = (pipeline: string, key: string, given: Given): void => {
    let of = all.get(pipeline);
    if (of === undefined) all.set(pipeline, of = new Map());
    of.set(key, given);
  };
  const putAll = (sections: unknown, from: string): void => {
    if (!isRecord(sections)) throw new ConfigError('setting_malformed', `pipelines (${from}) must be an object of sections, as in {"best-odds": {"windowMs": 1000}}.`);
    for (const [pipeline, section] of Object.entries(sections)) {
      if (!isRecord(section)) throw new ConfigError('setting_malformed', `pipelines.${pipeline} (${from}) is ${show(section)}: it must be an object of settings, as in {"windowMs": 1000}.`);
      for (const [key, value] of Object.entries(section)) put(pipeline, key, { value, from });
    }
  };
  if (file?.content['pipelines'] !== undefined) putAll(file.content['pipelines'], file.path);
  const text = env[PIPELINES_ENV];
  if (text) {
    let sections: unknown;
    try {
      sections = JSON.parse(text);
    } catch (cause) {
      throw new ConfigError('setting_malformed', `pipelines (${PIPELINES_ENV}) is not JSON: ${(cause as Error).message}. Give {"best-odds": {"windowMs": 1000}}.`, { cause });
    }
    putAll(sections, PIPELINES_ENV);
  }
  for (const assignment of flags.set ?? []) {
    const match = /^([^.=]+)\.([^.=]+)=(.*)$/s.exec(assignment);
    if (match === null) throw new ConfigError('setting_malformed', `--set ${assignment}: give <pipeline>.<setting>=<value>, as in best-odds.windowMs=500.`);
    put(match[1]!, match[2]!, { value: jsonOr(match[3]!), from: '--set' });
  }
  return all;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value of the command line: JSON where it is, else the text as it stands. */
const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const show = (value: unknown): string => {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
