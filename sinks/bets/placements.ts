import { timeout, TimeoutStrategy } from 'cockatiel';
import { Desk } from '../../domain/bets/desk.ts';
import type { BettingProvider, ProviderAnswer } from '../../domain/bets/provider.ts';
import type { Bet } from '../../domain/bets/types.ts';
import { Session } from '../timescale/session.ts';
import { isPassing } from '../timescale/errors.ts';
import type { DeskSurroundings } from './commands.ts';
import { factsOfMarkets, lockAccounts, lockBets, lockMarkets, lookUp, marketKey, marketsOfBets } from './load.ts';
import { save } from './save.ts';

export interface PlacementsOptions {
  readonly postgresUrl: string;
  readonly namespace: string;
  readonly name: string;
  readonly surroundings: DeskSurroundings;
  readonly providerOf: (name: string) => BettingProvider;
  /** How often it is looked for what is to be done, ms. */
  readonly everyMs: number;
  /** How long an answer of a provider is waited for, ms; then nobody knows, and it is asked as often. */
  readonly answerMs: number;
  readonly onTrouble: (message: string) => void;
}

/** A bet that its provider does not know may still be on its way there: for so many times as long as an answer is waited for, its stake is not given back. */
const ON_ITS_WAY = 4;
/** So many bets at a time. */
const MOST = 200;

/**
 * What happens to bets without a command: in play they are looked at again when they are due; those for providers are sent, once, and what became of those without
 * an answer is asked. That one is about to be sent is durable before it is, so that after a crash nobody sends it again.
 */
export class Placements {
  readonly #options: PlacementsOptions;
  readonly #session: Session;
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: PlacementsOptions) {
    this.#options = options;
    this.#session = new Session({ postgresUrl: options.postgresUrl, namespace: options.namespace, name: `${options.name} placements`, retryMs: 0 });
    this.#timer = setInterval(() => { this.#underWay ??= this.#turn().finally(() => { this.#underWay = undefined; }); }, options.everyMs);
    this.#timer.unref();
  }

  /** Throws what it failed by, where that will not pass. */
  check(): void { if (this.#failure !== undefined) throw this.#failure; }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    await this.#session.close();
  }

  async #turn(): Promise<void> {
    const nowMs = this.#options.surroundings.clock(), silentSince = new Date(nowMs - this.#options.answerMs).toISOString();
    try {
      const work = await this.#session.run(async (client) => {
        const { rows } = await client.query<{ id: string; what: 'look' | 'send' | 'ask' }>(`
          SELECT id, CASE WHEN status = 'delayed' THEN 'look' WHEN attempted_at IS NULL THEN 'send' ELSE 'ask' END AS what FROM bets
           WHERE status IN ('delayed', 'submitted', 'unknown') -- what the index bets_pending holds
             AND ((status = 'delayed' AND due_at <= $1) OR (status = 'submitted' AND attempted_at IS NULL) OR (status <> 'delayed' AND attempted_at < $2 AND updated_at < $2))
           ORDER BY placed_at LIMIT ${MOST}`, [new Date(nowMs).toISOString(), silentSince]);
        return rows;
      });
      const of = (what: string): string[] => work.filter((one) => one.what === what).map(({ id }) => id);
      if (of('look').length > 0) await this.#decide(of('look'), `b.status = 'delayed'`, (desk, bet) => { desk.look(bet); });
      if (of('send').length > 0) await this.#send(of('send'));
      if (of('ask').length > 0) await this.#ask(of('ask'));
    } catch (error) {
      if (isPassing(error)) this.#options.onTrouble(`bets wait for the database: ${(error as Error).message}`);
      else this.#failure = error as Error;
    }
  }

  async #send(ids: readonly string[]): Promise<void> {
    // Whoever gets the rows first sends them: another process finds them attempted.
    const bets = await this.#decide(ids, `b.status = 'submitted' AND b.attempted_at IS NULL`, (desk, bet) => { desk.attempting(bet); });
    await this.#answered(bets, async (provider, bet) => {
      const [leg] = bet.legs;
      const { side, stakeMinor, currency } = bet;
      return provider.placeBet({ reference: bet.betId, side, sport: leg!.sport, eventId: leg!.eventId, market: leg!.market, outcome: leg!.outcome, priceE4: leg!.priceE4, stakeMinor, currency });
    });
  }

  async #ask(ids: readonly string[]): Promise<void> {
    // Noted first: whom nobody answers is not asked again at once, and does not stand before all others.
    const bets = await this.#session.run(async (client) => {
      await client.query(`UPDATE bets SET updated_at = $2 WHERE id = ANY ($1::uuid[]) AND status IN ('submitted', 'unknown')`, [ids, new Date(this.#options.surroundings.clock()).toISOString()]);
      return Array.from((await lockBets(client, `b.id = ANY ($1::uuid[]) AND b.status IN ('submitted', 'unknown')`, [ids])).values());
    });
    await this.#answered(bets, (provider, bet) => provider.getBetStatus(bet.betId));
  }

  /** Asks the providers of all at once, and writes what they said; who does not answer leaves his bet unknown. */
  async #answered(bets: readonly Bet[], ask: (provider: BettingProvider, bet: Bet) => Promise<ProviderAnswer>): Promise<void> {
    const answers = new Map<string, ProviderAnswer | { readonly kind: 'unknown' }>(), patience = timeout(this.#options.answerMs, TimeoutStrategy.Aggressive);
    await Promise.all(bets.map(async (bet) => {
      answers.set(bet.betId, await patience.execute(() => ask(this.#options.providerOf(bet.provider), bet)).catch((error: unknown) => {
        this.#options.onTrouble(`nobody knows whether ${bet.provider} took the bet ${bet.betId}: ${(error as Error).message}`);
        return { kind: 'unknown' as const };
      }));
    }));
    await this.#decide(bets.map(({ betId }) => betId), `b.status IN ('submitted', 'unknown')`, (desk, bet) => {
      const answer = answers.get(bet.betId)!;
      if (answer.kind !== 'not_found') desk.answered(bet, answer);
      else desk.answered(bet, this.#options.surroundings.clock() - bet.attemptedAtMs! < ON_ITS_WAY * this.#options.answerMs ? { kind: 'unknown' } : { kind: 'rejected', code: 'never_arrived' });
    });
  }

  /** Decides on bets in one transaction, with all locked that they depend on. Returns those that it found in that state. */
  async #decide(ids: readonly string[], state: string, decide: (desk: Desk, bet: Bet) => void): Promise<readonly Bet[]> {
    if (ids.length === 0) return [];
    const { rules, markets, clock } = this.#options.surroundings;
    let found: readonly Bet[] = [];
    await this.#session.transaction(async (client) => {
      await lockMarkets(client, await marketsOfBets(client, ids), 'shared');
      const bets = await lockBets(client, `b.id = ANY ($1::uuid[]) AND ${state}`, [ids], 'FOR UPDATE SKIP LOCKED');
      found = Array.from(bets.values());
      if (found.length === 0) return;
      const facts = await factsOfMarkets(client, new Map(found.flatMap(({ legs }) => legs).map((leg) => [marketKey(leg), leg])).values());
      const accounts = await lockAccounts(client, new Set(found.map(({ accountId }) => accountId)));
      const desk = new Desk({ accounts, bets, commands: new Map() }, rules, markets, lookUp(facts), clock());
      for (const bet of found) decide(desk, bet);
      await save(client, desk);
    });
    return found;
  }
}
