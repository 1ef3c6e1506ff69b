import { setTimeout as wait } from 'node:timers/promises';
import { timeout, TimeoutStrategy } from 'cockatiel';
import { Desk } from '../../domain/bets/desk.ts';
import type { BettingProvider, ProviderAnswer } from '../../domain/bets/provider.ts';
import type { Bet } from '../../domain/bets/types.ts';
import { Chore } from '../timescale/chore.ts';
import type { Session } from '../timescale/session.ts';
import type { DeskSurroundings } from './commands.ts';
import { factsOfMarkets, lockAccounts, lockBets, lockMarkets, lookUp, marketKey, marketsOfBets } from './load.ts';
import { SaidEvents } from './said-events.ts';
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
/** With so many questions open a provider is asked no more until it has answered some. */
const MOST_OPEN = 100;
/** For so long a turn waits for answers, ms: who answers at once is written at once, and who does not holds nobody up. */
const PROMPT_MS = 50;

/** What an answer means for its bet. */
type Answer = Parameters<Desk['answered']>[1];

/**
 * What happens to bets without a command: in play they are looked at again when they are due; those for providers are sent, once, and what became of those without
 * an answer is asked. That one is about to be sent is durable before it is, so that after a crash nobody sends it again.
 */
export class Placements {
  readonly #options: PlacementsOptions;
  readonly #chore: Chore;
  /** Questions that are open, by provider; each ends when it is answered, or has taken too long. */
  readonly #open = new Map<string, Set<Promise<void>>>();
  /** What was answered and is not written yet, by bet. */
  readonly #answers = new Map<string, Answer>();

  constructor(options: PlacementsOptions) {
    this.#options = options;
    const { postgresUrl, namespace, name, everyMs, onTrouble } = options;
    this.#chore = new Chore({
      postgresUrl, namespace, name: `${name} placements`, isPipelined: true, everyMs, work: (session) => this.#turn(session),
      last: async (session) => {
        await this.#settled();
        await this.#write(session);
      },
      onPassing: (error) => { onTrouble(`bets wait for the database: ${error.message}`); },
    });
  }

  /** Throws what it failed by, where that will not pass. */
  check(): void { this.#chore.check(); }
  close(): Promise<void> { return this.#chore.close(); }

  async #turn(session: Session): Promise<void> {
    await this.#write(session);
    const nowMs = this.#options.surroundings.clock(), silentSince = new Date(nowMs - this.#options.answerMs).toISOString();
    const busy = Array.from(this.#open).flatMap(([provider, open]) => (open.size < MOST_OPEN ? [] : [provider]));
    const work = await session.run(async (client) => {
      const { rows } = await client.query<{ id: string; what: 'look' | 'send' | 'ask' }>(`
        SELECT id, CASE WHEN status = 'delayed' THEN 'look' WHEN attempted_at IS NULL THEN 'send' ELSE 'ask' END AS what FROM bets
         WHERE status IN ('delayed', 'submitted', 'unknown') -- what the index bets_pending holds
           AND ((status = 'delayed' AND due_at <= $1) OR (status = 'submitted' AND attempted_at IS NULL) OR (status <> 'delayed' AND attempted_at < $2 AND updated_at < $2))
           AND (status = 'delayed' OR bookmaker_id <> ALL ($3))
         ORDER BY placed_at LIMIT ${MOST}`, [new Date(nowMs).toISOString(), silentSince, busy]);
      return rows;
    });
    const of = (what: string): string[] => work.filter((one) => one.what === what).map(({ id }) => id);
    if (of('look').length > 0) await this.#decide(session, of('look'), `b.status = 'delayed'`, (desk, bet) => { desk.look(bet); });
    if (of('send').length > 0) await this.#send(session, of('send'));
    if (of('ask').length > 0) await this.#ask(session, of('ask'));
    await Promise.race([this.#settled(), wait(PROMPT_MS)]);
    await this.#write(session);
  }

  async #send(session: Session, ids: readonly string[]): Promise<void> {
    // Whoever gets the rows first sends them: another process finds them attempted.
    const bets = await this.#decide(session, ids, `b.status = 'submitted' AND b.attempted_at IS NULL`, (desk, bet) => { desk.attempting(bet); });
    this.#question(bets, async (provider, bet) => {
      const [leg] = bet.legs;
      const { side, stakeMinor, currency } = bet;
      return provider.placeBet({ reference: bet.betId, side, sport: leg!.sport, eventId: leg!.eventId, market: leg!.market, outcome: leg!.outcome, priceE4: leg!.priceE4, stakeMinor, currency });
    });
  }

  async #ask(session: Session, ids: readonly string[]): Promise<void> {
    // Noted first: whom nobody answers is not asked again at once, and does not stand before all others.
    const bets = await session.run(async (client) => {
      await client.query(`UPDATE bets SET updated_at = $2 WHERE id = ANY ($1::uuid[]) AND status IN ('submitted', 'unknown')`, [ids, new Date(this.#options.surroundings.clock()).toISOString()]);
      return Array.from((await lockBets(client, `b.id = ANY ($1::uuid[]) AND b.status IN ('submitted', 'unknown')`, [ids])).values());
    });
    this.#question(bets, (provider, bet) => provider.getBetStatus(bet.betId));
  }

  /** Asks the providers of all at once; who does not answer in time leaves his bet unknown. */
  #question(bets: readonly Bet[], ask: (provider: BettingProvider, bet: Bet) => Promise<ProviderAnswer>): void {
    const { answerMs, surroundings } = this.#options, patience = timeout(answerMs, TimeoutStrategy.Aggressive), askedAtMs = surroundings.clock();
    for (const bet of bets) {
      let open = this.#open.get(bet.provider);
      if (open === undefined) this.#open.set(bet.provider, open = new Set());
      const asked: Promise<void> = patience.execute(() => ask(this.#options.providerOf(bet.provider), bet)).then((answer): Answer => {
        if (answer.kind !== 'not_found') return answer;
        // As of when it was asked: the answer may be written much later, and the bet have arrived meanwhile.
        return askedAtMs - bet.attemptedAtMs! < ON_ITS_WAY * answerMs ? { kind: 'unknown' } : { kind: 'rejected', code: 'never_arrived' };
      }).catch((error: unknown): Answer => {
        this.#options.onTrouble(`nobody knows whether ${bet.provider} took the bet ${bet.betId}: ${(error as Error).message}`);
        return { kind: 'unknown' };
      }).then((answer) => {
        this.#answers.set(bet.betId, answer);
        open.delete(asked);
      });
      open.add(asked);
    }
  }

  /** All questions are answered that are open now. */
  async #settled(): Promise<void> { await Promise.all(Array.from(this.#open.values(), (open) => Array.from(open)).flat()); }

  /** Writes what was answered. Where that fails it is written at the next turn. */
  async #write(session: Session): Promise<void> {
    const answers = new Map(this.#answers);
    await this.#decide(session, Array.from(answers.keys()), `b.status IN ('submitted', 'unknown')`, (desk, bet) => { desk.answered(bet, answers.get(bet.betId)!); });
    for (const [bet, answer] of answers) if (this.#answers.get(bet) === answer) this.#answers.delete(bet);
  }

  /** Decides on bets in one transaction, with all locked that they depend on. Returns those that it found in that state. */
  async #decide(session: Session, ids: readonly string[], state: string, decide: (desk: Desk, bet: Bet) => void): Promise<readonly Bet[]> {
    if (ids.length === 0) return [];
    const { rules, markets, clock } = this.#options.surroundings;
    let found: readonly Bet[] = [];
    await session.transaction(async (client) => {
      await lockMarkets(client, await marketsOfBets(client, ids), 'shared');
      const bets = await lockBets(client, `b.id = ANY ($1::uuid[]) AND ${state}`, [ids], 'FOR UPDATE SKIP LOCKED');
      found = Array.from(bets.values());
      if (found.length === 0) return;
      const facts = await factsOfMarkets(client, new Map(found.flatMap(({ legs }) => legs).map((leg) => [marketKey(leg), leg])).values());
      const accounts = await lockAccounts(client, new Set(found.map(({ accountId }) => accountId)));
      const said = new SaidEvents(), desk = new Desk({ accounts, bets, commands: new Map() }, rules, markets, lookUp(facts), clock(), said.hear);
      for (const bet of found) decide(desk, bet);
      await save(client, desk, said);
    });
    return found;
  }
}
