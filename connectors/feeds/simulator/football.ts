import type { Random } from '../../random.ts';
import { shareAbove } from './score-model.ts';
import type { Distribution, ScoreModel } from './score-model.ts';

/** Goals still to come that are counted per side: the chance of more is below 10⁻⁵ at any start. */
const GOALS = 14;

/**
 * Football: each side's goals are a Poisson process, independent of the other's (Maher, 1982). What remains to be scored and what
 * has been give every market. The rates wander a little, as opinion does.
 */
export class Football implements ScoreModel {
  homeScore = 0;
  awayScore = 0;
  over = false;
  readonly closing = false;
  /** Goals expected in a whole match. */
  private homeRate: number;
  private awayRate: number;
  private played = 0;
  private readonly home = new Float64Array(GOALS);
  private readonly away = new Float64Array(GOALS);
  private readonly lead: { lowest: number; chances: Float64Array } = { lowest: 0, chances: new Float64Array(2 * GOALS - 1) };
  private readonly total: { lowest: number; chances: Float64Array } = { lowest: 0, chances: new Float64Array(2 * GOALS - 1) };

  constructor(random: Random) {
    const goals = random.between(2.2, 3.3);
    const share = Math.min(0.85, Math.max(0.15, 0.54 + 0.15 * random.normal()));
    this.homeRate = goals * share;
    this.awayRate = goals * (1 - share);
  }

  drift(random: Random, seconds: number): void {
    const scale = 0.0016 * Math.sqrt(seconds);
    this.homeRate = bounded(this.homeRate * (1 + scale * random.normal()));
    this.awayRate = bounded(this.awayRate * (1 + scale * random.normal()));
  }

  jump(random: Random): void {
    const change = random.between(0.03, 0.1);
    if (random.happens(0.5)) this.homeRate = bounded(this.homeRate * (1 - change));
    else this.awayRate = bounded(this.awayRate * (1 - change));
  }

  play(random: Random, from: number, to: number): boolean {
    const length = Math.min(1, to) - Math.min(1, from);
    const home = random.count(this.homeRate * length);
    const away = random.count(this.awayRate * length);
    this.homeScore += home;
    this.awayScore += away;
    this.played = Math.min(1, to);
    this.over = to >= 1;
    return home + away > 0;
  }

  assess(): void {
    const left = 1 - this.played;
    poisson(this.homeRate * left, this.home);
    poisson(this.awayRate * left, this.away);
    const { lead, total, home, away } = this;
    lead.lowest = this.homeScore - this.awayScore - (GOALS - 1);
    total.lowest = this.homeScore + this.awayScore;
    lead.chances.fill(0);
    total.chances.fill(0);
    for (let i = 0; i < GOALS; i += 1) {
      const chance = home[i] ?? 0;
      for (let j = 0; j < GOALS; j += 1) {
        const both = chance * (away[j] ?? 0);
        lead.chances[i - j + GOALS - 1]! += both;
        total.chances[i + j]! += both;
      }
    }
  }

  homeShare(line: number): number {
    return shareAbove(this.lead, line);
  }

  overShare(line: number): number {
    return shareAbove(this.total, -line);
  }

  homeWins(): number {
    return above(this.lead);
  }

  drawn(): number {
    return this.lead.chances[-this.lead.lowest] ?? 0;
  }
}

const bounded = (rate: number): number => Math.min(3.5, Math.max(0.25, rate));

/** Probability of a number above 0. */
const above = ({ lowest, chances }: Distribution): number => {
  let sum = 0;
  for (let i = Math.max(0, 1 - lowest); i < chances.length; i += 1) sum += chances[i] ?? 0;
  return sum;
};

/** Poisson probabilities of 0 up to the array's length, scaled to sum to 1. */
const poisson = (mean: number, into: Float64Array): void => {
  let chance = Math.exp(-mean);
  let sum = 0;
  for (let i = 0; i < into.length; i += 1) {
    into[i] = chance;
    sum += chance;
    chance *= mean / (i + 1);
  }
  for (let i = 0; i < into.length; i += 1) into[i]! /= sum;
};
