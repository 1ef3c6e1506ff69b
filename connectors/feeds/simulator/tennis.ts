import type { Random } from '../../random.ts';
import { shareAbove } from './score-model.ts';
import type { ScoreModel } from './score-model.ts';

/** Sets that win a match; games of an average match, which sets the pace. */
const SETS = 3;
const GAMES = 38;
/** Games of a set: at 6–6 one more decides it. */
const WIDTH = 8;

/**
 * Tennis, best of five: a server holds a game with a chance of his own; games make sets, sets the match, whose chances follow exactly.
 * Between games the chance of the one being played wanders. The score is of sets, and so are the lines.
 */
export class Tennis implements ScoreModel {
  homeScore = 0;
  awayScore = 0;
  over = false;
  readonly closing = false;
  /** Chances that the server wins his game. */
  private homeHold: number;
  private awayHold: number;
  private homeGames = 0;
  private awayGames = 0;
  private homeServes: boolean;
  private gameEnds = 1 / GAMES;
  /** Chance that the home side wins the game being played. */
  private game: number;
  /** Chance of the home side to win the set, by games of each side and who serves (0 home, 1 away). */
  private readonly set = [new Float64Array(WIDTH * WIDTH), new Float64Array(WIDTH * WIDTH)] as const;
  /** Chances of the final lead in sets, −3 to 3, and of the final number of sets, 3 to 5. */
  private readonly lead = { lowest: -SETS, chances: new Float64Array(2 * SETS + 1) };
  private readonly total = { lowest: SETS, chances: new Float64Array(SETS) };

  constructor(random: Random) {
    const level = random.between(0.74, 0.84);
    const edge = 0.022 * random.normal();
    this.homeHold = bounded(level + edge);
    this.awayHold = bounded(level - edge);
    this.homeServes = random.happens(0.5);
    this.game = this.nextGame();
  }

  drift(random: Random, seconds: number): void {
    const scale = 0.00015 * Math.sqrt(seconds);
    this.homeHold = bounded(this.homeHold + scale * random.normal());
    this.awayHold = bounded(this.awayHold + scale * random.normal());
    this.game = this.nextGame();
  }

  jump(random: Random): void {
    const change = random.between(0.01, 0.03);
    if (random.happens(0.5)) this.homeHold = bounded(this.homeHold - change);
    else this.awayHold = bounded(this.awayHold - change);
    this.game = this.nextGame();
  }

  play(random: Random, from: number, to: number): boolean {
    // A walk without drift that stays between the ends: about 20 points make a game.
    const points = (to - from) * GAMES * 20;
    const room = this.game * (1 - this.game);
    this.game = Math.min(0.995, Math.max(0.005, this.game + 0.22 * Math.sqrt(points) * room * random.normal()));
    if (to < this.gameEnds) return false;
    this.gameEnds += 1 / GAMES;
    // A break of serve is what everyone stops for.
    return this.homeServes !== this.endGame(random.happens(this.game));
  }

  assess(): void {
    this.assessSet();
    this.lead.chances.fill(0);
    this.total.chances.fill(0);
    if (this.over) {
      this.addEnd(this.homeScore, this.awayScore, 1);
      return;
    }
    const freshSet = (this.set[0][0]! + this.set[1][0]!) / 2;
    const serves = this.homeServes ? 1 : 0;
    const won = this.setAfter(this.homeGames + 1, this.awayGames, serves);
    const lost = this.setAfter(this.homeGames, this.awayGames + 1, serves);
    const thisSet = this.game * won + (1 - this.game) * lost;
    this.addSets(this.homeScore + 1, this.awayScore, thisSet, freshSet);
    this.addSets(this.homeScore, this.awayScore + 1, 1 - thisSet, freshSet);
  }

  homeShare(line: number): number {
    return shareAbove(this.lead, line);
  }

  overShare(line: number): number {
    return shareAbove(this.total, -line);
  }

  homeWins(): number {
    return this.homeShare(0);
  }

  drawn(): number {
    return 0;
  }

  private nextGame(): number {
    const { homeGames, awayGames, homeHold, awayHold } = this;
    if (homeGames === 6 && awayGames === 6) return tieBreak(homeHold, awayHold);
    return this.homeServes ? homeHold : 1 - awayHold;
  }

  /** Counts a game and what it ends; returns who won it. */
  private endGame(homeWon: boolean): boolean {
    if (homeWon) this.homeGames += 1;
    else this.awayGames += 1;
    this.homeServes = !this.homeServes;
    if (isSet(this.homeGames, this.awayGames)) {
      if (homeWon) this.homeScore += 1;
      else this.awayScore += 1;
      this.homeGames = 0;
      this.awayGames = 0;
      this.over = Math.max(this.homeScore, this.awayScore) === SETS;
    }
    this.game = this.nextGame();
    return homeWon;
  }

  /** Chance of the set after a game, with `server` to serve next. */
  private setAfter(home: number, away: number, server: number): number {
    if (isSet(home, away)) return home > away ? 1 : 0;
    return this.set[server === 0 ? 0 : 1][home * WIDTH + away] ?? 0;
  }

  /** Fills the chances of the set from its end backwards. */
  private assessSet(): void {
    for (let games = 12; games >= 0; games -= 1) {
      for (let home = Math.max(0, games - 6); home <= Math.min(6, games); home += 1) {
        const away = games - home;
        if (isSet(home, away)) continue;
        for (let server = 0; server < 2; server += 1) {
          const wins = games === 12 ? tieBreak(this.homeHold, this.awayHold) : server === 0 ? this.homeHold : 1 - this.awayHold;
          const chance = wins * this.setAfter(home + 1, away, 1 - server) + (1 - wins) * this.setAfter(home, away + 1, 1 - server);
          this.set[server === 0 ? 0 : 1][home * WIDTH + away] = chance;
        }
      }
    }
  }

  private addSets(home: number, away: number, chance: number, freshSet: number): void {
    if (home === SETS || away === SETS) {
      this.addEnd(home, away, chance);
      return;
    }
    this.addSets(home + 1, away, chance * freshSet, freshSet);
    this.addSets(home, away + 1, chance * (1 - freshSet), freshSet);
  }

  private addEnd(home: number, away: number, chance: number): void {
    this.lead.chances[home - away + SETS]! += chance;
    this.total.chances[home + away - SETS]! += chance;
  }
}

const bounded = (hold: number): number => Math.min(0.92, Math.max(0.6, hold));

const tieBreak = (homeHold: number, awayHold: number): number => 0.5 + (homeHold - awayHold) / 2;

const isSet = (home: number, away: number): boolean =>
  home === 7 || away === 7 || (home === 6 && away <= 4) || (away === 6 && home <= 4);
