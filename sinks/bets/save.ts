import type pg from 'pg';
import { causeText } from '../../domain/bets/cause.ts';
import type { Desk } from '../../domain/bets/desk.ts';
import type { Account, Bet, Entry } from '../../domain/bets/types.ts';
import { marketKey } from './load.ts';
import { RowArray } from './row-array.ts';
import type { SaidEvents } from './said-events.ts';

/**
 * Writes all that a desk has changed, in the caller's transaction, on a connection that is a pipeline: the statements are sent together, one behind the other, and waited for together.
 * What comes by the thousand goes as binary rows, the rest as JSON. The outbox comes last, since its heads are what transactions wait at.
 */
export const save = async (client: pg.ClientBase, desk: Desk, said: SaidEvents): Promise<void> => {
  const types = await rowTypesOf(client), statements: Promise<unknown>[] = [];
  const run = (name: string, text: string, values: unknown[]): void => { statements.push(client.query({ name, text, values })); };
  const runRows = (name: string, text: string, type: RowType, rows: RowArray, ...values: unknown[]): void => { if (rows.size > 0) run(name, text, [rows.bytes(types.get(type)!), ...values]); };
  const runJson = (name: string, text: string, items: readonly unknown[]): void => { if (items.length > 0) run(name, text, [JSON.stringify(items)]); };

  runJson('open accounts', OPEN_ACCOUNTS, Array.from(desk.newAccounts, opened));
  runRows('update accounts', UPDATE_ACCOUNTS, 'desk_account', accountRows(desk.changedAccounts));
  runRows('insert bets', INSERT_BETS, 'desk_bet', betRows(desk.newBets));
  const changed = Array.from(desk.changedBets);
  runJson('update bets', UPDATE_BETS, changed.map(betChanges));
  runJson('reprice legs', REPRICE_LEGS, changed.filter(({ legs, acceptedAtMs }) => legs.length > 1 && acceptedAtMs !== null).flatMap(legsOf));
  runJson('insert legs', INSERT_LEGS, Array.from(desk.newBets).filter(({ legs }) => legs.length > 1).flatMap(legsOf));
  runJson('insert settlements', INSERT_SETTLEMENTS, desk.settlements.map((one) => ({
    bet_id: one.betId, version: one.version, result: one.result, void_reason: one.voidReason, payout_minor: one.payoutMinor, commission_minor: one.commissionMinor, legs: one.legs,
    settled_at: isoOf(one.settledAtMs), source_topic: one.cause.topic, source_partition: one.cause.partition, source_offset: one.cause.offset,
  })));
  runJson('insert commands', INSERT_COMMANDS, Array.from(desk.newCommands, (one) => ({
    command_id: one.commandId, account_id: one.accountId, action: one.action, state: one.state, code: one.code, amount_minor: one.amountMinor,
    decided_at: isoOf(one.decidedAtMs), source_partition: one.cause.partition, source_offset: one.cause.offset,
  })));
  runJson('update commands', UPDATE_COMMANDS, Array.from(desk.changedCommands, ({ commandId, state }) => ({ command_id: commandId, state })));
  runRows('insert entries', INSERT_ENTRIES, 'desk_entry', entryRows(desk.entries));
  const dues = desk.due.toSorted((a, b) => (marketKey(a) < marketKey(b) ? -1 : 1)); //  in one order, or two transactions wait for each other
  runJson('insert dues', INSERT_DUES, dues.map(({ sport, eventId, market, cause }) => ({ sport_id: sport, event_id: eventId, market_type: market, cause: causeText(cause) })));
  const { counts } = said;
  runRows('insert events', INSERT_EVENTS, 'desk_event', said.rows, counts.map(([partition]) => partition), counts.map(([, count]) => count));
  await Promise.all(statements);
};

const ROW_TYPES = ['desk_account', 'desk_bet', 'desk_entry', 'desk_event'] as const;
type RowType = (typeof ROW_TYPES)[number];

/** The numbers of our types in a connection's database: an array says in itself what it is of. */
const rowTypes = new WeakMap<pg.ClientBase, ReadonlyMap<string, number>>();
const rowTypesOf = async (client: pg.ClientBase): Promise<ReadonlyMap<string, number>> => {
  const known = rowTypes.get(client);
  if (known !== undefined) return known;
  const { rows } = await client.query<{ name: string; oid: number }>('SELECT name, name::regtype::oid FROM unnest($1::text[]) name', [ROW_TYPES]);
  const types = new Map(rows.map(({ name, oid }) => [name, oid]));
  rowTypes.set(client, types);
  return types;
};

const OPEN_ACCOUNTS = `
  INSERT INTO accounts (account_id, user_id, syndicate_id, currency, partition, available_minor, held_minor, staked_minor, receivable_minor, opened_at)
  SELECT * FROM json_to_recordset($1::json) n (account_id text, user_id text, syndicate_id text, currency text, partition smallint, available_minor bigint, held_minor bigint, staked_minor bigint, receivable_minor bigint, opened_at timestamptz)`;

const opened = (account: Account): object => ({
  account_id: account.accountId, user_id: account.userId, syndicate_id: account.syndicateId, currency: account.currency, partition: account.partition,
  available_minor: account.availableMinor, held_minor: account.heldMinor, staked_minor: account.stakedMinor, receivable_minor: account.receivableMinor, opened_at: isoOf(account.openedAtMs),
});

const UPDATE_ACCOUNTS = `
  UPDATE accounts a SET (available_minor, held_minor, staked_minor, receivable_minor) = (n.available_minor, n.held_minor, n.staked_minor, n.receivable_minor)
    FROM unnest($1::desk_account[]) n WHERE a.account_id = n.account_id`;

const accountRows = (accounts: Iterable<Account>): RowArray => {
  const rows = new RowArray(5);
  for (const { accountId, availableMinor, heldMinor, stakedMinor, receivableMinor } of accounts) rows.text(accountId).int8(availableMinor).int8(heldMinor).int8(stakedMinor).int8(receivableMinor).end();
  return rows;
};

/** What a bet can be once the commands that came with the one that placed it are done too: it may be cashed out by then, taken back or voided. */
const INSERT_BETS = `
  INSERT INTO bets (id, command_id, account_id, user_id, syndicate_id, sport_id, event_id, market_type, selection, side, currency, odds, worst_odds, bookmaker_id, commission_rate, is_free_bet,
                    status, code, void_reason, stake_minor, liability_minor, potential_return_minor, cashed_stake_minor, cashed_payout_minor,
                    due_at, placed_at, accepted_at, settled_at, metadata, partition, source_partition, source_offset)
  SELECT id, command_id, account_id, user_id, syndicate_id, sport_id, event_id, market_type, selection, side, currency, odds::numeric, worst_odds::numeric, bookmaker_id, commission_ppm * 0.000001, is_free_bet,
         status, code, void_reason, stake_minor, liability_minor, potential_return_minor, cashed_stake_minor, cashed_payout_minor,
         due_at, placed_at, accepted_at, settled_at, metadata::jsonb, partition, source_partition, source_offset
    FROM unnest($1::desk_bet[])`;

const betRows = (bets: Iterable<Bet>): RowArray => {
  const rows = new RowArray(32);
  for (const bet of bets) {
    const { legs, cause } = bet, single = legs.length === 1 ? legs[0] : undefined;
    rows.uuid(bet.betId).uuid(bet.commandId).text(bet.accountId).text(bet.userId).text(bet.syndicateId)
      .text(single?.sport ?? null).text(single?.eventId ?? null).text(single?.market ?? null).text(single?.outcome ?? null)
      .text(bet.side).text(bet.currency).text(oddsOf(bet, 'priceE4')).text(oddsOf(bet, 'worstPriceE4')).text(bet.provider).int4(bet.commissionPpm).bool(bet.isFreeBet)
      .text(bet.status).text(bet.code).text(bet.voidReason)
      .int8(bet.stakeMinor).int8(bet.liabilityMinor).int8(bet.potentialReturnMinor).int8(bet.cashedStakeMinor).int8(bet.cashedPayoutMinor)
      .timeMs(bet.dueAtMs).timeMs(bet.placedAtMs).timeMs(bet.acceptedAtMs).timeMs(bet.settledAtMs)
      .text(JSON.stringify(bet.metadata)).int2(bet.partition).int4(cause.partition).int8(cause.offset).end();
  }
  return rows;
};

/** The price of the whole bet; its legs' are exact. */
const oddsOf = ({ legs }: Bet, of: 'priceE4' | 'worstPriceE4'): string => legs.reduce((product, leg) => product * (leg[of] / 1e4), 1).toFixed(4);

const UPDATE_BETS = `
  UPDATE bets b SET (status, code, result, void_reason, stake_minor, liability_minor, potential_return_minor, gross_minor, payout_minor, commission_minor, cashed_stake_minor, cashed_payout_minor,
                     settlement_version, provider_ref, odds, attempted_at, due_at, accepted_at, settled_at, updated_at)
      = (n.status, n.code, n.result, n.void_reason, n.stake, n.liability, n.most, n.gross, n.payout, n.commission, n.cashed_stake, n.cashed_payout,
         n.version, n.provider_ref, n.odds, n.attempted_at, n.due_at, n.accepted_at, n.settled_at, now())
    FROM json_to_recordset($1::json) n (id uuid, status text, code text, result text, void_reason text, stake bigint, liability bigint, most bigint, gross bigint, payout bigint, commission bigint,
         cashed_stake bigint, cashed_payout bigint, version int, provider_ref text, odds numeric, attempted_at timestamptz, due_at timestamptz, accepted_at timestamptz, settled_at timestamptz)
   WHERE b.id = n.id`;

const betChanges = (bet: Bet): object => ({
  id: bet.betId, status: bet.status, code: bet.code, result: bet.result, void_reason: bet.voidReason, stake: bet.stakeMinor, liability: bet.liabilityMinor, most: bet.potentialReturnMinor,
  gross: bet.grossMinor, payout: bet.payoutMinor, commission: bet.commissionMinor, cashed_stake: bet.cashedStakeMinor, cashed_payout: bet.cashedPayoutMinor, version: bet.settlementVersion,
  provider_ref: bet.providerRef, odds: oddsOf(bet, 'priceE4'), attempted_at: isoOf(bet.attemptedAtMs), due_at: isoOf(bet.dueAtMs), accepted_at: isoOf(bet.acceptedAtMs), settled_at: isoOf(bet.settledAtMs),
});

const LEGS = 'json_to_recordset($1::json) n (bet_id uuid, leg smallint, sport_id text, event_id text, market_type text, selection text, odds numeric, worst_odds numeric)';
const REPRICE_LEGS = `UPDATE bet_legs l SET odds = n.odds FROM ${LEGS} WHERE l.bet_id = n.bet_id AND l.leg = n.leg AND l.odds <> n.odds`;
const INSERT_LEGS = `INSERT INTO bet_legs (bet_id, leg, sport_id, event_id, market_type, selection, odds, worst_odds) SELECT * FROM ${LEGS}`;

const legsOf = ({ betId, legs }: Bet): object[] => legs.map((leg, at) => ({
  bet_id: betId, leg: at, sport_id: leg.sport, event_id: leg.eventId, market_type: leg.market, selection: leg.outcome, odds: leg.priceE4 / 1e4, worst_odds: leg.worstPriceE4 / 1e4,
}));

const INSERT_SETTLEMENTS = `
  INSERT INTO bet_settlements (bet_id, version, result, void_reason, payout_minor, commission_minor, legs, settled_at, source_topic, source_partition, source_offset)
  SELECT * FROM json_to_recordset($1::json) n (bet_id uuid, version int, result text, void_reason text, payout_minor bigint, commission_minor bigint, legs jsonb, settled_at timestamptz, source_topic text, source_partition int, source_offset bigint)`;

const INSERT_COMMANDS = `
  INSERT INTO account_commands (command_id, account_id, action, state, code, amount_minor, decided_at, source_partition, source_offset)
  SELECT * FROM json_to_recordset($1::json) n (command_id uuid, account_id text, action text, state text, code text, amount_minor bigint, decided_at timestamptz, source_partition int, source_offset bigint)`;

const UPDATE_COMMANDS = 'UPDATE account_commands c SET state = n.state FROM json_to_recordset($1::json) n (command_id uuid, state text) WHERE c.command_id = n.command_id';

const INSERT_ENTRIES = `
  INSERT INTO ledger_entries (transfer, account_id, bucket, amount_minor, currency, kind, bet_id) SELECT transfer, account_id, bucket, amount_minor, currency, kind, bet_id FROM unnest($1::desk_entry[])`;

const entryRows = (entries: readonly Entry[]): RowArray => {
  const rows = new RowArray(7);
  for (const { transfer, accountId, bucket, amountMinor, currency, kind, betId } of entries) rows.text(transfer).text(accountId).text(bucket).int8(amountMinor).text(currency).text(kind).uuid(betId).end();
  return rows;
};

const INSERT_DUES = `
  INSERT INTO settlements_due (sport_id, event_id, market_type, cause) SELECT * FROM json_to_recordset($1::json) n (sport_id text, event_id text, market_type text, cause text) ON CONFLICT DO NOTHING`;

/** Each partition's head is moved on, and so locked, in order: its sequence has no gap, and commits come in its order. */
const INSERT_EVENTS = `
  WITH said AS (SELECT * FROM unnest($2::smallint[], $3::bigint[]) s (partition, count)),
       heads AS (INSERT INTO bet_outbox_heads AS h (partition, next_sequence) SELECT partition, count FROM said ORDER BY partition
                 ON CONFLICT (partition) DO UPDATE SET next_sequence = h.next_sequence + excluded.next_sequence RETURNING h.partition, h.next_sequence)
  INSERT INTO bet_outbox (partition, sequence, event)
  SELECT e.partition, h.next_sequence - s.count + e.place, e.event::json FROM unnest($1::desk_event[]) e JOIN heads h USING (partition) JOIN said s USING (partition)`;

const isoOf = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());
