import type { Position, Sink, TopicPartition } from '../../runtime/ports.ts';
import type { Rows } from '../../schemas/codec/columns.ts';
import type { BetCommandRow } from '../../schemas/generated/bet-command.ts';
import type { Fate } from '../../stream/fates.ts';
import { TimescaleSink } from '../timescale/sink.ts';
import { CommandsDestination } from './commands.ts';
import { Placements, type PlacementsOptions } from './placements.ts';

/** Commands into the database, and beside them, on a connection of its own, what happens to bets without a command. */
export class BetsSink implements Sink<BetCommandRow> {
  readonly mayRefuse = true;
  readonly #commands: TimescaleSink<BetCommandRow>;
  readonly #placements: Placements;

  readonly #onClose: () => Promise<void>;

  static async open({ onClose, ...options }: PlacementsOptions & { readonly onClose: () => Promise<void> }): Promise<BetsSink> {
    const commands = await TimescaleSink.open(options, new CommandsDestination(options.surroundings));
    return new BetsSink(commands, new Placements(options), onClose);
  }

  private constructor(commands: TimescaleSink<BetCommandRow>, placements: Placements, onClose: () => Promise<void>) {
    this.#commands = commands;
    this.#placements = placements;
    this.#onClose = onClose;
  }

  get buffered(): number { return this.#commands.buffered; }

  positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return this.#commands.positions(partitions); }

  write(partition: number, rows: Rows<BetCommandRow>, count: (fate: Fate) => void): void {
    this.#placements.check();
    this.#commands.write(partition, rows, count);
  }

  commit(positions: readonly Position[]): Promise<void> { return this.#commands.commit(positions); }

  discard(): void { this.#commands.discard(); }

  async close(): Promise<void> {
    await this.#placements.close();
    await this.#commands.close();
    await this.#onClose();
  }
}
