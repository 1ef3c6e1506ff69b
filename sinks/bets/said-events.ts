import type { DeskEvent } from '../../domain/bets/types.ts';
import type { BetEventInput } from '../../schemas/generated/bet-event.ts';
import { RowArray } from './row-array.ts';

/** Events on their way into the outbox, each as the text that it was when it was said. */
export class SaidEvents {
  readonly #rows = new RowArray(3);
  readonly #counts = new Map<number, number>();

  readonly hear = (event: DeskEvent): void => {
    const { partition } = event, place = this.#counts.get(partition) ?? 0;
    this.#counts.set(partition, place + 1);
    this.#rows.int2(partition).int4(place).text(JSON.stringify(valueOf(event))).end();
  };

  /** Rows of desk_event, and of each partition, in order, how many there are. */
  get rows(): RowArray { return this.#rows; }
  get counts(): readonly (readonly [number, number])[] { return Array.from(this.#counts).sort(([a], [b]) => a - b); }
}

/** An event as it will stand in the topic, but for its sequence. What is null is left out: it is the schema's default. */
const valueOf = ({ kind, timestampMs, accountId, commandId, code, amountMinor, account, bet, cause }: DeskEvent): EventValue => ({
  timestamp: timestampMs, account_id: accountId, kind, command_id: orNone(commandId), code: orNone(code), amount_minor: orNone(amountMinor),
  user_id: account?.userId, syndicate_id: orNone(account?.syndicateId), currency: account?.currency,
  available_minor: account === undefined ? undefined : account.availableMinor - account.receivableMinor,
  source_topic: cause.topic, source_partition: cause.partition, source_offset: cause.offset,
  bet_id: bet?.betId, provider: bet?.provider, side: bet?.side, stake_minor: bet?.stakeMinor, liability_minor: bet?.liabilityMinor, free_bet: bet?.isFreeBet,
  commission: bet === undefined ? undefined : bet.commissionPpm / 1e6,
  legs: bet?.legs.map((leg) => ({ sport: leg.sport, event_id: leg.eventId, market: leg.market, outcome: leg.outcome, price: leg.priceE4 / 1e4 })),
  accepted_at: orNone(bet?.acceptedAtMs), version: bet?.settlementVersion, result: orNone(bet?.result),
  payout_minor: bet === undefined || bet.result === null ? undefined : bet.payoutMinor, commission_minor: bet === undefined || bet.result === null ? undefined : bet.commissionMinor,
});

type EventValue = { readonly [Field in Exclude<keyof BetEventInput, 'sequence'>]?: BetEventInput[Field] | undefined };

const orNone = <T>(value: T | null | undefined): T | undefined => value ?? undefined;
