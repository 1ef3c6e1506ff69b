import t from 'tap';
import { Basketball } from './basketball.ts';
import { Football } from './football.ts';
import { Random } from '../../random.ts';
import { shareAbove } from './score-model.ts';
import type { ScoreModel } from './score-model.ts';
import { Tennis } from './tennis.ts';

const TICKS = 300;

const playTo = (model: ScoreModel, random: Random, from: number, to: number): void => {
  for (let tick = from; tick < to && !model.over; tick += 1) model.play(random, tick / TICKS, (tick + 1) / TICKS);
};

const finish = (model: ScoreModel, random: Random): void => {
  playTo(model, random, 0, TICKS * 2);
};

/** What was said of contests against what came: the mean of (came − said) must be within four standard errors of 0. */
const calibrated = (make: (random: Random) => ScoreModel, ticksBefore: number, said: (model: ScoreModel) => number, came: (model: ScoreModel) => boolean): number => {
  let sum = 0;
  let variance = 0;
  for (let number = 0; number < 3000; number += 1) {
    const random = new Random(11, number);
    const model = make(random);
    playTo(model, random, 0, ticksBefore);
    model.assess();
    const chance = said(model);
    playTo(model, random, ticksBefore, TICKS * 2);
    sum += (came(model) ? 1 : 0) - chance;
    variance += chance * (1 - chance);
  }
  return sum / Math.sqrt(variance);
};

const homeWon = ({ homeScore, awayScore }: ScoreModel): boolean => homeScore > awayScore;
const overOf = (line: number) => ({ homeScore, awayScore }: ScoreModel): boolean => homeScore + awayScore > line;

for (const [name, make, line, start] of [
  ['football', (random: Random) => new Football(random), 2.5, -0.5],
  ['tennis', (random: Random) => new Tennis(random), 3.5, -1.5],
  ['basketball', (random: Random) => new Basketball(random), 220.5, -3.5],
] as const) {
  t.test(`${name}: what is said of a contest comes as often as it is said, before the start and in the middle`, (t) => {
    for (const ticks of [0, TICKS / 2]) {
      for (const [what, z] of [
        ['home wins', calibrated(make, ticks, (model) => model.homeWins(), homeWon)],
        [`over ${line}`, calibrated(make, ticks, (model) => model.overShare(line), overOf(line))],
        [`home ${start}`, calibrated(make, ticks, (model) => model.homeShare(start), ({ homeScore, awayScore }) => homeScore - awayScore + start > 0)],
      ] as const) t.ok(Math.abs(z) < 4, `${what} after ${ticks} ticks: ${z.toFixed(2)} standard errors`);
    }
    t.end();
  });

  t.test(`${name}: in the end all is certain`, (t) => {
    const random = new Random(5, 1);
    const model = make(random);
    finish(model, random);
    model.assess();
    t.ok(model.over);
    t.ok(Math.abs(model.homeWins() - (homeWon(model) ? 1 : 0)) < 1e-6);
    t.end();
  });
}

t.test('shares count half of a quarter line and leave out what is pushed', (t) => {
  const coin = { lowest: 0, chances: Float64Array.from([0.25, 0.25, 0.5]) };
  t.equal(shareAbove(coin, -1), 0.5 / 0.75, '1 is pushed');
  t.equal(shareAbove(coin, -1.25), 0.5 / (0.5 + 0.25 + 0.125), '1 loses half');
  t.equal(shareAbove(coin, -0.75), (0.5 + 0.125) / (0.5 + 0.125 + 0.25), '1 wins half');
  t.equal(shareAbove(coin, -1.5), 0.5);
  t.end();
});

t.test('streams of a seed are alike again and unlike each other', (t) => {
  const draw = (seed: number, stream: number): number[] => {
    const random = new Random(seed, stream);
    return Array.from({ length: 5 }, () => random.share());
  };
  t.same(draw(1, 2), draw(1, 2));
  t.notSame(draw(1, 2), draw(1, 3));
  t.notSame(draw(1, 2), draw(2, 2));
  const random = new Random(7, 7);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 100_000; i += 1) {
    const value = random.normal();
    sum += value;
    squares += value * value;
  }
  t.ok(Math.abs(sum / 100_000) < 0.015 && Math.abs(squares / 100_000 - 1) < 0.02, 'the normal is standard');
  t.end();
});
