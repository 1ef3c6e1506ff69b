import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** A row of bets as tests write it: a back bet of one leg at the house that stands, where nothing else is said. Amounts in minor units, times epoch ms. */
export interface BetRow {
  readonly id: string;
  readonly account: string;
  readonly user: string;
  readonly syndicate: string | null;
  /** Null for a multiple. */
  readonly sport: string | null;
  readonly event: string;
  readonly market: string;
  readonly selection: string;
  readonly side: 'back' | 'lay';
  readonly currency: string;
  readonly odds: string;
  readonly bookmaker: string;
  readonly isFreeBet: boolean;
  readonly status: string;
  readonly result: string | null;
  readonly stakeMinor: number;
  readonly liabilityMinor: number;
  readonly potentialReturnMinor: number;
  /** At least the payout; of a free bet its stake more. */
  readonly grossMinor: number;
  readonly payoutMinor: number;
  readonly commissionMinor: number;
  readonly cashedStakeMinor: number;
  readonly cashedPayoutMinor: number;
  readonly acceptedAtMs: number;
  readonly settledAtMs: number | null;
}

const standing: Omit<BetRow, 'id' | 'grossMinor'> = {
  account: 'a', user: 'u', syndicate: null, sport: 'football', event: 'e', market: '1x2', selection: 'home', side: 'back', currency: 'GBP', odds: '2', bookmaker: 'house', isFreeBet: false,
  status: 'accepted', result: null, stakeMinor: 1_000, liabilityMinor: 1_000, potentialReturnMinor: 2_000, payoutMinor: 0, commissionMinor: 0, cashedStakeMinor: 0, cashedPayoutMinor: 0, acceptedAtMs: Date.UTC(2026, 0, 1), settledAtMs: null,
};

/** A whole row out of what matters of it. */
export const betRow = (bet: Partial<BetRow>): BetRow => ({ id: randomUUID(), grossMinor: bet.payoutMinor ?? 0, ...standing, ...bet });

/** Writes bets, many in one statement. */
export const insertBets = async (client: pg.ClientBase, bets: readonly BetRow[]): Promise<void> => {
  await client.query(`
    INSERT INTO bets (id, command_id, account_id, user_id, syndicate_id, sport_id, event_id, market_type, selection, side, currency, odds, worst_odds, bookmaker_id, is_free_bet, status, result, stake_minor, liability_minor,
                      potential_return_minor, gross_minor, payout_minor, commission_minor, cashed_stake_minor, cashed_payout_minor, settled_at, placed_at, accepted_at, partition, source_partition, source_offset)
    SELECT id, id, account, "user", syndicate, sport, CASE WHEN sport IS NOT NULL THEN event END, CASE WHEN sport IS NOT NULL THEN market END, CASE WHEN sport IS NOT NULL THEN selection END, side, currency, odds::numeric, odds::numeric,
           bookmaker, "isFreeBet", status, result, "stakeMinor", "liabilityMinor", "potentialReturnMinor", "grossMinor", "payoutMinor", "commissionMinor", "cashedStakeMinor", "cashedPayoutMinor",
           to_timestamp("settledAtMs" / 1000.0), to_timestamp("acceptedAtMs" / 1000.0), to_timestamp("acceptedAtMs" / 1000.0), 0, 0, 0
      FROM json_to_recordset($1) AS b (id uuid, account text, "user" text, syndicate text, sport text, event text, market text, selection text, side text, currency text, odds text, bookmaker text, "isFreeBet" boolean,
           status text, result text, "stakeMinor" bigint, "liabilityMinor" bigint, "potentialReturnMinor" bigint, "grossMinor" bigint, "payoutMinor" bigint, "commissionMinor" bigint, "cashedStakeMinor" bigint, "cashedPayoutMinor" bigint,
           "acceptedAtMs" bigint, "settledAtMs" bigint)`, [JSON.stringify(bets)]);
};

/** Writes one bet, and says its id. */
export const insertBet = async (client: pg.ClientBase, bet: Partial<BetRow>): Promise<string> => {
  const row = betRow(bet);
  await insertBets(client, [row]);
  return row.id;
};
