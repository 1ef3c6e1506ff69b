import type { Random } from '../../random.ts';

/**
 * How a contest goes and, at any time, how likely each end is. Shares are of a stake: a market's share for a side is
 * (won + ½ half won) / (won + ½ half won + lost + ½ half lost), so that 1/share is the price at which neither side gains, pushes included.
 */
export interface ScoreModel {
  readonly homeScore: number;
  readonly awayScore: number;
  readonly over: boolean;
  /** The end is so near that a price would be wrong before it can be taken. */
  readonly closing: boolean;
  /** Before the start: opinion drifts for `seconds`, or jumps (team news). */
  drift(random: Random, seconds: number): void;
  jump(random: Random): void;
  /** Plays from one share of the contest to another, of 0 to 1. From 1 on the contest is over at the next chance. Whether something happened for which everyone stops. */
  play(random: Random, from: number, to: number): boolean;
  /** Brings the shares up to date. */
  assess(): void;
  /** Share of the home side given a start of `line`. */
  homeShare(line: number): number;
  /** Share of over `line`. */
  overShare(line: number): number;
  /** Probabilities that the home side wins and that none does. */
  homeWins(): number;
  drawn(): number;
}

/** Probabilities of whole numbers from `lowest` on. */
export interface Distribution {
  readonly lowest: number;
  readonly chances: Float64Array;
}

/** The stake's share won when `number + line` must be above 0; a quarter line is two half stakes on its neighbours. 0.5 where all is pushed. */
export const shareAbove = ({ lowest, chances }: Distribution, line: number): number => {
  let won = 0;
  let lost = 0;
  for (let i = 0; i < chances.length; i += 1) {
    const ahead = lowest + i + line;
    const chance = chances[i] ?? 0;
    if (ahead > 0) won += ahead === 0.25 ? chance / 2 : chance;
    else if (ahead < 0) lost += ahead === -0.25 ? chance / 2 : chance;
  }
  return won + lost > 0 ? won / (won + lost) : 0.5;
};
