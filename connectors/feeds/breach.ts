import { EARLIEST_MS, LATEST_MS, MAX_PRICE } from '../../schemas/contract.ts';
import type { FeedMessage } from './feed.ts';
import type { Event, OddsUpdate, Result } from './messages.ts';

/*
 * The contract on plain values, before they are encoded. The door of the engine judges rows by the same rules (schemas/contract.ts);
 * a test holds the two together.
 */

/** Whether a time, epoch ms, is one that the contract allows: whole, and neither absurdly early nor late. */
export const isTime = (time: number): boolean => Number.isInteger(time) && time >= EARLIEST_MS && time < LATEST_MS;
const isPrice = (price: number): boolean => price > 1 && price <= MAX_PRICE;

/** The code of the first rule of `odds-updates` that an update breaks. */
export const updateBreach = (update: OddsUpdate): string | undefined => {
  if (!isTime(update.timestamp)) return 'time_absurd';
  if (update.provider === '') return 'empty_provider';
  if (update.sport === '' || update.event_id === '' || update.market === '') return 'empty_key';
  for (const outcome in update.odds) {
    if (!isPrice(update.odds[outcome]!)) return 'price_out_of_bounds';
    if (outcome === '') return 'empty_outcome';
  }
  const { lay, commission } = update;
  if (lay !== undefined) for (const outcome in lay) if (!isPrice(lay[outcome]!)) return 'lay_price_out_of_bounds';
  if (commission !== undefined && !(commission >= 0 && commission < 1)) return 'commission_out_of_bounds';
  return undefined;
};

/** The code of the first rule of `events` that an event breaks. */
export const eventBreach = (event: Event): string | undefined => {
  if (!isTime(event.timestamp)) return 'time_absurd';
  if (event.event_id === '' || event.sport === '') return 'empty_key';
  return isTime(event.starts_at) ? undefined : 'start_absurd';
};

/** The code of the first rule of `results` that a result breaks. */
export const resultBreach = (result: Result): string | undefined => {
  if (!isTime(result.timestamp)) return 'time_absurd';
  if (result.provider === '') return 'empty_provider';
  if (result.sport === '' || result.event_id === '' || result.market === '') return 'empty_key';
  return undefined;
};

/** The code of the first rule that a message breaks. A problem breaks none. */
export const breachOf = (message: FeedMessage): string | undefined => {
  switch (message.kind) {
    case 'update': return updateBreach(message.value);
    case 'event': return eventBreach(message.value);
    case 'result': return resultBreach(message.value);
    case 'status': return !isTime(message.timestamp) ? 'time_absurd' : message.provider === '' ? 'empty_provider' : undefined;
    case 'problem': return undefined;
  }
};
