import type { MarketBookRow } from '../../schemas/generated/market-book.ts';
import { bookFields } from './book-fields.ts';
import { hashCache } from './hash-cache.ts';

/** The live book of each market: hash `odds:{sport}:{event_id}:{market}`. */
export const oddsCache = hashCache<MarketBookRow>({ keyOf: (market) => `odds:${market}`, channel: 'odds-changes', hashOf: bookFields });
