import type { FeedMessage } from './feed.ts';

/** The event time of a message, epoch ms; undefined for a problem. */
export const timeOf = (message: FeedMessage): number | undefined => {
  if (message.kind === 'problem') return undefined;
  return message.kind === 'status' ? message.timestamp : message.value.timestamp;
};

/** The message with all of its times moved by so many ms: what was five minutes before kick-off stays so. */
export const shifted = (message: FeedMessage, byMs: number): FeedMessage => {
  if (byMs === 0) return message;
  switch (message.kind) {
    case 'update': {
      const { value } = message;
      const { starts_at: startsAt, observed_at: observedAt } = value;
      return {
        kind: 'update',
        value: {
          ...value,
          timestamp: value.timestamp + byMs,
          ...(startsAt === undefined || startsAt === null ? {} : { starts_at: startsAt + byMs }),
          ...(observedAt === undefined || observedAt === null ? {} : { observed_at: observedAt + byMs }),
        },
      };
    }
    case 'event': return { kind: 'event', value: { ...message.value, timestamp: message.value.timestamp + byMs, starts_at: message.value.starts_at + byMs } };
    case 'result': {
      const { value } = message;
      const { void_from: from, void_until: until } = value;
      return {
        kind: 'result',
        value: {
          ...value,
          timestamp: value.timestamp + byMs,
          ...(from === undefined || from === null ? {} : { void_from: from + byMs }),
          ...(until === undefined || until === null ? {} : { void_until: until + byMs }),
        },
      };
    }
    case 'status': return { ...message, timestamp: message.timestamp + byMs };
    case 'problem': return message;
  }
};
