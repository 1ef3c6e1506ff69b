import type pg from 'pg';
import { type Catalogue, catalogueOf } from '../../domain/market.ts';
import { multiplicative } from '../../domain/devig.ts';
import { fromPriceE4, toPriceE4 } from '../../domain/odds.ts';
import { type OddsUpdateRow, QuoteStatus } from '../../schemas/generated/odds-update.ts';
import { Fate } from '../../stream/fates.ts';
import type { Series } from './copy-destination.ts';
import { type CopyRows, copyText, NULL, orNull, timeText } from './copy-text.ts';

const HOUR_MS = 3_600_000;
/** Market names are few; a feed that makes up ever new ones must not fill the memory. */
const MARKETS_KEPT = 10_000;

/**
 * `odds_history`: every offer as it came, one row per outcome of an update.
 *
 * - A resent quote (`repeat`) is no news: no rows, fate unchanged.
 * - An update without back prices, a closed one and a suspended one offer nothing that could be taken: no rows, fate applied. So the last
 *   row before the start is the last price that one could have, which is what a closing line is.
 * - Lay prices are another side of the market and have no rows: `market-books` and `odds-updates` hold them.
 * - A price is floored to ten-thousandths (1.00004 becomes 1.0000: it came, and nobody can win by it).
 * - `probability` comes of the prices as stored, so that it can be computed again from the rows, where the update names exactly the
 *   outcomes of the market's catalogue; rounded half up to four places.
 */
export class OddsHistory implements Series<OddsUpdateRow> {
  readonly table = 'odds_history';
  readonly columns = ['sport_id', 'event_id', 'market_type', 'bookmaker_id', 'outcome', 'odds', 'probability', 'volume', 'volume_repeated', 'timestamp', 'observed_at', 'in_play', 'source_partition', 'source_offset'] as const;
  readonly #catalogues = new Map<string, Catalogue | undefined>();
  readonly #hours = new Set<number>();
  /** By event, the earliest time of a quote that is not in play, epoch ms. */
  readonly #firstQuotes = new Map<string, number>();
  #prices: number[] = [];

  format(row: OddsUpdateRow, partition: number, lines: CopyRows): Fate {
    if (row.repeat) return Fate.unchanged;
    const { oddsStart, oddsEnd, timestamp } = row;
    if (oddsStart === oddsEnd || row.status !== QuoteStatus.open) return Fate.applied;

    const event = row.text(row.eventId), market = row.text(row.market), { inPlay, volume } = row;
    const before = `${copyText(row.text(row.sport))}\t${copyText(event)}\t${copyText(market)}\t${copyText(row.text(row.provider))}\t`;
    const volumeText = Number.isNaN(volume) ? NULL : volume.toFixed(2);
    const after = `\t${timeText(timestamp)}\t${timeText(row.observedAt)}\t${inPlay ? 't' : 'f'}\t${partition}\t${row.offset}\n`;
    const probabilities = this.#probabilities(row, market);
    for (let at = oddsStart; at < oddsEnd; at++) {
      const probability = probabilities === undefined ? NaN : probabilities[at - oddsStart]!;
      lines.add(`${before}${copyText(row.text(row.oddsName(at)))}\t${this.#prices[at - oddsStart]!}\t${orNull(probability)}\t${volumeText}\t${at === oddsStart ? 'f' : 't'}${after}`);
    }
    this.#hours.add(Math.floor(timestamp / HOUR_MS));
    if (!inPlay && !(this.#firstQuotes.get(event)! <= timestamp)) this.#firstQuotes.set(event, timestamp);
    return Fate.applied;
  }

  /** Late hours, so that they are aggregated anew; then, last, quotes of events that have started, so that closing lines are captured anew. */
  async note(client: pg.ClientBase): Promise<void> {
    await client.query('SELECT odds_note_touched($1::timestamptz[])', [Array.from(this.#hours, (hour) => timeText(hour * HOUR_MS))]);
    if (this.#firstQuotes.size === 0) return;
    await client.query('SELECT odds_note_quotes($1::text[], $2::timestamptz[])', [Array.from(this.#firstQuotes.keys()), Array.from(this.#firstQuotes.values(), timeText)]);
  }

  clear(): void {
    this.#hours.clear();
    this.#firstQuotes.clear();
  }

  /** Fills `#prices` in the update's order, and gives the probabilities in that order where the update is the complete market. */
  #probabilities(row: OddsUpdateRow, market: string): readonly number[] | undefined {
    const { oddsStart, oddsEnd } = row, count = oddsEnd - oddsStart, prices = this.#prices;
    prices.length = count;
    for (let i = 0; i < count; i++) prices[i] = storedPrice(row.odds(oddsStart + i));
    const catalogue = this.#catalogueOf(market);
    if (catalogue === undefined || catalogue.outcomes.length !== count) return undefined;
    // A map names no outcome twice: as many as the catalogue has, and all of them in it, is all of them.
    for (let at = oddsStart; at < oddsEnd; at++) if (!catalogue.outcomes.includes(row.text(row.oddsName(at)))) return undefined;
    const devigged = multiplicative(prices, catalogue.winners);
    return devigged.ok ? devigged.probabilities.map(toFourPlaces) : undefined;
  }

  #catalogueOf(market: string): Catalogue | undefined {
    let catalogue = this.#catalogues.get(market);
    if (catalogue === undefined && !this.#catalogues.has(market)) {
      if (this.#catalogues.size >= MARKETS_KEPT) this.#catalogues.clear();
      this.#catalogues.set(market, catalogue = catalogueOf(market));
    }
    return catalogue;
  }
}

/** The contract lets nothing in but prices above 1: what is none any more in ten-thousandths is 1. */
export const storedPrice = (decimal: number): number => {
  const priceE4 = toPriceE4(decimal);
  return typeof priceE4 === 'string' ? 1 : fromPriceE4(priceE4);
};

/** Half up. */
const toFourPlaces = (probability: number): number => Math.round(probability * 10_000) / 10_000;
