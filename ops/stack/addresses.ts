import { readCredentials, readState, writeWhole } from './home.ts';
import type { Credentials, Home, LoginName } from './home.ts';
import { StackError } from './errors.ts';
import type { Ports } from './ports.ts';
import { registryUrl } from './registry.ts';

/** How one role logs in to PostgreSQL. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** All of it in one; holds the password, so it is not for logs. */
  readonly url: string;
  /** A command for a person's terminal; the password is in the file that it names. */
  readonly command: string;
}

/** Where everything is, for the programs that use it. */
export interface StackAddresses {
  /** Kafka's bootstrap servers. */
  readonly brokers: string;
  /** Base of the Confluent-compatible API. */
  readonly registryUrl: string;
  readonly redisUrl: string;
  readonly postgres: {
    /** Owns the objects: migrations. */
    readonly owner: PostgresAddress;
    /** Member of odds_writer: sinks. */
    readonly sink: PostgresAddress;
    /** Member of bets_writer: bets, settlements and the ledger. */
    readonly bets: PostgresAddress;
    /** Reads only: people. */
    readonly quant: PostgresAddress;
    /** Superuser: tests that break things, repairs. */
    readonly superuser: PostgresAddress;
  };
}

const postgresAddress = (home: Home, port: number, credentials: Credentials, user: LoginName): PostgresAddress => {
  const password = credentials[user];
  const host = '127.0.0.1';
  const database = 'oddstream';
  return {
    host,
    port,
    user,
    password,
    database,
    url: `postgresql://${user}:${password}@${host}:${port}/${database}`,
    command: `PGPASSFILE='${home.pgpass}' psql -h ${host} -p ${port} -U ${user} ${database}`,
  };
};

/** The addresses for these ports. Asks no server. */
export const addressesFor = (home: Home, ports: Ports, credentials: Credentials): StackAddresses => ({
  brokers: `127.0.0.1:${ports.kafka}`,
  registryUrl: registryUrl(ports.registry),
  redisUrl: `redis://127.0.0.1:${ports.redis}`,
  postgres: {
    owner: postgresAddress(home, ports.postgres, credentials, 'oddstream'),
    sink: postgresAddress(home, ports.postgres, credentials, 'oddstream_sink'),
    bets: postgresAddress(home, ports.postgres, credentials, 'oddstream_bets'),
    quant: postgresAddress(home, ports.postgres, credentials, 'quant'),
    superuser: postgresAddress(home, ports.postgres, credentials, 'postgres'),
  },
});

/** The addresses of a home that has been started before; it may be down now. Throws `not-started`. */
export const knownAddresses = (home: Home): StackAddresses => {
  const state = readState(home);
  const credentials = readCredentials(home);
  if (!state || !credentials) throw new StackError('not-started', `the stack of ${home.root} has never been started: run \`oddstream stack start\``);
  return addressesFor(home, state.ports, credentials);
};

/** The password file for psql, so that no command holds a secret. */
export const writePgpass = (home: Home, ports: Ports, credentials: Credentials): void =>
  writeWhole(home.pgpass, Object.entries(credentials).map(([user, password]) => `127.0.0.1:${ports.postgres}:*:${user}:${password}\n`).join(''), 0o600);
