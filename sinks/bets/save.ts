import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { causeText } from '../../domain/bets/cause.ts';
import type { Desk } from '../../domain/bets/desk.ts';
import type { Account, Bet, DeskEvent } from '../../domain/bets/types.ts';
import type { BetEventInput } from '../../schemas/generated/bet-event.ts';
import { copyText, CopyRows, NULL, timeText } from '../timescale/copy-text.ts';
import { marketKey } from './load.ts';

/** Writes all that a desk has changed, in the caller's transaction. The outbox comes last, since its heads are what transactions wait at. */
export const save = async (client: pg.ClientBase, desk: Desk): Promise<void> => {
  await copy(client, 'accounts', ACCOUNT_COLUMNS, desk.newAccounts, (account) => [
    text(account.accountId), text(account.userId), textOrNull(account.syndicateId), account.currency, account.partition,
    account.availableMinor, account.heldMinor, account.stakedMinor, account.receivableMinor, timeText(account.openedAtMs),
  ]);
  await updateAccounts(client, Array.from(desk.changedAccounts));
  await copy(client, 'bets', BET_COLUMNS, desk.newBets, betValues);
  await updateBets(client, Array.from(desk.changedBets));
  await copy(client, 'bet_legs', ['bet_id', 'leg', 'sport_id', 'event_id', 'market_type', 'selection', 'odds', 'worst_odds'],
    Array.from(desk.newBets).filter(({ legs }) => legs.length > 1).flatMap(({ betId, legs }) => legs.map((leg, at) => ({ betId, at, leg }))),
    ({ betId, at, leg }) => [betId, at, text(leg.sport), text(leg.eventId), text(leg.market), text(leg.outcome), leg.priceE4 / 1e4, leg.worstPriceE4 / 1e4]);
  await copy(client, 'bet_settlements', ['bet_id', 'version', 'result', 'void_reason', 'payout_minor', 'commission_minor', 'legs', 'settled_at', 'source_topic', 'source_partition', 'source_offset'],
    desk.settlements, (one) => [one.betId, one.version, one.result ?? NULL, textOrNull(one.voidReason), one.payoutMinor, one.commissionMinor, text(JSON.stringify(one.legs)), timeText(one.settledAtMs), one.cause.topic, one.cause.partition, one.cause.offset]);
  await copy(client, 'account_commands', ['command_id', 'account_id', 'action', 'state', 'code', 'amount_minor', 'decided_at', 'source_partition', 'source_offset'],
    desk.newCommands, (one) => [one.commandId, text(one.accountId), one.action, one.state, one.code ?? NULL, one.amountMinor ?? NULL, timeText(one.decidedAtMs), one.cause.partition, one.cause.offset]);
  if (desk.changedCommands.size > 0) {
    const changed = Array.from(desk.changedCommands);
    await client.query('UPDATE account_commands c SET state = n.state FROM unnest($1::uuid[], $2::text[]) n (command_id, state) WHERE c.command_id = n.command_id',
      [changed.map(({ commandId }) => commandId), changed.map(({ state }) => state)]);
  }
  await copy(client, 'ledger_entries', ['transfer', 'account_id', 'bucket', 'amount_minor', 'currency', 'kind', 'bet_id'],
    desk.entries, (entry) => [text(entry.transfer), text(entry.accountId), entry.bucket, entry.amountMinor, entry.currency, entry.kind, entry.betId ?? NULL]);
  if (desk.due.length > 0) {
    const dues = desk.due.toSorted((a, b) => (marketKey(a) < marketKey(b) ? -1 : 1)); //  in one order, or two transactions wait for each other
    await client.query(`INSERT INTO settlements_due (sport_id, event_id, market_type, cause) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
      [dues.map(({ sport }) => sport), dues.map(({ eventId }) => eventId), dues.map(({ market }) => market), dues.map(({ cause }) => causeText(cause))]);
  }
  await put(client, desk.events);
};

const ACCOUNT_COLUMNS = ['account_id', 'user_id', 'syndicate_id', 'currency', 'partition', 'available_minor', 'held_minor', 'staked_minor', 'receivable_minor', 'opened_at'];

/** What a bet can be once the commands that came with the one that placed it are done too: it may be cashed out by then, taken back or voided. */
const BET_COLUMNS = [
  'id', 'command_id', 'account_id', 'user_id', 'syndicate_id', 'sport_id', 'event_id', 'market_type', 'selection', 'side', 'currency', 'odds', 'worst_odds', 'bookmaker_id', 'commission_rate', 'is_free_bet',
  'status', 'code', 'void_reason', 'stake_minor', 'liability_minor', 'potential_return_minor', 'cashed_stake_minor', 'cashed_payout_minor',
  'due_at', 'placed_at', 'accepted_at', 'settled_at', 'metadata', 'partition', 'source_partition', 'source_offset',
];

const betValues = (bet: Bet): (string | number)[] => {
  const [single] = bet.legs.length === 1 ? bet.legs : [];
  return [
    bet.betId, bet.commandId, text(bet.accountId), text(bet.userId), textOrNull(bet.syndicateId),
    ...(single === undefined ? [NULL, NULL, NULL, NULL] : [text(single.sport), text(single.eventId), text(single.market), text(single.outcome)]),
    bet.side, bet.currency, oddsOf(bet, 'priceE4'), oddsOf(bet, 'worstPriceE4'), text(bet.provider), bet.commissionPpm / 1e6, bet.isFreeBet ? 't' : 'f', bet.status, textOrNull(bet.code), textOrNull(bet.voidReason),
    bet.stakeMinor, bet.liabilityMinor, bet.potentialReturnMinor, bet.cashedStakeMinor, bet.cashedPayoutMinor,
    timeText(bet.dueAtMs ?? NaN), timeText(bet.placedAtMs), timeText(bet.acceptedAtMs ?? NaN), timeText(bet.settledAtMs ?? NaN),
    text(JSON.stringify(bet.metadata)), bet.partition, bet.cause.partition, bet.cause.offset,
  ];
};

/** The price of the whole bet; its legs' are exact. */
const oddsOf = ({ legs }: Bet, of: 'priceE4' | 'worstPriceE4'): string => legs.reduce((product, leg) => product * (leg[of] / 1e4), 1).toFixed(4);

const updateAccounts = async (client: pg.ClientBase, accounts: readonly Account[]): Promise<void> => {
  if (accounts.length === 0) return;
  await client.query(`
    UPDATE accounts a SET (available_minor, held_minor, staked_minor, receivable_minor) = (n.available, n.held, n.staked, n.receivable)
      FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) n (account_id, available, held, staked, receivable) WHERE a.account_id = n.account_id`,
  [accounts.map(({ accountId }) => accountId), accounts.map(({ availableMinor }) => availableMinor), accounts.map(({ heldMinor }) => heldMinor),
    accounts.map(({ stakedMinor }) => stakedMinor), accounts.map(({ receivableMinor }) => receivableMinor)]);
};

const updateBets = async (client: pg.ClientBase, bets: readonly Bet[]): Promise<void> => {
  if (bets.length === 0) return;
  await client.query(`
    UPDATE bets b SET (status, code, result, void_reason, stake_minor, liability_minor, potential_return_minor, gross_minor, payout_minor, commission_minor, cashed_stake_minor, cashed_payout_minor,
                       settlement_version, provider_ref, odds, attempted_at, due_at, accepted_at, settled_at, updated_at)
        = (n.status, n.code, n.result, n.void_reason, n.stake, n.liability, n.most, n.gross, n.payout, n.commission, n.cashed_stake, n.cashed_payout,
           n.version, n.provider_ref, n.odds, n.attempted_at, n.due_at, n.accepted_at, n.settled_at, now())
      FROM json_to_recordset($1::json) n (id uuid, status text, code text, result text, void_reason text, stake bigint, liability bigint, most bigint, gross bigint, payout bigint, commission bigint,
           cashed_stake bigint, cashed_payout bigint, version int, provider_ref text, odds numeric, attempted_at timestamptz, due_at timestamptz, accepted_at timestamptz, settled_at timestamptz)
     WHERE b.id = n.id`,
  [JSON.stringify(bets.map((bet) => ({
    id: bet.betId, status: bet.status, code: bet.code, result: bet.result, void_reason: bet.voidReason, stake: bet.stakeMinor, liability: bet.liabilityMinor, most: bet.potentialReturnMinor,
    gross: bet.grossMinor, payout: bet.payoutMinor, commission: bet.commissionMinor, cashed_stake: bet.cashedStakeMinor, cashed_payout: bet.cashedPayoutMinor, version: bet.settlementVersion,
    provider_ref: bet.providerRef, odds: oddsOf(bet, 'priceE4'), attempted_at: isoOf(bet.attemptedAtMs), due_at: isoOf(bet.dueAtMs), accepted_at: isoOf(bet.acceptedAtMs), settled_at: isoOf(bet.settledAtMs),
  })))]);
  const repriced = bets.filter(({ legs, acceptedAtMs }) => legs.length > 1 && acceptedAtMs !== null);
  if (repriced.length === 0) return;
  const legs = repriced.flatMap(({ betId, legs: all }) => all.map(({ priceE4 }, at) => ({ betId, at, odds: priceE4 / 1e4 })));
  await client.query('UPDATE bet_legs l SET odds = n.odds FROM unnest($1::uuid[], $2::int[], $3::numeric[]) n (bet_id, leg, odds) WHERE l.bet_id = n.bet_id AND l.leg = n.leg AND l.odds <> n.odds',
    [legs.map(({ betId }) => betId), legs.map(({ at }) => at), legs.map(({ odds }) => odds)]);
};

/** Puts events into the outbox: each partition's head is locked, in order, so that its sequence has no gap and commits come in its order. */
const put = async (client: pg.ClientBase, events: readonly DeskEvent[]): Promise<void> => {
  if (events.length === 0) return;
  const byPartition = new Map<number, DeskEvent[]>();
  for (const event of events) {
    const of = byPartition.get(event.partition);
    if (of === undefined) byPartition.set(event.partition, [event]); else of.push(event);
  }
  const partitions = Array.from(byPartition.keys()).sort((a, b) => a - b);
  await client.query('INSERT INTO bet_outbox_heads (partition) SELECT unnest($1::int[]) ON CONFLICT DO NOTHING', [partitions]);
  const { rows } = await client.query<{ partition: number; next_sequence: string }>('SELECT partition, next_sequence FROM bet_outbox_heads WHERE partition = ANY ($1::int[]) ORDER BY partition FOR UPDATE', [partitions]);
  const lines: { readonly partition: number; readonly sequence: number; readonly event: DeskEvent }[] = [];
  for (const { partition, next_sequence } of rows) byPartition.get(partition)!.forEach((event, at) => lines.push({ partition, sequence: Number(next_sequence) + at, event }));
  await copy(client, 'bet_outbox', ['partition', 'sequence', 'event'], lines, ({ partition, sequence, event }) => [partition, sequence, text(JSON.stringify(valueOf(event, sequence)))]);
  await client.query('UPDATE bet_outbox_heads h SET next_sequence = h.next_sequence + n.count FROM unnest($1::int[], $2::bigint[]) n (partition, count) WHERE h.partition = n.partition',
    [partitions, partitions.map((partition) => byPartition.get(partition)!.length)]);
};

/** An event as it will stand in the topic. */
const valueOf = ({ kind, timestampMs, accountId, commandId, code, amountMinor, account, bet, cause }: DeskEvent, sequence: number): BetEventInput => ({
  timestamp: timestampMs, account_id: accountId, sequence, kind, command_id: commandId, code, amount_minor: amountMinor,
  user_id: account?.userId ?? null, syndicate_id: account?.syndicateId ?? null, currency: account?.currency ?? null,
  available_minor: account === undefined ? null : account.availableMinor - account.receivableMinor,
  source_topic: cause.topic, source_partition: cause.partition, source_offset: cause.offset,
  ...(bet === undefined ? {} : {
    bet_id: bet.betId, provider: bet.provider, side: bet.side, stake_minor: bet.stakeMinor, liability_minor: bet.liabilityMinor, free_bet: bet.isFreeBet, commission: bet.commissionPpm / 1e6,
    legs: bet.legs.map((leg) => ({ sport: leg.sport, event_id: leg.eventId, market: leg.market, outcome: leg.outcome, price: leg.priceE4 / 1e4 })),
    accepted_at: bet.acceptedAtMs, version: bet.settlementVersion, result: bet.result,
    payout_minor: bet.result === null ? null : bet.payoutMinor, commission_minor: bet.result === null ? null : bet.commissionMinor,
  }),
});

const copy = async <Item>(client: pg.ClientBase, table: string, columns: readonly string[], items: Iterable<Item>, values: (item: Item) => readonly (string | number)[]): Promise<void> => {
  const lines = new CopyRows();
  for (const item of items) lines.add(`${values(item).join('\t')}\n`);
  if (lines.size === 0) return;
  await pipeline(Readable.from(lines.chunks()), client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`)));
};

const text = copyText;
const textOrNull = (value: string | null): string => (value === null ? NULL : copyText(value));
const isoOf = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());
