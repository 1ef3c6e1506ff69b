import { EARLIEST_MS, LATEST_MS } from '../../schemas/contract.ts';
import type { FeedMessage } from './feed.ts';

/** Whether a time, epoch ms, is one that the contract allows: whole, and neither absurdly early nor late. */
export const isTime = (time: number): boolean => Number.isInteger(time) && time >= EARLIEST_MS && time < LATEST_MS;

/**
 * What can be wrong with a message before it is encoded: the code of the first rule that it breaks. Rules of a topic's contents are judged on what was
 * encoded, by the topic's own contract (inspection.ts). A problem breaks none.
 */
export const breachOf = (message: FeedMessage): string | undefined => {
  switch (message.kind) {
    case 'update': case 'result': {
      const { timestamp, provider, sport, event_id: eventId, market } = message.value;
      if (!isTime(timestamp)) return 'time_absurd';
      if (provider === '') return 'empty_provider';
      return sport === '' || eventId === '' || market === '' ? 'empty_key' : undefined;
    }
    case 'event': {
      const { timestamp, starts_at: startsAt, sport, event_id: eventId } = message.value;
      if (!isTime(timestamp)) return 'time_absurd';
      if (!isTime(startsAt)) return 'start_absurd';
      return sport === '' || eventId === '' ? 'empty_key' : undefined;
    }
    case 'status':
      if (!isTime(message.timestamp)) return 'time_absurd';
      return message.provider === '' ? 'empty_provider' : undefined;
    case 'problem': return undefined;
  }
};
