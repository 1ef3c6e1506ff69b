import type pg from 'pg';
import type { AccountCommand } from '../../domain/bets/desk.ts';
import { type Deduction, type Fact, OPEN_UNTIL_MS, type OutcomeFact } from '../../domain/bets/facts.ts';
import { fnv1a } from '../../domain/fnv1a.ts';
import type { FactsOf } from '../../domain/bets/settling.ts';
import type { Account, Bet, BetLeg, BetResult, BetStatus, Side } from '../../domain/bets/types.ts';

/** A market by what names it. */
export interface MarketName { readonly sport: string; readonly eventId: string; readonly market: string }

export const marketKey = ({ sport, eventId, market }: MarketName): string => `${sport}:${eventId}:${market}`;

/** Accounts by id, locked in order of their ids until the transaction is over. */
export const lockAccounts = async (client: pg.ClientBase, ids: Iterable<string>): Promise<Map<string, Account>> => {
  const { rows } = await client.query<AccountRow>({ name: 'lock accounts', text: `
    SELECT account_id, user_id, syndicate_id, currency, partition, available_minor, held_minor, staked_minor, receivable_minor, ${ms('opened_at')}
      FROM accounts WHERE account_id = ANY ($1::text[]) ORDER BY account_id FOR UPDATE`, values: [Array.from(ids)] });
  return new Map(rows.map((row) => [row.account_id, {
    accountId: row.account_id, userId: row.user_id, syndicateId: row.syndicate_id, currency: row.currency, partition: row.partition, openedAtMs: row.opened_at,
    availableMinor: Number(row.available_minor), heldMinor: Number(row.held_minor), stakedMinor: Number(row.staked_minor), receivableMinor: Number(row.receivable_minor),
  }]));
};

interface AccountRow {
  account_id: string; user_id: string; syndicate_id: string | null; currency: string; partition: number; opened_at: number;
  available_minor: string; held_minor: string; staked_minor: string; receivable_minor: string;
}

/** Bets that a condition names, with their legs, locked in order of their ids until the transaction is over. `$1` is the parameter; b is the bet. */
export const lockBets = async (client: pg.ClientBase, where: string, parameters: readonly unknown[], lock: 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED' = 'FOR UPDATE'): Promise<Map<string, Bet>> => {
  const { rows } = await client.query<BetRow>({ name: `lock bets ${fnv1a(where)} ${lock}`, text: `
    SELECT b.id, b.command_id, b.account_id, b.user_id, b.syndicate_id, b.sport_id, b.event_id, b.market_type, b.selection, b.side, b.currency, b.odds, b.worst_odds, b.bookmaker_id,
           b.commission_rate, b.is_free_bet, b.status, b.code, b.result, b.void_reason, b.stake_minor, b.liability_minor, b.potential_return_minor, b.gross_minor, b.payout_minor,
           b.commission_minor, b.cashed_stake_minor, b.cashed_payout_minor, b.settlement_version, b.provider_ref, b.partition, b.source_partition, b.source_offset, b.metadata,
           ${['attempted_at', 'due_at', 'placed_at', 'accepted_at', 'settled_at'].map((column) => ms(column, 'b.')).join(', ')}
      FROM bets b WHERE ${where} ORDER BY b.id ${lock}`, values: parameters as unknown[] });
  const multiples = rows.filter(({ event_id }) => event_id === null).map(({ id }) => id);
  const legs = new Map<string, BetLeg[]>();
  if (multiples.length > 0) {
    const found = await client.query<LegRow>('SELECT bet_id, sport_id, event_id, market_type, selection, odds, worst_odds FROM bet_legs WHERE bet_id = ANY ($1::uuid[]) ORDER BY bet_id, leg', [multiples]);
    for (const row of found.rows) legs.set(row.bet_id, [...legs.get(row.bet_id) ?? [], legOf(row)]);
  }
  return new Map(rows.map((row) => [row.id, betOf(row, row.event_id === null ? legs.get(row.id)! : [legOf(row as unknown as LegRow)])]));
};

interface LegRow { bet_id: string; sport_id: string; event_id: string; market_type: string; selection: string; odds: string; worst_odds: string }

interface BetRow extends Record<'id' | 'command_id' | 'account_id' | 'user_id' | 'currency' | 'bookmaker_id' | 'commission_rate', string> {
  syndicate_id: string | null; event_id: string | null; side: Side; is_free_bet: boolean; status: BetStatus; code: string | null; result: BetResult | null; void_reason: string | null;
  stake_minor: string; liability_minor: string; potential_return_minor: string; gross_minor: string; payout_minor: string; commission_minor: string; cashed_stake_minor: string; cashed_payout_minor: string;
  settlement_version: number; provider_ref: string | null; partition: number; source_partition: number; source_offset: string; metadata: Record<string, string>;
  attempted_at: number | null; due_at: number | null; placed_at: number; accepted_at: number | null; settled_at: number | null;
}

const betOf = (row: BetRow, legs: BetLeg[]): Bet => ({
  betId: row.id, commandId: row.command_id, accountId: row.account_id, userId: row.user_id, syndicateId: row.syndicate_id, currency: row.currency, partition: row.partition, side: row.side,
  provider: row.bookmaker_id, commissionPpm: Math.round(Number(row.commission_rate) * 1e6), isFreeBet: row.is_free_bet, legs, placedAtMs: row.placed_at, metadata: row.metadata,
  cause: { topic: COMMANDS, partition: row.source_partition, offset: Number(row.source_offset) },
  status: row.status, code: row.code, stakeMinor: Number(row.stake_minor), liabilityMinor: Number(row.liability_minor), potentialReturnMinor: Number(row.potential_return_minor),
  cashedStakeMinor: Number(row.cashed_stake_minor), cashedPayoutMinor: Number(row.cashed_payout_minor), grossMinor: Number(row.gross_minor), payoutMinor: Number(row.payout_minor),
  commissionMinor: Number(row.commission_minor), result: row.result, voidReason: row.void_reason, settlementVersion: row.settlement_version, acceptedAtMs: row.accepted_at,
  settledAtMs: row.settled_at, dueAtMs: row.due_at, attemptedAtMs: row.attempted_at, providerRef: row.provider_ref,
});

const legOf = (row: LegRow): BetLeg => ({
  sport: row.sport_id, eventId: row.event_id, market: row.market_type, outcome: row.selection, priceE4: priceE4(row.odds), worstPriceE4: priceE4(row.worst_odds),
});

/** The markets of bets, read without a lock: legs never change. */
export const marketsOfBets = async (client: pg.ClientBase, ids: readonly string[]): Promise<MarketName[]> => {
  if (ids.length === 0) return [];
  const { rows } = await client.query<{ sport_id: string; event_id: string; market_type: string }>(`
    SELECT sport_id, event_id, market_type FROM bets WHERE id = ANY ($1::uuid[]) AND event_id IS NOT NULL UNION SELECT sport_id, event_id, market_type FROM bet_legs WHERE bet_id = ANY ($1::uuid[])`, [ids]);
  return rows.map((row) => ({ sport: row.sport_id, eventId: row.event_id, market: row.market_type }));
};

/** Topics that causes lie in. */
export const COMMANDS = 'bet-commands';
export const RESULTS = 'results';

/** What is known of commands, by their ids. */
export const knownCommands = async (client: pg.ClientBase, ids: readonly string[]): Promise<Map<string, AccountCommand>> => {
  const { rows } = await client.query<{ command_id: string; account_id: string; action: string; state: AccountCommand['state']; code: string | null; amount_minor: string | null; decided_at: number; source_partition: number; source_offset: string }>({ name: 'known commands', text: `
    SELECT command_id, account_id, action, state, code, amount_minor, ${ms('decided_at')}, source_partition, source_offset FROM account_commands WHERE command_id = ANY ($1::uuid[])`, values: [ids] });
  return new Map(rows.map((row) => [row.command_id, {
    commandId: row.command_id, accountId: row.account_id, action: row.action, state: row.state, code: row.code, amountMinor: row.amount_minor === null ? null : Number(row.amount_minor),
    decidedAtMs: row.decided_at, cause: { topic: COMMANDS, partition: row.source_partition, offset: Number(row.source_offset) },
  }]));
};

/** What is known of markets, by their keys. */
export const factsOfMarkets = async (client: pg.ClientBase, markets: Iterable<MarketName>): Promise<Map<string, Fact[]>> => {
  const facts = new Map<string, Fact[]>(), names = Array.from(markets);
  if (names.length === 0) return facts;
  const { rows } = await client.query<FactRow>({ name: 'facts of markets', text: `
    SELECT f.sport_id, f.event_id, f.market_type, f.producer, f.kind, f.void_from, f.void_until, f.is_active, f.certainty, f.outcomes, f.deductions, ${ms('timestamp', 'f.')}, f.source_partition, f.source_offset
      FROM unnest($1::text[], $2::text[], $3::text[]) n (sport_id, event_id, market_type) JOIN market_facts f USING (sport_id, event_id, market_type)`,
  values: [names.map(({ sport }) => sport), names.map(({ eventId }) => eventId), names.map(({ market }) => market)] });
  for (const row of rows) {
    const key = marketKey({ sport: row.sport_id, eventId: row.event_id, market: row.market_type }), of = facts.get(key) ?? [];
    of.push({
      producer: row.producer, kind: row.kind, fromMs: Number(row.void_from), untilMs: Math.min(Number(row.void_until), OPEN_UNTIL_MS), isActive: row.is_active, certainty: row.certainty,
      outcomes: row.outcomes, deductions: row.deductions, timestampMs: row.timestamp, cause: { topic: RESULTS, partition: row.source_partition, offset: Number(row.source_offset) },
    });
    facts.set(key, of);
  }
  return facts;
};

interface FactRow {
  sport_id: string; event_id: string; market_type: string; producer: string; kind: Fact['kind']; void_from: string; void_until: string; is_active: boolean; certainty: Fact['certainty'];
  outcomes: readonly OutcomeFact[]; deductions: readonly Deduction[]; timestamp: number; source_partition: number; source_offset: string;
}

const NO_FACTS: readonly Fact[] = [];

/** The facts as the desk asks for them. */
export const lookUp = (facts: ReadonlyMap<string, readonly Fact[]>): FactsOf => (sport, eventId, market) => facts.get(`${sport}:${eventId}:${market}`) ?? NO_FACTS;

/** Markets are locked by so many numbers. */
const MARKET_LOCKS = 64;
const LOCK_CLASS = 0x6265; //  'be'

/**
 * Locks markets until the transaction is over, always first and in order: shared to bet on them, alone to settle them. So no bet is accepted
 * beside a settlement that does not see it.
 */
export const lockMarkets = async (client: pg.ClientBase, markets: Iterable<MarketName>, kind: 'shared' | 'alone'): Promise<void> => {
  const numbers = new Set<number>();
  for (const market of markets) numbers.add(fnv1a(marketKey(market)) % MARKET_LOCKS);
  if (numbers.size === 0) return;
  await client.query({ name: `lock markets ${kind}`, text: `SELECT pg_advisory_xact_lock${kind === 'shared' ? '_shared' : ''}(${LOCK_CLASS}, n) FROM unnest($1::int[]) n`, values: [Array.from(numbers).sort((a, b) => a - b)] });
};

/** Prices are numeric(…, 4) there. */
const priceE4 = (text: string): number => Math.round(Number(text) * 10_000);
const ms = (column: string, of = ''): string => `(extract(epoch FROM ${of}"${column}") * 1000)::float8 AS "${column}"`;
