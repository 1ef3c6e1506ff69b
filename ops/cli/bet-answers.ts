import { setTimeout as wait } from 'node:timers/promises';
import type { ValueDecoder } from '../../connectors/kafka/decode.ts';
import type { RecordReader } from '../../connectors/kafka/records.ts';
import { formatAmount } from '../../domain/amount.ts';
import type { Position } from '../../runtime/ports.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';

/** What has become of a command: `pending` as long as it, or a bet of it, is not decided. */
export type Outcome = 'done' | 'rejected' | 'pending';

/** Exit codes of a command that waited for its answer. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, number>> = { done: 0, rejected: 1, pending: 3 };

const UNDECIDED: ReadonlySet<BetEvent['kind']> = new Set(['delayed', 'submitted', 'unknown']);

/**
 * The outcome of a command by the events that answer it, in their order. A stake that was split over providers is several bets: it is decided once all of them are,
 * and done if one of them was taken, for then money is at stake.
 */
export const outcomeOf = (action: BetCommand['action'], events: readonly BetEvent[]): Outcome => {
  const newest = [...new Map(events.map((event) => [event.bet_id, event.kind])).values()];
  if (newest.length === 0 || newest.some((kind) => UNDECIDED.has(kind))) return 'pending';
  return newest.some((kind) => kind !== 'rejected' && (kind !== 'cancelled' || action === 'cancel')) ? 'done' : 'rejected';
};

export interface AwaitedAnswer {
  readonly records: RecordReader;
  readonly decoder: ValueDecoder;
  /** The end that the account's partition of `bet-events` had before the command was sent. */
  readonly from: Position;
  readonly command: Pick<BetCommand, 'command_id' | 'action'>;
  readonly waitMs: number;
}

const LOOK_MS = 50;

/** Reads `bet-events` until the command is decided, or the time is over. Returns the events that answer it, in their order. */
export const awaitAnswer = async ({ records, decoder, from, command, waitMs }: AwaitedAnswer): Promise<BetEvent[]> => {
  const events: BetEvent[] = [], untilMs = performance.now() + waitMs;
  for (let position = from; ; await wait(LOOK_MS)) {
    const { end } = await records.range(position);
    for await (const batch of records.read(position, end)) {
      for (const { offset, value } of batch) {
        position = { ...position, offset: offset + 1 };
        const decoded = value === null ? undefined : await decoder.decode(value);
        if (decoded === undefined || 'error' in decoded) continue;
        const event = decoded.value as BetEvent;
        if (event.command_id === command.command_id) events.push(event);
      }
    }
    if (outcomeOf(command.action, events) !== 'pending' || performance.now() >= untilMs) return events;
  }
};

/** An event for a person. */
export const eventText = ({ kind, code, bet_id: bet, currency, amount_minor: amount, available_minor: available, stake_minor: stake, side, provider, legs }: BetEvent): string => {
  const money = (minor: number | null): string => (minor === null ? '' : currency === null ? String(minor) : formatAmount(minor, currency));
  return [
    `${kind}${code === null ? '' : ` (${code})`}`,
    ...(amount === null ? [] : [`: ${money(amount)}`]),
    ...(bet === null ? [] : [`: bet ${bet}, ${money(stake)}${side === 'lay' ? ' laid' : ''} on ${legs.map((leg) => `${leg.sport}:${leg.event_id}:${leg.market}/${leg.outcome} at ${leg.price}`).join(' and ')}${provider === null ? '' : `, with ${provider}`}`]),
    ...(available === null ? [] : [`; ${money(available)} ${available < 0 ? 'owed' : 'left'}`]),
  ].join('');
};
