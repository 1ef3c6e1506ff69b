import type pg from 'pg';
import { type Command, Desk, type DeskRules } from '../../domain/bets/desk.ts';
import type { LiveMarkets } from '../../domain/bets/placement.ts';
import { betActionSymbols, type BetCommandRow } from '../../schemas/generated/bet-command.ts';
import { Control } from '../../schemas/codec/columns.ts';
import { Fate } from '../../stream/fates.ts';
import type { Destination, RecordSource } from '../timescale/sink.ts';
import { COMMANDS, factsOfMarkets, knownCommands, lockAccounts, lockBets, lockMarkets, lookUp, marketKey, marketsOfBets, type MarketName } from './load.ts';
import { SaidEvents } from './said-events.ts';
import { save } from './save.ts';

/** What a desk needs besides the database. */
export interface DeskSurroundings {
  readonly rules: DeskRules;
  readonly markets: LiveMarkets;
  readonly clock: () => number;
}

/** Commands, decided batch by batch: what they need is loaded and locked at once, decided in memory, and written at once. */
export class CommandsDestination implements Destination<BetCommandRow> {
  readonly relations = ['accounts', 'bets', 'ledger_entries', 'account_commands', 'bet_outbox'] as const;
  readonly isPipelined = true;
  readonly #waiting: { readonly command: Command; readonly source: RecordSource }[] = [];
  readonly #surroundings: DeskSurroundings;

  constructor(surroundings: DeskSurroundings) { this.#surroundings = surroundings; }

  get buffered(): number { return this.#waiting.length; }
  get records(): number { return this.#waiting.length; }

  write(row: BetCommandRow, partition: number, count: (fate: Fate) => void): void {
    if (row.control !== Control.none) { count(Fate.control); return; }
    this.#waiting.push({ command: commandOf(row, partition), source: { partition, offset: row.offset } });
    count(Fate.applied);
  }

  sourceOf(record: number): RecordSource { return this.#waiting[record]!.source; }

  async put(client: pg.ClientBase, from: number, until: number): Promise<void> {
    if (from === until) return;
    const commands = this.#waiting.slice(from, until).map(({ command }) => command);
    const { rules, markets, clock } = this.#surroundings;
    const named = new Map<string, MarketName>(), ids = new Set<string>(), references = new Set<string>();
    for (const command of commands) {
      ids.add(command.commandId);
      if ('refersTo' in command && command.refersTo !== null) references.add(command.refersTo);
      if (command.action === 'place') for (const leg of command.place.legs) named.set(marketKey(leg), leg);
    }
    for (const market of await marketsOfBets(client, Array.from(references))) named.set(marketKey(market), market);
    const all = [...ids, ...references];
    // Asked all at once, and answered in this order: each statement sees what was there when those before it had got their locks.
    const [, bets, facts, accounts, known] = await Promise.all([
      lockMarkets(client, named.values(), 'shared'),
      lockBets(client, 'b.id = ANY ($1::uuid[])', [all]),
      factsOfMarkets(client, named.values()),
      lockAccounts(client, new Set(commands.map(({ accountId }) => accountId))),
      knownCommands(client, all), //  once the accounts are locked: no withdrawal ends twice
    ]);
    const said = new SaidEvents(), desk = new Desk({ accounts, bets, commands: known }, rules, markets, lookUp(facts), clock(), said.hear);
    for (const command of commands) desk.decide(command);
    await save(client, desk, said);
  }

  committed(): void { this.discard(); }

  discard(): void { this.#waiting.length = 0; }
}

/** Each field by name: a literal that begins with a spread and goes on took V8 3 µs, and what it made stayed until a major collection (ARCHITECTURE.md section 11). */
const commandOf = (row: BetCommandRow, partition: number): Command => {
  const action = betActionSymbols[row.action]!, commandId = row.text(row.commandId), accountId = row.text(row.accountId), timestampMs = row.timestamp, cause = { topic: COMMANDS, partition, offset: row.offset };
  const currency = textOrNull(row, row.currency), amountMinor = numberOrNull(row.amountMinor), refersTo = textOrNull(row, row.refersTo);
  switch (action) {
    case 'open_account': return { commandId, accountId, timestampMs, cause, action, currency, userId: textOrNull(row, row.userId), syndicateId: textOrNull(row, row.syndicateId) };
    case 'deposit': case 'withdraw': return { commandId, accountId, timestampMs, cause, action, amountMinor, currency };
    case 'cancel': case 'restore': case 'complete_withdrawal': case 'release_withdrawal': return { commandId, accountId, timestampMs, cause, action, refersTo };
    case 'void': return { commandId, accountId, timestampMs, cause, action, refersTo, reason: textOrNull(row, row.reason) };
    case 'cash_out': return { commandId, accountId, timestampMs, cause, action, refersTo, amountMinor, minPayoutMinor: numberOrNull(row.minPayoutMinor) };
    case 'place': return {
      commandId, accountId, timestampMs, cause, action, stakeMinor: amountMinor, currency, metadata: metadataOf(row),
      place: { side: row.side === 0 ? 'back' : 'lay', isFreeBet: row.freeBet, provider: textOrNull(row, row.provider), legs: legsOf(row), slippage: row.slippage },
    };
  }
};

const legsOf = (row: BetCommandRow): { sport: string; eventId: string; market: string; outcome: string; price: number }[] => {
  const legs = [];
  for (let at = row.legsStart; at < row.legsEnd; at++) {
    legs.push({ sport: row.text(row.legsSport(at)), eventId: row.text(row.legsEventId(at)), market: row.text(row.legsMarket(at)), outcome: row.text(row.legsOutcome(at)), price: row.legsPrice(at) });
  }
  return legs;
};

const metadataOf = (row: BetCommandRow): Record<string, string> => {
  const metadata: [string, string][] = [];
  for (let at = row.metadataStart; at < row.metadataEnd; at++) metadata.push([row.text(row.metadataName(at)), row.text(row.metadata(at))]);
  return Object.fromEntries(metadata); //  also what is called __proto__
};

const textOrNull = (row: BetCommandRow, id: number): string | null => (id < 0 ? null : row.text(id));
const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
