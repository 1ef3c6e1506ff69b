import { parseAmount } from '../../domain/amount.ts';
import { parseMarket, parseRecordKey } from '../../domain/market.ts';
import type { Money } from '../../domain/money.ts';
import { MAX_PRICE } from '../../schemas/contract.ts';
import type { CommandLeg } from '../../schemas/generated/bet-command.ts';
import { UsageError } from './errors.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** An amount of money as it is given to an option, exactly. Throws UsageError with the code of what is wrong with it. */
export const amountOf = (option: string, text: string, currency: string): Money => {
  const parsed = parseAmount(text, currency);
  if (parsed.ok) return parsed.value;
  const { code, message } = parsed.error;
  throw new UsageError(`${code === 'currency_malformed' ? '--currency' : option} ${message} (${code}).`, code);
};

/** A UUID as commands and bets have them: lower case, whatever was given. Throws UsageError. */
export const uuidOf = (what: string, text: string): string => {
  const id = text.toLowerCase();
  if (!UUID.test(id)) throw new UsageError(`${what} ${text}: give a UUID, as in 0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10.`, 'uuid_malformed');
  return id;
};

/** An account's id. Throws UsageError. */
export const accountOf = (text: string): string => {
  if (text === '' || CONTROL_CHARACTERS.test(text)) throw new UsageError(`'${text}' is no account's id: give printable text.`, 'account_malformed');
  return text;
};

/** A leg as `sport:event:market/outcome@price`. Throws UsageError. */
export const legOf = (text: string): CommandLeg => {
  const [, key = '', outcome = '', priceText = ''] = /^(.+)\/([^/@]+)@([^@]+)$/.exec(text) ?? [];
  const parsed = parseRecordKey(key);
  if (!parsed.ok || CONTROL_CHARACTERS.test(text)) throw new UsageError(`--leg ${text}: give sport:event:market/outcome@price, as in football:e1:totals:2.5/over@1.91.`, 'leg_malformed');
  const { sport, eventId, market } = parsed.value, isMarket = parseMarket(market);
  if (!isMarket.ok) throw new UsageError(`--leg ${text}: ${isMarket.error.message}.`, isMarket.error.code);
  return { sport, event_id: eventId, market, outcome, price: priceOf(text, priceText) };
};

const priceOf = (leg: string, text: string): number => {
  const price = /^\d{1,5}(\.\d{1,4})?$/.test(text) ? Number(text) : NaN;
  if (!(price > 1 && price <= MAX_PRICE)) throw new UsageError(`--leg ${leg}: the price must be decimal, above 1 and at most ${MAX_PRICE}, with four decimals at most.`, 'price_out_of_bounds');
  return price;
};

/** A fraction of a price, from 0 to below 1. Throws UsageError. */
export const slippageOf = (text: string): number => {
  const slippage = /^0?(\.\d+)?$|^0$/.test(text) && text !== '' ? Number(text) : NaN;
  if (!(slippage >= 0 && slippage < 1)) throw new UsageError(`--slippage ${text}: give a fraction of the price from 0 to below 1, as in 0.02.`, 'slippage_malformed');
  return slippage;
};

const MOST_WAIT_S = 3_600;

/** Seconds, as ms. Throws UsageError. */
export const waitOf = (text: string): number => {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(seconds <= MOST_WAIT_S)) throw new UsageError(`--wait ${text}: give seconds from 0 (do not wait) to ${MOST_WAIT_S}.`, 'wait_malformed');
  return seconds * 1_000;
};
