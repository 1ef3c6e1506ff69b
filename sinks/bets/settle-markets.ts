import type pg from 'pg';
import { Desk } from '../../domain/bets/desk.ts';
import type { Bet, Cause } from '../../domain/bets/types.ts';
import type { DeskSurroundings } from './commands.ts';
import { factsOfMarkets, lockAccounts, lockBets, lookUp, marketKey, type MarketName } from './load.ts';
import { SaidEvents } from './said-events.ts';
import { save } from './save.ts';

/**
 * Settles again every bet on the markets, in the caller's transaction, which has locked them alone. Facts of the other legs of multiples are read once the bets are
 * locked: of two settlements at once, the second sees what the first has written.
 */
export const settleMarkets = async (client: pg.ClientBase, dues: readonly (MarketName & { readonly cause: Cause })[], { rules, markets, clock }: DeskSurroundings): Promise<void> => {
  const causes = new Map(dues.map((due) => [marketKey(due), due.cause]));
  const { rows: on } = await client.query<{ id: string }>({ name: 'bets on markets', text: `
    SELECT o.id FROM bets o JOIN unnest($1::text[], $2::text[], $3::text[]) n (sport_id, event_id, market_type) USING (sport_id, event_id, market_type) WHERE o.status IN ('accepted', 'settled')
    UNION ALL
    SELECT l.bet_id FROM bet_legs l JOIN unnest($1::text[], $2::text[], $3::text[]) n (sport_id, event_id, market_type) USING (sport_id, event_id, market_type)`,
  values: [dues.map(({ sport }) => sport), dues.map(({ eventId }) => eventId), dues.map(({ market }) => market)] });
  // Named by their ids and by nothing else: a row that is waited for is held against the condition again as it is by then, and one that was found through other rows is passed over.
  const bets = await lockBets(client, `b.id = ANY ($1::uuid[]) AND b.status IN ('accepted', 'settled')`, [on.map(({ id }) => id)]);
  if (bets.size === 0) return;
  const named = new Map<string, MarketName>();
  for (const { legs } of bets.values()) for (const leg of legs) named.set(marketKey(leg), leg);
  const facts = await factsOfMarkets(client, named.values());
  const accounts = await lockAccounts(client, new Set(Array.from(bets.values(), ({ accountId }) => accountId)));
  const said = new SaidEvents(), desk = new Desk({ accounts, bets, commands: new Map() }, rules, markets, lookUp(facts), clock(), said.hear);
  desk.settle(bets.values(), (bet) => causeOf(bet, causes));
  await save(client, desk, said);
};

const causeOf = ({ legs }: Bet, causes: ReadonlyMap<string, Cause>): Cause => {
  for (const leg of legs) {
    const cause = causes.get(marketKey(leg));
    if (cause !== undefined) return cause;
  }
  throw new Error('a bet was loaded of which no market is due');
};
