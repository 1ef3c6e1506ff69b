import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { GlobalConfig } from 'node-rdkafka';

export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type Mechanism = (typeof mechanisms)[number];

export interface BrokersOptions {
  /** `host:port`, several by comma. */
  readonly addresses: string;
  /** Whether they are spoken with within TLS. */
  readonly isTls: boolean;
  /** PEM of the authorities whose certificates are believed; those that the client libraries believe where none is given. */
  readonly caFile?: string | undefined;
  readonly login?: Login | undefined;
}

export interface Login { readonly mechanism: Mechanism; readonly username: string; readonly password: string }

/** Brokers that are spoken with within TLS, or that want a login. As a text it is their addresses alone. */
export class SecuredBrokers {
  readonly addresses: string;
  readonly isTls: boolean;
  readonly caFile: string | undefined;
  /** Not enumerable: the password is in no log, whoever puts the options of a client into it. */
  readonly #login: Login | undefined;

  constructor({ addresses, isTls, caFile, login }: BrokersOptions) {
    this.addresses = addresses;
    this.isTls = isTls;
    this.caFile = caFile;
    this.#login = login;
  }

  get login(): Login | undefined { return this.#login; }
  toString(): string { return this.addresses; }
}

/** Where the brokers are; a text is `host:port,host:port`, in the clear and without a login. Every client of ours takes it, and asks one of the functions below what it means. */
export type Brokers = string | SecuredBrokers;

/** After a broker's restart librdkafka asks for it again this often at least, ms: by its default of ten seconds partitions stand still for as long. */
const RECONNECT_MAX_MS = 1_000;

/** The settings of node-rdkafka's clients. */
export const rdkafkaSettings = (brokers: Brokers): GlobalConfig => {
  // Nagle's algorithm holds a small request back while another is under way.
  const common: GlobalConfig = { 'metadata.broker.list': String(brokers), 'reconnect.backoff.max.ms': RECONNECT_MAX_MS, 'socket.nagle.disable': true };
  if (typeof brokers === 'string') return common;
  const { isTls, caFile, login } = brokers;
  return {
    ...common,
    'security.protocol': login === undefined ? (isTls ? 'ssl' : 'plaintext') : isTls ? 'sasl_ssl' : 'sasl_plaintext',
    ...(isTls && caFile !== undefined ? { 'ssl.ca.location': caFile } : {}),
    ...(login === undefined ? {} : { 'sasl.mechanisms': login.mechanism, 'sasl.username': login.username, 'sasl.password': login.password }),
  };
};

/** Those of kafkajs. */
export const kafkajsSettings = (brokers: Brokers): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> => {
  const addresses = String(brokers).split(',');
  if (typeof brokers === 'string') return { brokers: addresses };
  const { isTls, login } = brokers;
  return {
    brokers: addresses,
    ...(isTls ? { ssl: caOf(brokers) ?? true } : {}),
    ...(login === undefined ? {} : { sasl: { mechanism: login.mechanism.toLowerCase(), username: login.username, password: login.password } as SASLOptions }),
  };
};

/** How a connection of our own is made. */
export interface Security { readonly tls: { readonly ca?: string } | undefined; readonly login: Login | undefined }
export const securityOf = (brokers: Brokers): Security =>
  (typeof brokers === 'string' ? { tls: undefined, login: undefined } : { tls: brokers.isTls ? caOf(brokers) ?? {} : undefined, login: brokers.login });

const caOf = ({ caFile }: SecuredBrokers): { ca: string } | undefined => (caFile === undefined ? undefined : { ca: readFileSync(caFile, 'utf8') });
