import { Control } from './codec/columns.ts';
import type { OddsUpdateRow } from './generated/odds-update.ts';

/** Prices are DECIMAL(10,4) and bounded: no real price is above ten thousand to one. */
export const MAX_PRICE = 10_000;
/** Times outside of these are absurd: season files go back to the 1990s. Epoch ms. */
export const EARLIEST_MS = Date.UTC(1990, 0, 1);
export const LATEST_MS = Date.UTC(2100, 0, 1);

/** The contract of odds-updates beyond its schema: the code of the first rule that the row breaks. */
export const oddsUpdateBreach = (row: OddsUpdateRow): string | undefined => {
  if (row.control !== Control.none) return undefined;
  const { timestamp } = row;
  if (!(timestamp >= EARLIEST_MS && timestamp < LATEST_MS)) return 'time_absurd';
  if (row.text(row.provider) === '') return 'empty_provider';
  for (let at = row.oddsStart, end = row.oddsEnd; at < end; at++) {
    const price = row.odds(at);
    if (!(price > 1 && price <= MAX_PRICE)) return 'price_out_of_bounds';
    if (row.text(row.oddsName(at)) === '') return 'empty_outcome';
  }
  for (let at = row.layStart, end = row.layEnd; at < end; at++) {
    const price = row.lay(at);
    if (!(price > 1 && price <= MAX_PRICE)) return 'lay_price_out_of_bounds';
  }
  if (!(row.commission >= 0 && row.commission < 1)) return 'commission_out_of_bounds';
  return undefined;
};
