import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decimalAmount } from '../../domain/amount.ts';
import { Control } from '../../schemas/codec/columns.ts';
import { type PositionRow, PositionStatus } from '../../schemas/generated/position.ts';
import { Fate } from '../../stream/fates.ts';
import type { Cache, Waiting } from './redis-sink.ts';

/** A bet's newest record that waits, or its tombstone. */
export interface WaitingBet extends Waiting {
  /** Account and bet. */
  readonly key: string;
  /** Whose list it belongs into; undefined for one that is not open. */
  readonly userId: string | undefined;
  readonly item: string;
}

/**
 * The open bets of each user: list `bets:user:{id}`, an item of JSON for each in the order in which they came, changed in place. The log's last word on a bet wins. Which bets lie in a
 * list, and as what, is kept beside the position: so an item is found again when it changes, and taken out by a tombstone, which names no user.
 */
export const betsCache: Cache<PositionRow, WaitingBet> = {
  script: readFileSync(join(import.meta.dirname, 'apply-bets.lua'), 'utf8'),

  take(row, _partition, waiting, count) {
    const key = row.keyText, { offset } = row, isOpen = row.control !== Control.tombstone && row.status === PositionStatus.open;
    waiting.get(key)?.count(Fate.applied); //  and replaced at once
    waiting.delete(key); //  so that they lie in order of their offsets
    waiting.set(key, { key, offset, userId: isOpen ? row.text(row.userId) : undefined, item: isOpen ? itemOf(row) : '', count });
  },

  texts: () => 4,

  call: (waiting, positionKey, prefix) => ({
    keys: [`${positionKey}:bets`],
    values: waiting.flatMap(({ key, offset, userId, item }) => [key, String(offset), userId === undefined ? '' : `${prefix}bets:user:${userId}`, item]),
  }),
};

/** `event` of a multiple has the events of all its legs, with commas; `stake` is in major units with all its decimals; `odds` are the legs' prices multiplied, to four places. */
const itemOf = (row: PositionRow): string => {
  const events: string[] = [];
  let odds = 1;
  for (let at = row.legsStart; at < row.legsEnd; at++) {
    events.push(row.text(row.legsEventId(at)));
    odds *= row.legsPrice(at);
  }
  return JSON.stringify({ bet_id: row.text(row.betId), event: events.join(','), stake: decimalAmount(row.stakeMinor, row.text(row.currency)), odds: Number(odds.toFixed(4)) });
};
