import type { Random } from '../../random.ts';
import type { ScoreModel } from './score-model.ts';

/** Possessions of each side in ordinary time. */
const POSSESSIONS = 100;
/** Possessions at the end during which nobody quotes. */
const LAST = 14;
/** Points of a possession that scores: 1, 2 or 3, as likely as below; mean and mean square follow. */
const ONE = 0.2;
const TWO = 0.55;
const MEAN = ONE + 2 * TWO + 3 * (1 - ONE - TWO);
const SQUARE = ONE + 4 * TWO + 9 * (1 - ONE - TWO);

/**
 * Basketball: the sides have the ball in turn and score or not. What is still to come is near enough normal, with the mean and
 * variance of the possessions left. A tie is played on: the final score is never level.
 */
export class Basketball implements ScoreModel {
  homeScore = 0;
  awayScore = 0;
  over = false;
  closing = false;
  /** Chance that a possession scores. */
  private homeSkill: number;
  private awaySkill: number;
  private possessions = 0;
  private meanLead = 0;
  private meanTotal = 0;
  private deviation = 1;

  constructor(random: Random) {
    const level = random.between(0.5, 0.57);
    const edge = 0.01 + 0.017 * random.normal();
    this.homeSkill = bounded(level + edge);
    this.awaySkill = bounded(level - edge);
  }

  drift(random: Random, seconds: number): void {
    const scale = 0.00035 * Math.sqrt(seconds);
    this.homeSkill = bounded(this.homeSkill + scale * random.normal());
    this.awaySkill = bounded(this.awaySkill + scale * random.normal());
  }

  jump(random: Random): void {
    const change = random.between(0.004, 0.01);
    if (random.happens(0.5)) this.homeSkill = bounded(this.homeSkill - change);
    else this.awaySkill = bounded(this.awaySkill - change);
  }

  play(random: Random, _from: number, to: number): boolean {
    const until = Math.floor(Math.min(1, to) * 2 * POSSESSIONS);
    this.closing = until > 2 * POSSESSIONS - LAST;
    while (this.possessions < until) this.possession(random);
    if (to >= 1) {
      while (this.homeScore === this.awayScore) for (let i = 0; i < 20; i += 1) this.possession(random);
      this.over = true;
    }
    return false;
  }

  assess(): void {
    const left = Math.max(0, 2 * POSSESSIONS - this.possessions);
    const homeLeft = left >> 1;
    const awayLeft = left - homeLeft;
    const home = this.homeSkill;
    const away = this.awaySkill;
    this.meanLead = this.homeScore - this.awayScore + MEAN * (homeLeft * home - awayLeft * away);
    this.meanTotal = this.homeScore + this.awayScore + MEAN * (homeLeft * home + awayLeft * away);
    this.deviation = Math.sqrt(homeLeft * variance(home) + awayLeft * variance(away) + 0.01);
  }

  homeShare(line: number): number {
    return normalBelow((this.meanLead + line) / this.deviation);
  }

  overShare(line: number): number {
    return normalBelow((this.meanTotal - line) / this.deviation);
  }

  homeWins(): number {
    return this.homeShare(0);
  }

  drawn(): number {
    return 0;
  }

  private possession(random: Random): void {
    const atHome = (this.possessions & 1) === 1;
    this.possessions += 1;
    if (!random.happens(atHome ? this.homeSkill : this.awaySkill)) return;
    const kind = random.share();
    const points = kind < ONE ? 1 : kind < ONE + TWO ? 2 : 3;
    if (atHome) this.homeScore += points;
    else this.awayScore += points;
  }
}

const bounded = (skill: number): number => Math.min(0.68, Math.max(0.4, skill));

const variance = (skill: number): number => skill * SQUARE - (skill * MEAN) ** 2;

/** The standard normal distribution function. Source: Abramowitz and Stegun 26.2.17, error below 7.5·10⁻⁸. */
const normalBelow = (x: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = 0.3989422804014327 * Math.exp((-x * x) / 2);
  const tail = density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
};
