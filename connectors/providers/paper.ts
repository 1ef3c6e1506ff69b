import type pg from 'pg';
import type { LiveMarkets } from '../../domain/bets/placement.ts';
import type { BettingProvider, ProviderAnswer, ProviderBet } from '../../domain/bets/provider.ts';

export interface PaperProviderOptions {
  readonly name: string;
  /** Where it keeps its own book: as a real one it must know tomorrow what it took today. */
  readonly pool: pg.Pool;
  readonly markets: LiveMarkets;
}

/** What it starts with in each currency, minor units. */
const OPENING_BALANCE_MINOR = 100_000_000;

/** A provider that takes bets at the live prices of the one that it stands for, and pays nobody. For development, tests and paper trading. */
export class PaperProvider implements BettingProvider {
  readonly #options: PaperProviderOptions;

  constructor(options: PaperProviderOptions) { this.#options = options; }

  getOdds({ side, sport, eventId, market, outcome }: Pick<ProviderBet, 'side' | 'sport' | 'eventId' | 'market' | 'outcome'>): Promise<number | undefined> {
    const live = this.#options.markets(sport, eventId, market);
    if (live === undefined || live === 'stale') return Promise.resolve(undefined);
    return Promise.resolve(live.offersOf(this.#options.name, outcome, side)[0]?.priceE4);
  }

  /** The same reference is the same bet: sent twice, it is taken once. */
  async placeBet(bet: ProviderBet): Promise<Exclude<ProviderAnswer, { readonly kind: 'not_found' }>> {
    const { name, pool } = this.#options, price = await this.getOdds(bet);
    const code = price === undefined ? 'market_closed' : (bet.side === 'back' ? price < bet.priceE4 : price > bet.priceE4) ? 'price_moved' : null;
    await pool.query(`
      INSERT INTO paper_bets (provider, reference, state, code, side, stake_minor, currency, odds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [name, bet.reference, code === null ? 'accepted' : 'rejected', code, bet.side, bet.stakeMinor, bet.currency, bet.priceE4 / 10_000]);
    const answer = await this.getBetStatus(bet.reference);
    if (answer.kind === 'not_found') throw new Error(`${name} has lost the bet ${bet.reference}`);
    return answer;
  }

  async getBetStatus(reference: string): Promise<ProviderAnswer> {
    const { rows: [found] } = await this.#options.pool.query<{ state: 'accepted' | 'rejected'; code: string | null }>('SELECT state, code FROM paper_bets WHERE provider = $1 AND reference = $2', [this.#options.name, reference]);
    if (found === undefined) return { kind: 'not_found' };
    return found.state === 'accepted' ? { kind: 'accepted', reference: `paper-${reference}` } : { kind: 'rejected', code: found.code ?? 'refused' };
  }

  async getAccountBalance(): Promise<ReadonlyMap<string, number>> {
    const { name, pool } = this.#options;
    const { rows } = await pool.query<{ currency: string; staked: string }>(`SELECT currency, sum(stake_minor) AS staked FROM paper_bets WHERE provider = $1 AND state = 'accepted' GROUP BY currency`, [name]);
    return new Map(rows.map(({ currency, staked }) => [currency, OPENING_BALANCE_MINOR - Number(staked)]));
  }
}
