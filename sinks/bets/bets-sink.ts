import type { Sink } from '../../runtime/ports.ts';
import type { BetCommandRow } from '../../schemas/generated/bet-command.ts';
import { SinkWithChore } from '../timescale/chore.ts';
import { TimescaleSink } from '../timescale/sink.ts';
import { CommandsDestination } from './commands.ts';
import { Placements, type PlacementsOptions } from './placements.ts';

/** Commands into the database, and beside them what happens to bets without a command. `onClose` ends what was opened for it. */
export const openBetsSink = async ({ onClose, ...options }: PlacementsOptions & { readonly onClose: () => Promise<void> }): Promise<Sink<BetCommandRow>> => {
  const commands = await TimescaleSink.open(options, new CommandsDestination(options.surroundings));
  const placements = new Placements(options);
  return new SinkWithChore(commands, {
    check: () => { placements.check(); },
    close: async () => {
      await placements.close();
      await onClose();
    },
  });
};
