import { Control, type Dictionaries } from './codec/columns.ts';
import { TextKind } from './codec/dictionary.ts';
import type { BetCommandRow } from './generated/bet-command.ts';
import { BetEventKind, type BetEventRow } from './generated/bet-event.ts';
import type { EventRow } from './generated/event.ts';
import type { OddsUpdateRow } from './generated/odds-update.ts';
import type { ResultRow } from './generated/result.ts';

/** Prices are DECIMAL(10,4) and bounded: no real price is above ten thousand to one. */
export const MAX_PRICE = 10_000;
/** Times outside of these are absurd: season files go back to the 1990s. Epoch ms. */
export const EARLIEST_MS = Date.UTC(1990, 0, 1);
export const LATEST_MS = Date.UTC(2100, 0, 1);
/** Volumes are NUMERIC(15,2). */
export const MAX_VOLUME = 9_999_999_999_999;

const isAbsurd = (timeMs: number): boolean => !(timeMs >= EARLIEST_MS && timeMs < LATEST_MS);
/** No text of PostgreSQL can hold U+0000, so nothing that is to become a row may. */
const NUL = '\0';

/** The contract of odds-updates beyond its schema: the code of the first rule that the row breaks. Of texts it asks the dictionaries: looking into five of each row took a twentieth of the engine's time. */
export const oddsUpdateBreach = (row: OddsUpdateRow, { keys, strings }: Dictionaries): string | undefined => {
  if (row.control !== Control.none) return undefined;
  const { timestamp } = row;
  if (isAbsurd(timestamp)) return 'time_absurd';
  const provider = strings.kind(row.provider), { volume, observedAt } = row;
  if (provider === TextKind.empty) return 'empty_provider';
  if (provider === TextKind.withNul || keys.kind(row.key) === TextKind.withNul) return 'nul_in_text';
  if (volume < 0 || volume > MAX_VOLUME) return 'volume_out_of_bounds';
  if (!Number.isNaN(observedAt) && isAbsurd(observedAt)) return 'observed_at_absurd';
  for (let at = row.oddsStart, end = row.oddsEnd; at < end; at++) {
    const price = row.odds(at);
    if (!(price > 1 && price <= MAX_PRICE)) return 'price_out_of_bounds';
    const outcome = strings.kind(row.oddsName(at));
    if (outcome !== TextKind.plain) return outcome === TextKind.empty ? 'empty_outcome' : 'nul_in_text';
  }
  for (let at = row.layStart, end = row.layEnd; at < end; at++) {
    const price = row.lay(at);
    if (!(price > 1 && price <= MAX_PRICE)) return 'lay_price_out_of_bounds';
    if (strings.kind(row.layName(at)) === TextKind.withNul) return 'nul_in_text';
  }
  if (!(row.commission >= 0 && row.commission < 1)) return 'commission_out_of_bounds';
  return undefined;
};

/** The contract of events beyond its schema: the code of the first rule that the row breaks. */
export const eventBreach = (row: EventRow): string | undefined => {
  if (row.control !== Control.none) return undefined;
  if (isAbsurd(row.timestamp) || isAbsurd(row.startsAt)) return 'time_absurd';
  for (const id of [row.eventId, row.sport, row.competition, row.home, row.away, row.provider]) if (row.text(id).includes(NUL)) return 'nul_in_text';
  return undefined;
};

/** The contract of results beyond its schema: the code of the first rule that the row breaks. */
export const resultBreach = (row: ResultRow): string | undefined => {
  if (row.control !== Control.none) return undefined;
  if (isAbsurd(row.timestamp)) return 'time_absurd';
  for (const id of [row.provider, row.sport, row.eventId, row.market]) if (row.text(id).includes(NUL)) return 'nul_in_text';
  for (let at = row.outcomesStart; at < row.outcomesEnd; at++) {
    if (row.text(row.outcomesOutcome(at)).includes(NUL)) return 'nul_in_text';
    const share = row.outcomesDeadHeatFactor(at);
    if (!(Number.isNaN(share) || (share > 0 && share <= 1))) return 'dead_heat_factor_out_of_bounds';
  }
  for (let at = row.deductionsStart; at < row.deductionsEnd; at++) if (!(row.deductionsRate(at) >= 0 && row.deductionsRate(at) < 1)) return 'deduction_out_of_bounds';
  if (row.voidFrom > row.voidUntil) return 'window_backwards';
  return undefined;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The contract of bet-commands beyond its schema: the code of the first rule that the row breaks. What is well-formed and cannot be done is answered by a rejection, not here. */
export const betCommandBreach = (row: BetCommandRow, { keys }: Dictionaries): string | undefined => {
  if (row.control !== Control.none) return undefined;
  if (isAbsurd(row.timestamp)) return 'time_absurd';
  if (keys.kind(row.key) === TextKind.withNul) return 'nul_in_text'; //  an empty key is not even decoded
  if (!UUID.test(row.text(row.commandId))) return 'command_id_malformed';
  if (row.refersTo >= 0 && !UUID.test(row.text(row.refersTo))) return 'refers_to_malformed';
  for (const id of [row.currency, row.provider, row.userId, row.syndicateId, row.reason]) if (row.text(id).includes(NUL)) return 'nul_in_text';
  for (let at = row.legsStart; at < row.legsEnd; at++) {
    for (const id of [row.legsSport(at), row.legsEventId(at), row.legsMarket(at), row.legsOutcome(at)]) if (row.text(id).includes(NUL)) return 'nul_in_text';
  }
  for (let at = row.metadataStart; at < row.metadataEnd; at++) if (row.text(row.metadataName(at)).includes(NUL) || row.text(row.metadata(at)).includes(NUL)) return 'nul_in_text';
  return undefined;
};

/** What is said of bets that stand, or stood. */
const OF_STANDING: ReadonlySet<BetEventKind> = new Set([BetEventKind.accepted, BetEventKind.settled, BetEventKind.rolled_back, BetEventKind.cashed_out, BetEventKind.voided, BetEventKind.restored]);

/** The contract of bet-events beyond its schema: the code of the first rule that the row breaks. What is of a bet that stands has the bet with it. */
export const betEventBreach = (row: BetEventRow): string | undefined => {
  if (row.control !== Control.none) return undefined;
  if (isAbsurd(row.timestamp)) return 'time_absurd';
  const { kind } = row;
  if (!OF_STANDING.has(kind)) return undefined;
  if (row.betId < 0 || row.userId < 0 || row.currency < 0 || row.provider < 0 || row.side < 0) return 'bet_incomplete';
  if (Number.isNaN(row.stakeMinor) || Number.isNaN(row.liabilityMinor) || Number.isNaN(row.acceptedAt)) return 'bet_incomplete';
  if (kind === BetEventKind.settled && (row.result < 0 || Number.isNaN(row.payoutMinor) || Number.isNaN(row.commissionMinor))) return 'settlement_incomplete';
  return kind === BetEventKind.cashed_out && Number.isNaN(row.amountMinor) ? 'amount_missing' : undefined;
};
