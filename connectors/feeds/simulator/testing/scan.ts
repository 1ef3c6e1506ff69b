import { catalogueOf } from '../../../../domain/market.ts';
import type { FeedMessage } from '../../feed.ts';
import type { OddsUpdate } from '../../messages.ts';

/** An arbitrage from opened to closed, as seen at each look. */
export interface Episode {
  readonly market: string;
  readonly kind: 'back' | 'back_lay';
  readonly openedMs: number;
  readonly closedMs: number;
  readonly inPlay: boolean;
  /** Lowest Σ 1/(net price) over the legs. */
  readonly lowestSum: number;
  readonly providers: string;
}

interface Standing {
  readonly sum: number;
  readonly providers: string;
}

/**
 * The live book of a run, looked at whenever `look` is called: which arbitrages stand, from when to when. An independent, plain
 * reckoning for tests: backs of all outcomes net of commission, and a back against a lay.
 */
export class ArbitrageScan {
  readonly episodes: Episode[] = [];
  looks = 0;
  /** Market-looks that had a complete book, and those with an arbitrage. */
  books = 0;
  standing = 0;
  private readonly quotes = new Map<string, Map<string, OddsUpdate>>();
  private readonly down = new Set<string>();
  private readonly open = new Map<string, { market: string; kind: 'back' | 'back_lay'; openedMs: number; inPlay: boolean; lowestSum: number; providers: string }>();

  take(message: FeedMessage): void {
    if (message.kind === 'status') {
      if (message.status === 'down') this.down.add(message.provider);
      else this.down.delete(message.provider);
    }
    if (message.kind !== 'update') return;
    const { value } = message;
    const key = `${value.event_id}:${value.market}`;
    const book = this.quotes.get(key) ?? new Map<string, OddsUpdate>();
    this.quotes.set(key, book);
    if (value.status === 'open') book.set(value.provider, value);
    else book.delete(value.provider);
  }

  look(nowMs: number): void {
    this.looks += 1;
    for (const [key, book] of this.quotes) {
      const live = [...book.values()].filter(({ provider }) => !this.down.has(provider));
      const outcomes = catalogueOf(live[0]?.market ?? '')?.outcomes ?? [];
      if (live.length > 0) this.books += 1;
      const back = backs(live, outcomes);
      const lay = backLay(live, outcomes);
      if (back !== undefined || lay !== undefined) this.standing += 1;
      this.note(key, 'back', back, live[0]?.in_play === true, nowMs);
      this.note(key, 'back_lay', lay, live[0]?.in_play === true, nowMs);
    }
  }

  private note(market: string, kind: 'back' | 'back_lay', now: Standing | undefined, inPlay: boolean, nowMs: number): void {
    const id = `${kind} ${market}`;
    const before = this.open.get(id);
    if (now === undefined) {
      if (before !== undefined) this.episodes.push({ ...before, closedMs: nowMs });
      this.open.delete(id);
    } else if (before === undefined) {
      this.open.set(id, { market, kind, openedMs: nowMs, inPlay, lowestSum: now.sum, providers: now.providers });
    } else if (now.sum < before.lowestSum) {
      before.lowestSum = now.sum;
    }
  }
}

const backs = (live: readonly OddsUpdate[], outcomes: readonly string[]): Standing | undefined => {
  let sum = 0;
  const providers: string[] = [];
  for (const outcome of outcomes) {
    let best = 0;
    let from = '';
    for (const { odds, commission, provider } of live) {
      const price = odds[outcome];
      const net = price === undefined ? 0 : 1 + (price - 1) * (1 - (commission ?? 0));
      if (net > best) [best, from] = [net, provider];
    }
    if (best === 0) return undefined;
    sum += 1 / best;
    providers.push(from);
  }
  return outcomes.length > 0 && sum < 1 - 1e-9 ? { sum, providers: providers.join('+') } : undefined;
};

const backLay = (live: readonly OddsUpdate[], outcomes: readonly string[]): Standing | undefined => {
  for (const exchange of live) {
    for (const outcome of outcomes) {
      const lay = exchange.lay?.[outcome];
      if (lay === undefined) continue;
      for (const { odds, provider, commission } of live) {
        const price = odds[outcome];
        if (price === undefined || provider === exchange.provider) continue;
        const sum = 1 / (1 + (price - 1) * (1 - (commission ?? 0))) + (lay - 1) / (lay - (exchange.commission ?? 0));
        if (sum < 1 - 1e-9) return { sum, providers: `${provider}/${exchange.provider}` };
      }
    }
  }
  return undefined;
};
