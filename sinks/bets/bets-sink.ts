import type { Sink } from '../../runtime/ports.ts';
import type { BetCommandRow } from '../../schemas/generated/bet-command.ts';
import { SinkWithChore } from '../timescale/chore.ts';
import { TimescaleSink } from '../timescale/sink.ts';
import { CommandsDestination } from './commands.ts';
import { Placements, type PlacementsOptions } from './placements.ts';

/** While one of them waits for the database, another one decides. */
const DESKS = 2;

/** Commands into the database, by several desks, and beside the first one what happens to bets without a command. `onClose` ends what was opened for them. */
export const openBetsSinks = async ({ onClose, ...options }: PlacementsOptions & { readonly onClose: () => Promise<void> }): Promise<readonly Sink<BetCommandRow>[]> => {
  const desks: Sink<BetCommandRow>[] = [];
  try {
    for (let n = 0; n < DESKS; n++) desks.push(await TimescaleSink.open(options, new CommandsDestination(options.surroundings)));
  } catch (error) {
    for (const desk of desks) await desk.close();
    throw error;
  }
  const placements = new Placements(options);
  const [first, ...others] = desks as [Sink<BetCommandRow>, ...Sink<BetCommandRow>[]];
  return [new SinkWithChore(first, {
    check: () => { placements.check(); },
    close: async () => {
      await placements.close();
      await onClose();
    },
  }), ...others];
};
