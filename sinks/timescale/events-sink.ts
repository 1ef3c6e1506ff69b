import type { Sink } from '../../runtime/ports.ts';
import type { EventRow } from '../../schemas/generated/event.ts';
import { Chore, SinkWithChore } from './chore.ts';
import { EventsDestination } from './events.ts';
import type { Session } from './session.ts';
import { TimescaleSink, type TimescaleSinkOptions } from './sink.ts';

/**
 * The `events` table, and beside it the capture of closing lines that are due.
 *
 * The quotes come by another pipeline (odds-history), which may be ahead or behind. So nobody waits for anybody: the database keeps what is due
 * (an event is new, its start moved, a quote from before the start came after it), and every `captureEveryMs` what is due and has started is captured.
 * A capture is repeatable and takes only quotes from before the start; whoever comes last makes it due once more.
 */
export const openEventsSink = async (options: TimescaleSinkOptions, captureEveryMs: number): Promise<Sink<EventRow>> => {
  const events = await TimescaleSink.open(options, new EventsDestination());
  return new SinkWithChore(events, new Chore({ ...options, name: `${options.name} closing lines`, everyMs: captureEveryMs, work: captureDue }));
};

const captureDue = (session: Session): Promise<void> => session.run(async (client) => {
  for (let captured = 1; captured > 0;) {
    const { rows } = await client.query<{ captured: number }>('SELECT odds_capture_due() AS captured');
    captured = rows[0]?.captured ?? 0;
  }
});
