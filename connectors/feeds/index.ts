import { FeedError } from './errors.ts';
import type { Feed } from './feed.ts';

/** How each feed is loaded. Its code, and what that needs, is read only if it is asked for. */
const loaders = {
  'football-data': async () => (await import('./football-data/feed.ts')).footballData,
  'odds-api': async () => (await import('./odds-api/feed.ts')).oddsApi,
  simulator: async () => (await import('./simulator/simulator.ts')).simulator,
} as const satisfies Readonly<Record<string, () => Promise<unknown>>>;

export type FeedName = keyof typeof loaders;

/** The names of all feeds. */
export const feedNames: readonly FeedName[] = Object.freeze(Object.keys(loaders) as FeedName[]);

/** A feed by its name. Its options are parsed by its own `config`. Throws FeedError `feed_unknown`. */
export const loadFeed = async (name: string): Promise<Feed> => {
  if (!Object.hasOwn(loaders, name)) throw new FeedError('feed_unknown', `There is no feed '${name}'. There are: ${feedNames.join(', ')}.`);
  return await loaders[name as FeedName]() as Feed;
};
