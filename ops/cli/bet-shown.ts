import pg from 'pg';
import { formatAmount } from '../../domain/amount.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import type { Config } from '../config/config.ts';
import { schemaOf } from './commands/migrate.ts';
import { table } from './say.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** A bet, or a command that placed none, with all that the database has of it. */
export interface ShownBet { readonly bet: Row; readonly legs: readonly Row[]; readonly settlements: readonly Row[]; readonly entries: readonly Row[] }
export interface ShownAccount { readonly account: Row; readonly bets: readonly Row[]; readonly entries: readonly Row[] }

const CONNECT_MS = 10_000;
const SHOWN_ENTRIES = 20;

/** Does work on a connection of the role that only reads, within the namespace's schema. */
export const asQuant = async <A>(config: Config, work: (client: pg.Client) => Promise<A>): Promise<A> => {
  const client = new pg.Client({ connectionString: config.postgresQuantUrl, connectionTimeoutMillis: CONNECT_MS, application_name: 'oddstream-show' });
  await client.connect();
  try {
    await client.query(`SET search_path = ${pg.escapeIdentifier(schemaOf(config.namespace))}`);
    return await work(client);
  } finally {
    await client.end();
  }
};

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

/** The bets of an id: of a bet, or of the command that placed them. */
export const findBets = async (client: pg.Client, id: string): Promise<ShownBet[]> => {
  const { rows: bets } = await client.query<Row>(`
    SELECT id, command_id, account_id, user_id, syndicate_id, sport_id, event_id, market_type, selection, side, currency, odds::text, bookmaker_id, commission_rate::text, is_free_bet, status, code, result, void_reason,
           stake_minor + cashed_stake_minor AS stake_minor, liability_minor, potential_return_minor, payout_minor + cashed_payout_minor AS payout_minor, commission_minor, settlement_version, provider_ref,
           ${['placed_at', 'accepted_at', 'settled_at'].map(time).join(', ')}, source_partition, source_offset::text
      FROM bets WHERE id = $1 OR command_id = $1 ORDER BY id`, [id]);
  const shown: ShownBet[] = [];
  for (const bet of bets) {
    const legs = await client.query<Row>('SELECT leg, sport_id, event_id, market_type, selection, odds::text FROM bet_legs WHERE bet_id = $1 ORDER BY leg', [bet['id']]);
    const settlements = await client.query<Row>(`SELECT version, result, void_reason, payout_minor, commission_minor, ${time('settled_at')}, source_topic, source_partition, source_offset::text FROM bet_settlements WHERE bet_id = $1 ORDER BY version`, [bet['id']]);
    const entries = await client.query<Row>('SELECT entry_id::text, account_id, bucket, amount_minor, currency, kind, transfer FROM ledger_entries WHERE bet_id = $1 ORDER BY ledger_entries.entry_id', [bet['id']]);
    shown.push({ bet, legs: legs.rows, settlements: settlements.rows, entries: entries.rows });
  }
  return shown;
};

/** What became of a command that placed no bet; undefined where there is none of this id. */
export const findCommand = async (client: pg.Client, id: string): Promise<Row | undefined> =>
  (await client.query<Row>(`SELECT command_id, account_id, action, state, code, amount_minor, ${time('decided_at')}, source_partition, source_offset::text FROM account_commands WHERE command_id = $1`, [id])).rows[0];

/** An account; undefined where there is none. */
export const findAccount = async (client: pg.Client, id: string): Promise<ShownAccount | undefined> => {
  const { rows: [account] } = await client.query<Row>(`SELECT account_id, user_id, syndicate_id, currency, partition, available_minor, held_minor, staked_minor, receivable_minor, ${time('opened_at')} FROM accounts WHERE account_id = $1`, [id]);
  if (account === undefined) return undefined;
  const bets = await client.query<Row>('SELECT status, result, count(*)::int AS bets, sum(stake_minor + cashed_stake_minor)::bigint AS stake_minor, sum(payout_minor + cashed_payout_minor)::bigint AS payout_minor FROM bets WHERE account_id = $1 GROUP BY status, result ORDER BY status, result', [id]);
  const entries = await client.query<Row>(`SELECT * FROM (SELECT entry_id, bucket, amount_minor, currency, kind, bet_id, transfer FROM ledger_entries WHERE account_id = $1 ORDER BY entry_id DESC LIMIT ${SHOWN_ENTRIES}) newest ORDER BY entry_id`, [id]);
  return { account, bets: bets.rows, entries: entries.rows };
};

const text = (value: unknown): string => (value === null || value === undefined ? '-' : String(value));
const indented = (rows: readonly (readonly string[])[]): string => table(rows.map((row) => ['', ...row]));
const section = (title: string, rows: readonly (readonly string[])[]): string => (rows.length < 2 ? '' : `\n${title}\n${indented(rows)}`);

/** A bet for a person: what it is, its legs, each of its settlements, each entry of the ledger, and which record each follows from. */
export const betText = ({ bet, legs, settlements, entries }: ShownBet, { namespace }: Config): string => {
  const currency = text(bet['currency']), money = (minor: unknown): string => formatAmount(Number(minor), currency);
  const on = bet['event_id'] === null ? `${legs.length} legs` : `${text(bet['sport_id'])}:${text(bet['event_id'])}:${text(bet['market_type'])}/${text(bet['selection'])}`;
  return `bet ${text(bet['id'])}: ${text(bet['status'])}${bet['result'] === null ? '' : `, ${text(bet['result'])}`}${bet['code'] === null ? '' : ` (${text(bet['code'])})`}\n${indented([
    ['on', `${on} at ${text(bet['odds'])}, ${text(bet['side'])}, with ${text(bet['bookmaker_id'])}${bet['provider_ref'] === null ? '' : ` (its number ${text(bet['provider_ref'])})`}`],
    ['account', `${text(bet['account_id'])}, user ${text(bet['user_id'])}${bet['syndicate_id'] === null ? '' : `, syndicate ${text(bet['syndicate_id'])}`}`],
    ['stake', `${money(bet['stake_minor'])}${String(bet['is_free_bet']) === 'true' ? ', a free bet' : ''}; still held ${money(bet['liability_minor'])}, which can pay ${money(bet['potential_return_minor'])}`],
    ['paid', `${money(bet['payout_minor'])}, commission ${money(bet['commission_minor'])}`],
    ['times', `placed ${text(bet['placed_at'])}, accepted ${text(bet['accepted_at'])}, settled ${text(bet['settled_at'])}`],
    ['from', `${topicName(topics.betCommands, namespace)}/${text(bet['source_partition'])}/${text(bet['source_offset'])}, command ${text(bet['command_id'])}`],
  ])}${section('legs', [['leg', 'on', 'odds'], ...legs.map((leg) => [text(leg['leg']), `${text(leg['sport_id'])}:${text(leg['event_id'])}:${text(leg['market_type'])}/${text(leg['selection'])}`, text(leg['odds'])])])
  }${section('settlements', [['version', 'result', 'payout', 'commission', 'at', 'from'], ...settlements.map((one) => [
    text(one['version']), one['result'] === null ? 'taken back' : `${text(one['result'])}${one['void_reason'] === null ? '' : ` (${text(one['void_reason'])})`}`, money(one['payout_minor']), money(one['commission_minor']), text(one['settled_at']),
    `${text(one['source_topic'])}/${text(one['source_partition'])}/${text(one['source_offset'])}`])])
  }${section('ledger', [['entry', 'account', 'bucket', 'amount', 'kind', 'from'], ...entries.map((entry) => [text(entry['entry_id']), text(entry['account_id']), text(entry['bucket']), formatAmount(Number(entry['amount_minor']), text(entry['currency'])), text(entry['kind']), text(entry['transfer'])])])}`;
};

/** A command that placed no bet, for a person. */
export const commandText = (command: Row, { namespace }: Config): string =>
  `command ${text(command['command_id'])}: ${text(command['action'])} of ${text(command['account_id'])} is ${text(command['state'])}${command['code'] === null ? '' : ` (${text(command['code'])})`}, decided ${text(command['decided_at'])}, from ${topicName(topics.betCommands, namespace)}/${text(command['source_partition'])}/${text(command['source_offset'])}\n`;

/** An account for a person: its balances, its bets, and the newest entries of its ledger. `oddstream ledger check` says whether they add up. */
export const accountText = ({ account, bets, entries }: ShownAccount): string => {
  const money = (minor: unknown): string => formatAmount(Number(minor), text(account['currency']));
  return `account ${text(account['account_id'])}, user ${text(account['user_id'])}${account['syndicate_id'] === null ? '' : `, syndicate ${text(account['syndicate_id'])}`}, opened ${text(account['opened_at'])}\n${indented(['available', 'held', 'staked', 'receivable'].map((bucket) => [bucket, money(account[`${bucket}_minor`])]))
  }${section('bets', [['status', 'result', 'bets', 'staked', 'paid'], ...bets.map((one) => [text(one['status']), text(one['result']), text(one['bets']), money(one['stake_minor']), money(one['payout_minor'])])])
  }${section(`ledger, newest ${SHOWN_ENTRIES}`, [['entry', 'bucket', 'amount', 'kind', 'bet', 'from'], ...entries.map((entry) => [text(entry['entry_id']), text(entry['bucket']), money(entry['amount_minor']), text(entry['kind']), text(entry['bet_id']), text(entry['transfer'])])])}`;
};
