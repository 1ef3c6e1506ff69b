import { BetEventKind, type BetEventRow } from '../../schemas/generated/bet-event.ts';
import { PositionStatus, type PositionWriter, type BetSide } from '../../schemas/generated/position.ts';
import { topics } from '../../schemas/topics.ts';
import { Fate } from '../../stream/fates.ts';
import { writeRows } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import { topology } from '../../stream/topology.ts';
import { type Standing, StandingPositions } from './standing-positions.ts';

export interface PositionsConfig {
  /** How long after its settlement a bet is forgotten, ms of event time: a tombstone. */
  readonly forgetAfterMs: number;
}

/**
 * Each accepted bet as it is now, out of what became of it. There is no window: a position goes out with the event that it follows from.
 *
 * A bet is settled by `settled`, and by a `cashed_out` after which nothing is at stake; `rolled_back` opens it again. What says nothing new of a bet that
 * stands is passed over: `voided` and `restored` announce a settlement that comes as an event of its own, and `cancelled` is only of bets that never stood.
 *
 * bet-events are not ticked. So what is due to be forgotten goes out with the partition's next event: where nobody bets, a few settled bets stay for longer,
 * and no reader minds. A bet that comes again once it is forgotten, settled otherwise after days, has lost what parts of it were cashed out for.
 */
export const positions = topology({
  name: 'positions',
  version: 1,
  source: topics.betEvents,
  reads: [
    'timestamp', 'account_id', 'sequence', 'kind', 'user_id', 'syndicate_id', 'currency', 'amount_minor', 'bet_id', 'provider', 'side', 'stake_minor', 'liability_minor', 'free_bet', 'commission', 'legs',
    'accepted_at', 'version', 'result', 'payout_minor', 'commission_minor',
  ],
  targets: { positions: topics.positions },
  stores: { standing: StandingPositions },
  horizonMs: ({ forgetAfterMs }: PositionsConfig) => forgetAfterMs,
  withoutHorizon: ['standing'], //  a bet stands until its contest is over

  build: (events, { forgetAfterMs }, { standing }) => ({
    positions: events.pipe(writeRows(topics.positions, (event: BetEventRow, value, { task }) => {
      const fate = isOfStanding(event.kind) ? put(event, standing, forgetAfterMs, value, task) : Fate.unchanged;
      for (const key of standing.forgetUntil(event.timestamp)) value.tombstone(task.dictionaries.keys.bytes(key));
      return fate;
    })),
  }),
});

const isOfStanding = (kind: BetEventKind): boolean => kind === BetEventKind.accepted || kind === BetEventKind.settled || kind === BetEventKind.rolled_back || kind === BetEventKind.cashed_out;

const put = (event: BetEventRow, standing: StandingPositions, forgetAfterMs: number, value: PositionWriter, task: Task): Fate => {
  const key = task.dictionaries.keys.idOf(`${event.text(event.accountId)}:${event.text(event.betId)}`), before = standing.of(key);
  const { sequence, timestamp: timestampMs, liabilityMinor, result, stakeMinor } = event;
  if (before !== undefined && sequence <= before.sequence) return Fate.stale; //  a dead letter that was replayed
  const isSettled = result >= 0 || stakeMinor === 0;
  const now: Standing = { timestampMs, sequence, liabilityMinor, cashedPnlMinor: cashedPnlMinor(event, before), forgetAtMs: isSettled ? timestampMs + forgetAfterMs : Infinity };
  standing.put(key, now);
  write(event, key, now, value, task);
  return Fate.applied;
};

/** What a bet holds of its account's money. */
const ownMinor = ({ freeBet }: BetEventRow, liabilityMinor: number): number => (freeBet ? 0 : liabilityMinor);

/** What parts of the bet that were cashed out have won so far, minor units: what was paid for each less what it had held back. */
const cashedPnlMinor = (event: BetEventRow, before: Standing | undefined): number => {
  if (before === undefined) return 0;
  return event.kind === BetEventKind.cashed_out ? before.cashedPnlMinor + event.amountMinor - ownMinor(event, before.liabilityMinor - event.liabilityMinor) : before.cashedPnlMinor;
};

const write = (event: BetEventRow, key: number, { cashedPnlMinor, forgetAtMs }: Standing, value: PositionWriter, { dictionaries: { keys, strings }, partition }: Task): void => {
  const isSettled = forgetAtMs !== Infinity, { liabilityMinor } = event;
  value.begin(keys.bytes(key));
  value.timestamp(event.timestamp);
  value.accountId(strings.bytes(event.accountId));
  value.betId(strings.bytes(event.betId));
  value.userId(strings.bytes(event.userId));
  value.syndicateId(event.syndicateId < 0 ? undefined : strings.bytes(event.syndicateId));
  value.provider(strings.bytes(event.provider));
  value.currency(strings.bytes(event.currency));
  value.side(event.side as BetSide);
  value.stakeMinor(event.stakeMinor);
  value.liabilityMinor(liabilityMinor);
  value.freeBet(event.freeBet);
  value.commission(event.commission);
  value.legsStart(event.legsEnd - event.legsStart);
  for (let at = event.legsStart; at < event.legsEnd; at++) {
    value.legsSport(strings.bytes(event.legsSport(at)));
    value.legsEventId(strings.bytes(event.legsEventId(at)));
    value.legsMarket(strings.bytes(event.legsMarket(at)));
    value.legsOutcome(strings.bytes(event.legsOutcome(at)));
    value.legsPrice(event.legsPrice(at));
  }
  value.legsEnd();
  value.status(isSettled ? PositionStatus.settled : PositionStatus.open);
  value.acceptedAt(event.acceptedAt);
  value.settledAt(isSettled ? event.timestamp : NaN);
  value.pnlMinor(!isSettled ? NaN : event.result < 0 ? cashedPnlMinor : cashedPnlMinor + event.payoutMinor - ownMinor(event, liabilityMinor) - event.commissionMinor);
  value.version(event.version);
  value.sourcePartition(partition);
  value.sourceOffset(event.offset);
  value.end();
};
